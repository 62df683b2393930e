#include <party/error.h>
#include <party/host/profile.h>

#include <algorithm>
#include <string>
#include <vector>

#include "connection_registry.h"

namespace Party::Detail {
namespace {

// JavaScript counts a string in UTF-16 units: one for each character, two above U+FFFF (four-byte sequences).
std::size_t utf16Units(const std::string& text) {
  std::size_t units = 0;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if ((value & 0xc0) != 0x80) units += value >= 0xf0 ? 2 : 1;
  }
  return units;
}

}  // namespace

std::vector<std::string> checkedTags(const std::string& id, const std::vector<std::string>& tags,
                                     const Profile& profile) {
  std::vector<std::string> all{id};
  std::ranges::copy_if(tags, std::back_inserter(all), [&](const std::string& tag) { return tag != id; });
  if (all.size() > profile.maxTags) {
    throw Error(
        "A connection can only have " + std::to_string(profile.maxTags) + " tags, including the default id tag.",
        std::nullopt, std::to_string(all.size()) + " tags were returned; return fewer");
  }
  for (const std::string& tag : all) {
    if (tag.empty()) throw Error("A connection tag must not be an empty string.");
    if (utf16Units(tag) > profile.maxTagLength) {
      throw Error("A connection tag must not exceed " + std::to_string(profile.maxTagLength) + " characters",
                  std::nullopt, "a tag of " + std::to_string(utf16Units(tag)) + " characters was returned");
    }
    if (tag.size() > profile.maxTagLength) {
      throw Error("\"" + tag + "\" is longer than the max tag length (" + std::to_string(profile.maxTagLength) +
                  " characters).");
    }
  }
  return uncheckedTags(id, tags);
}

std::vector<std::string> uncheckedTags(const std::string& id, const std::vector<std::string>& tags) {
  std::vector<std::string> distinct{id};
  for (const std::string& tag : tags) {
    if (!tag.empty() && std::ranges::find(distinct, tag) == distinct.end()) distinct.push_back(tag);
  }
  return distinct;
}

}  // namespace Party::Detail
