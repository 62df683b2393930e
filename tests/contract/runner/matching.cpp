#include "matching.h"

#include "../probe/markers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <regex>

namespace Party::Contract {
namespace {

constexpr std::size_t maxPatternInput = 4'096;  // std::regex recurses for each character

bool beginsWithAny(const std::string& line, const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return line.starts_with(word) && (line.size() == word.size() || line[word.size()] == ' ');
  });
}

Observation::Kind observedAs(Expected::Kind kind) {
  switch (kind) {
    case Expected::Kind::open:
      return Observation::Kind::open;
    case Expected::Kind::text:
    case Expected::Kind::json:
      return Observation::Kind::text;
    case Expected::Kind::bytes:
      return Observation::Kind::bytes;
    case Expected::Kind::pong:
      return Observation::Kind::pong;
    case Expected::Kind::close:
      return Observation::Kind::close;
    case Expected::Kind::lost:
      return Observation::Kind::lost;
    case Expected::Kind::answer:
    case Expected::Kind::nothing:
    case Expected::Kind::ended:
      break;
  }
  return Observation::Kind::answer;
}

bool matchesHeaders(const ExpectedHeaders& expected, const Observation& observed) {
  return std::ranges::all_of(expected, [&](const auto& header) {
    const auto [begin, end] = observed.headers.equal_range(header.first);
    if (!header.second) return begin == end;
    std::string all;
    for (auto field = begin; field != end; ++field) all += (field == begin ? "" : ", ") + field->second;
    return begin != end && matchesText(*header.second, all);
  });
}

bool matchesContent(const Expected& expected, const std::string& observed) {
  const bool binary = expected.kind == Expected::Kind::bytes || expected.kind == Expected::Kind::pong;
  if (expected.content && binary) return *expected.content == observed;
  if (expected.content && !matchesText(*expected.content, observed)) return false;
  if (!expected.json) return true;
  const Json parsed = Json::parse(observed, nullptr, false);
  return !parsed.is_discarded() && matchesJson(*expected.json, parsed);
}

}  // namespace

bool matchesText(const std::string& expected, const std::string& observed) {
  if (!expected.starts_with('~')) return expected == observed;
  return observed.size() <= maxPatternInput && std::regex_match(observed, std::regex(expected.substr(1)));
}

bool matchesJson(const Json& expected, const Json& observed) {
  if (expected.is_string())
    return observed.is_string() && matchesText(expected.get<std::string>(), observed.get<std::string>());
  if (!expected.is_structured()) return expected == observed;
  if (expected.is_array() != observed.is_array() || expected.size() != observed.size()) return false;
  if (expected.is_array()) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (!matchesJson(expected[i], observed[i])) return false;
    }
    return true;
  }
  if (!observed.is_object()) return false;
  for (const auto& [name, value] : expected.items()) {
    if (!observed.contains(name) || !matchesJson(value, observed[name])) return false;
  }
  return true;
}

std::string describe(const Expected& expected) {
  const std::string content = expected.content ? inQuotes(*expected.content) : "";
  std::string headers;
  for (const auto& [name, value] : expected.headers) {
    headers += value ? fmt::format(", {}: {}", name, *value) : fmt::format(", no {}", name);
  }
  switch (expected.kind) {
    case Expected::Kind::nothing:
      return "nothing";
    case Expected::Kind::open:
      return "open" + headers;
    case Expected::Kind::text:
      return "the text " + content;
    case Expected::Kind::json:
      return "the text " + inQuotes(expected.json->dump());
    case Expected::Kind::bytes:
    case Expected::Kind::pong:
      return fmt::format("the {} {}", expected.kind == Expected::Kind::bytes ? "bytes" : "pong",
                         inQuotes(hexOfBytes(*expected.content)));
    case Expected::Kind::close:
      if (!expected.code) return "an empty close frame";
      return fmt::format("close {} {}", *expected.code, content);
    case Expected::Kind::lost:
      return "lost";
    case Expected::Kind::ended:
      return "the end of TCP";
    case Expected::Kind::answer:
      break;
  }
  return fmt::format("the answer {} {}{}", *expected.code, expected.json ? inQuotes(expected.json->dump()) : content,
                     headers);
}

std::string difference(const Expected& expected, const Observation& observed) {
  bool same = observed.kind == observedAs(expected.kind);
  if (expected.kind == Expected::Kind::answer || expected.kind == Expected::Kind::close) {
    same = same && observed.code == expected.code;
  }
  same = same && matchesContent(expected, observed.content) && matchesHeaders(expected.headers, observed);
  if (same) return {};
  return describe(expected);
}

std::vector<std::string> chosenLines(const ReportStep& step, const std::vector<std::string>& lines) {
  std::vector<std::string> chosen;
  for (const std::string& line : lines) {
    if (!step.only.empty() && !beginsWithAny(line, step.only)) continue;
    if (beginsWithAny(line, step.without)) continue;
    chosen.push_back(line);
  }
  return chosen;
}

std::string difference(const ReportStep& step, const std::vector<std::string>& lines) {
  std::vector<std::string> chosen = chosenLines(step, lines);
  const std::string all = Json(chosen).dump();
  if (step.contains) {
    for (const std::string& expected : step.lines) {
      const auto found = std::ranges::find_if(chosen, [&](const auto& line) { return matchesText(expected, line); });
      if (found == chosen.end()) return fmt::format("the report lacks {}; all of it: {}", inQuotes(expected), all);
      chosen.erase(found);
    }
    return {};
  }
  for (std::size_t at = 0; at < std::max(step.lines.size(), chosen.size()); ++at) {
    const bool more = at < step.lines.size();
    const bool got = at < chosen.size();
    if (more && got && matchesText(step.lines[at], chosen[at])) continue;
    const std::string wanted = more ? inQuotes(step.lines[at]) : "its end";
    const std::string seen = got ? inQuotes(chosen[at]) : "its end";
    return fmt::format("line {} of the report: expected {}, got {}; all of it: {}", at + 1, wanted, seen, all);
  }
  return {};
}

}  // namespace Party::Contract
