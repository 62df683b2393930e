#include <party/error.h>
#include <party/host/chance.h>
#include <party/sim/seed.h>

#include <charconv>
#include <cstddef>
#include <string>

namespace Party::Sim {
namespace {

constexpr std::size_t commitDigits = 40;

bool read(std::string_view digits, int base, std::uint64_t& value) {
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return !digits.empty() && fault == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

Seed Seed::parse(std::string_view text) {
  std::uint64_t value = 0;
  if (text.size() == commitDigits) {
    std::uint64_t parts[3] = {};
    if (read(text.substr(0, 16), 16, parts[0]) && read(text.substr(16, 16), 16, parts[1]) &&
        read(text.substr(32), 16, parts[2])) {
      return Seed(Host::mix(parts[0], parts[1], parts[2], 0));
    }
  } else if (text.starts_with("0x") || text.starts_with("0X")) {
    if (read(text.substr(2), 16, value)) return Seed(value);
  } else if (read(text, 10, value)) {
    return Seed(value);
  }
  constexpr std::size_t shown = 60;
  throw Error("a seed is a number like 7 or 0x1f up to 64 bits, or the 40 digits of a commit, not \"" +
              std::string(text.substr(0, shown)) + (text.size() > shown ? "...\"" : "\""));
}

std::string Seed::text() const {
  constexpr char digits[] = "0123456789abcdef";
  std::string result = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) result += digits[(value_ >> shift) & 15];
  return result;
}

}  // namespace Party::Sim
