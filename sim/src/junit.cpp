#include "junit.h"

#include <fmt/format.h>
#include <party/error.h>
#include <party/message.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace Party::Sim::Detail {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

/// The length of the UTF-8 character in front; 0 when there is none.
std::size_t characterLength(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (isValidUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

bool isAllowed(std::string_view character) {
  if (character.size() == 1) {
    const char c = character.front();
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  }
  return character != "\xef\xbf\xbe" && character != "\xef\xbf\xbf";
}

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    const std::string_view here = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(here.size());
    if (length == 0 || !isAllowed(here)) {
      out += replacement;
    } else if (here == "<") {
      out += "&lt;";
    } else if (here == ">") {
      out += "&gt;";
    } else if (here == "&") {
      out += "&amp;";
    } else if (here == "\"") {
      out += "&quot;";
    } else if (here == "\n" || here == "\r" || here == "\t") {
      out += fmt::format("&#{};", static_cast<int>(here.front()));  // an attribute would make a space of it
    } else {
      out += here;
    }
  }
  return out;
}

}  // namespace

std::string junitText(const TestCase& testCase) {
  const bool failed = !testCase.failureKind.empty();
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites tests=\"1\" failures=\"{}\" errors=\"0\" time=\"{:.3f}\">\n", failed ? 1 : 0,
                     testCase.seconds);
  out += fmt::format("  <testsuite name=\"{}\" tests=\"1\" failures=\"{}\" errors=\"0\" time=\"{:.3f}\">\n",
                     escaped(testCase.suite), failed ? 1 : 0, testCase.seconds);
  out += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n", escaped(testCase.suite),
                     escaped(testCase.name), testCase.seconds);
  if (failed) {
    out += fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", escaped(testCase.failureKind),
                       escaped(testCase.failure), escaped(testCase.text));
  } else {
    out += fmt::format("      <system-out>{}</system-out>\n", escaped(testCase.text));
  }
  return out + "    </testcase>\n  </testsuite>\n</testsuites>\n";
}

void writeJunit(const std::string& path, const TestCase& testCase) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << junitText(testCase);
  file.close();
  if (!file) throw Error(fmt::format("the test report cannot be written to \"{}\"", path));
}

}  // namespace Party::Sim::Detail
