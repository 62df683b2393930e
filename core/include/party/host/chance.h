#pragma once

#include <cstdint>

namespace Party::Host {

/// What a draw is for; part of its key, so that draws of different kinds never meet.
enum class Purpose : std::uint32_t {
  userRandom = 1,
  userUuid,
  connectionId,
  retryJitter,
  childCause,
  errorReference,
  hostFirst = 1000
};

/// One round of a strong 64-bit mixer (the finalizer of MurmurHash3 with Stafford's constants, variant 13).
constexpr std::uint64_t scramble(std::uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9u;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebu;
  value ^= value >> 31;
  return value;
}

/// The one source of chance: a function of the seed, what the draw is for, what set it off, and its number there.
/// Integer arithmetic only, the same on every compiler and machine.
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t purpose, std::uint64_t cause, std::uint64_t n) {
  std::uint64_t state = scramble(seed + 0x9e3779b97f4a7c15u);
  state = scramble(state ^ (purpose + 0x9e3779b97f4a7c15u));
  state = scramble(state ^ (cause + 0x9e3779b97f4a7c15u));
  return scramble(state ^ (n + 0x9e3779b97f4a7c15u));
}

__extension__ using Wide = unsigned __int128;

/// Uniform in 0 .. bound - 1 by the high half of a product; its bias is below bound / 2^64.
constexpr std::uint64_t below(std::uint64_t draw, std::uint64_t bound) {
  return static_cast<std::uint64_t>((static_cast<Wide>(draw) * bound) >> 64);
}

}  // namespace Party::Host
