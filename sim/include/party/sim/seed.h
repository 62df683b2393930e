#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace Party::Sim {

/// Where all chance of a world comes from: the same seed, the same life, on every compiler and machine.
class Seed {
 public:
  constexpr Seed() = default;
  constexpr explicit Seed(std::uint64_t value) : value_(value) {}

  /// Reads `7`, `0x1f`, or the 40 hexadecimal digits of a commit. Throws `Party::Error` for anything else.
  static Seed parse(std::string_view text);

  constexpr std::uint64_t value() const { return value_; }
  /// `0x` and 16 digits, which `parse` reads back.
  std::string text() const;

  friend bool operator==(const Seed&, const Seed&) = default;

 private:
  std::uint64_t value_ = 1;
};

}  // namespace Party::Sim
