#include "utf8.h"

#include <party/message.h>

#include <cstdint>
#include <cstring>

namespace Party {
namespace Detail {

Utf8Step utf8Step(std::string_view text) noexcept {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xc2 || lead > 0xf4) return {1, false};

  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte is what excludes overlong forms, surrogates and everything above U+10FFFF.
  const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t index = 1; index < length; ++index) {
    if (index >= text.size()) return {index, false};
    const bool second = index == 1;
    if (byte(index) < (second ? low : 0x80) || byte(index) > (second ? high : 0xbf)) return {index, false};
  }
  return {length, true};
}

std::string toValidUtf8(std::string text) {
  if (isValidUtf8(text)) return text;
  std::string result;
  result.reserve(text.size() + 2);
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Step step = utf8Step(rest);
    result += step.valid ? rest.substr(0, step.length) : std::string_view("\xef\xbf\xbd");
    rest.remove_prefix(step.length);
  }
  return result;
}

}  // namespace Detail

bool isValidUtf8(std::string_view text) noexcept {
  while (!text.empty()) {
    // Most text is ASCII: 16 bytes at a time while that holds.
    while (text.size() >= 16) {
      std::uint64_t words[2];
      std::memcpy(words, text.data(), sizeof words);
      if (((words[0] | words[1]) & 0x8080808080808080u) != 0) break;
      text.remove_prefix(16);
    }
    while (!text.empty() && static_cast<unsigned char>(text.front()) < 0x80) text.remove_prefix(1);
    if (text.empty()) break;
    const Detail::Utf8Step step = Detail::utf8Step(text);
    if (!step.valid) return false;
    text.remove_prefix(step.length);
  }
  return true;
}

}  // namespace Party
