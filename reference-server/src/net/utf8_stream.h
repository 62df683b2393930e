#pragma once

#include <cstdint>
#include <string_view>

namespace Party::Serve {

/// Checks UTF-8 that arrives in pieces, and knows the first byte that can no longer be right (RFC 6455, 8.1).
class Utf8Stream {
 public:
  /// False from the first wrong byte on.
  bool feed(std::string_view piece) noexcept;
  /// True when the text may end here: no character is half there.
  bool complete() const noexcept { return valid_ && missing_ == 0; }
  void reset() noexcept { *this = Utf8Stream(); }

 private:
  bool feedByte(unsigned char byte) noexcept;

  bool valid_ = true;
  std::uint8_t missing_ = 0;  // continuation bytes that must follow
  std::uint8_t low_ = 0x80;   // what the next of them may be: Table 3-7 of the Unicode standard
  std::uint8_t high_ = 0xbf;
};

}  // namespace Party::Serve
