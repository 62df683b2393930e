#pragma once

#include <party/shared_bytes.h>

#include <string>
#include <string_view>

namespace Party::Test {

inline std::string toHex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex += digits[static_cast<unsigned char>(byte) >> 4];
    hex += digits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

/// Digits in pairs; blanks between them are for the eye.
inline SharedBytes fromHex(std::string_view hex) {
  const auto valueOf = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    while (hex[at] == ' ') ++at;
    bytes += static_cast<char>(valueOf(hex[at]) * 16 + valueOf(hex[at + 1]));
  }
  return SharedBytes(bytes);
}

}  // namespace Party::Test
