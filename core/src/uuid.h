#pragma once

#include <cstdint>
#include <string>

namespace Party::Detail {

/// A version 4 UUID in lower-case text, from 128 bits of which 6 are replaced (RFC 9562, 5.4).
inline std::string uuidOf(std::uint64_t high, std::uint64_t low) {
  high = (high & ~std::uint64_t{0xf000}) | 0x4000;
  low = (low & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    const std::uint64_t half = nibble < 16 ? high : low;
    text += digits[(half >> (60 - 4 * (nibble % 16))) & 15];
  }
  return text;
}

}  // namespace Party::Detail
