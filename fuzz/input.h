#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>

/// The bytes of one input, taken apart from both ends: choices from the end, so that the text in front of them stays
/// readable in a seed.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {}

  /// 0 when nothing is left.
  std::uint8_t choice() {
    if (bytes_.empty()) return 0;
    const auto last = static_cast<std::uint8_t>(bytes_.back());
    bytes_.remove_suffix(1);
    return last;
  }
  /// Up to the next line feed, which is taken too.
  std::string_view line() {
    const std::size_t end = std::min(bytes_.find('\n'), bytes_.size());
    const std::string_view found = bytes_.substr(0, end);
    bytes_.remove_prefix(std::min(end + 1, bytes_.size()));
    return found;
  }
  std::string_view rest() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

/// What must hold for every input; the fuzzer keeps the one for which it does not.
inline void demand(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}
