#include "words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "random_life.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::uint64_t sampledLives = 60;
constexpr std::size_t mostWords = 500;
constexpr std::size_t longestWord = 64;

bool inWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// The words of one text, each once.
std::set<std::string> wordsIn(std::string_view text) {
  std::set<std::string> words;
  const auto add = [&](std::string_view word) {
    if (!word.empty() && word.size() <= longestWord) words.emplace(word);
  };
  add(text);
  for (std::size_t at = 0; at < text.size();) {
    if (!inWord(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && inWord(text[end])) ++end;
    add(text.substr(at, end - at));
    const bool key = at > 0 && text[at - 1] == '"' && text.substr(end).starts_with("\":");
    if (key) add(text.substr(at - 1, end - at + 3));
    at = end;
  }
  return words;
}

}  // namespace

std::vector<std::string> wordsOf(const Host::PartyDescriptor& party, const Property& property) {
  std::map<std::string, std::size_t> seen;
  for (std::uint64_t number = 0; number < sampledLives; ++number) {
    for (const Step& step : randomLife(party, property, 1, number).steps) {
      for (const std::string& word : wordsIn(step.payload)) ++seen[word];
    }
  }
  std::vector<std::pair<std::size_t, std::string>> often;
  for (const auto& [word, times] : seen) {
    if (times > 1) often.emplace_back(times, word);
  }
  std::ranges::sort(often, std::greater());
  often.resize(std::min(often.size(), mostWords));
  std::vector<std::string> words;
  for (auto& [times, word] : often) words.push_back(std::move(word));
  std::ranges::sort(words);
  return words;
}

std::string dictionaryText(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += '"';
    for (const char c : word) {
      const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
      text += plain ? std::string(1, c) : fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
    text += "\"\n";
  }
  return text;
}

}  // namespace Party::Sim::Detail
