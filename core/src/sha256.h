#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// SHA-256 (FIPS 180-4) and its HMAC (RFC 2104), for names of rooms; see docs/decisions/0006.

namespace Party::Detail {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view message);
Digest hmacSha256(std::string_view key, std::string_view message);

inline std::string_view bytesOf(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace Party::Detail
