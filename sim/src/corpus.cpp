#include "corpus.h"

#include <fmt/format.h>
#include <party/host/chance.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace Party::Sim::Detail {
namespace {

constexpr std::size_t longestPart = 60;  // of a file's name, of which 255 bytes are allowed

/// A part of a file's name: whatever is no letter or digit is an underscore.
std::string part(std::string_view text) {
  std::string out(text.substr(0, longestPart));
  std::ranges::replace_if(out, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return out;
}

/// `Chat.SameTranscript` keeps its dot: a suite and a name.
std::string prefixOf(std::string_view property, std::string_view party) {
  const auto dot = std::min(property.find('.'), property.size());
  std::string prefix = part(property.substr(0, dot));
  if (dot < property.size()) prefix += "." + part(property.substr(dot + 1));
  return prefix + "." + part(party) + ".";
}

}  // namespace

std::vector<std::string> keptFailures(const std::string& folder, std::string_view property, std::string_view party) {
  const std::string prefix = prefixOf(property, party);
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".scenario")) found.push_back(entry.path().string());
  }
  std::ranges::sort(found);
  return found;
}

std::string keepFailure(const std::string& folder, std::string_view property, const Failure& failure) {
  if (failure.finding.kind == Finding::Kind::generator) return {};  // no scenario plays it again
  std::uint64_t hash = 0;                                           // the same scenario, the same file
  for (const auto byte : failure.minimal.encode()) hash = Host::scramble(hash ^ byte);
  const auto path =
      std::filesystem::path(folder) / fmt::format("{}{}.{:08x}.scenario", prefixOf(property, failure.minimal.party),
                                                  part(failure.finding.law), static_cast<std::uint32_t>(hash));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << failure.minimal.text();
  file.close();
  if (file) return path.string();
  std::fputs(fmt::format("the failure cannot be kept as \"{}\"\n", path.string()).c_str(), stderr);
  return {};
}

}  // namespace Party::Sim::Detail
