#include "net/utf8_stream.h"

#include <cstring>

namespace Party::Serve {

bool Utf8Stream::feed(std::string_view piece) noexcept {
  std::size_t at = 0;
  while (valid_ && at < piece.size()) {
    if (missing_ == 0) {
      for (std::uint64_t eight = 0; at + sizeof eight <= piece.size(); at += sizeof eight) {
        std::memcpy(&eight, piece.data() + at, sizeof eight);
        if ((eight & 0x8080'8080'8080'8080u) != 0) break;
      }
      if (at == piece.size()) break;
    }
    valid_ = feedByte(static_cast<unsigned char>(piece[at++]));
  }
  return valid_;
}

bool Utf8Stream::feedByte(unsigned char byte) noexcept {
  if (missing_ != 0) {
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xbf;
    --missing_;
    return true;
  }
  if (byte < 0x80) return true;
  if (byte >= 0xc2 && byte <= 0xdf) {
    missing_ = 1;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    missing_ = 2;
    if (byte == 0xe0) low_ = 0xa0;
    if (byte == 0xed) high_ = 0x9f;
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    missing_ = 3;
    if (byte == 0xf0) low_ = 0x90;
    if (byte == 0xf4) high_ = 0x8f;
  } else {
    return false;
  }
  return true;
}

}  // namespace Party::Serve
