#pragma once

#include <party/host/chance.h>
#include <party/sim/seed.h>
#include <party/time.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace Party::Sim::Detail {

/// A 64-bit hash of a run of bytes that may come in pieces; each piece but the last must be a multiple of 8 bytes long.
/// Not for secrets: it tells two lives apart.
class StreamHash {
 public:
  explicit StreamHash(std::uint64_t state = 0) : state_(state) {}
  std::uint64_t state() const { return state_; }

  void fold(std::string_view bytes) {
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) mixIn(word(bytes.data()));
    if (!bytes.empty()) {
      char last[8] = {};
      std::memcpy(last, bytes.data(), bytes.size());
      mixIn(word(last));
      mixIn(bytes.size());
    }
  }
  std::uint64_t value() const { return Host::scramble(state_); }

  static std::uint64_t of(std::string_view bytes) {
    StreamHash hash;
    hash.fold(bytes);
    return hash.value();
  }
  /// Little endian on every machine.
  static std::uint64_t word(const char* bytes) {
    std::uint64_t result;
    std::memcpy(&result, bytes, sizeof result);
    if constexpr (std::endian::native == std::endian::big) result = __builtin_bswap64(result);
    return result;
  }

 private:
  void mixIn(std::uint64_t word) {
    state_ = ((state_ + 0x243f6a8885a308d3u) ^ word) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 32;
  }
  std::uint64_t state_;
};

/// What every trace's hash begins with: two seeds never make one trace, even when nothing was drawn.
inline std::uint64_t hashOfHead(Seed seed, Time start) {
  StreamHash hash;
  char head[16];
  const auto microseconds = static_cast<std::uint64_t>(start.time_since_epoch().count());
  for (unsigned i = 0; i < 8; ++i) {
    head[i] = static_cast<char>(seed.value() >> (8 * i));
    head[8 + i] = static_cast<char>(microseconds >> (8 * i));
  }
  hash.fold({head, sizeof head});
  return hash.state();
}

}  // namespace Party::Sim::Detail
