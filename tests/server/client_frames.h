#pragma once

#include "net/frame_codec.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace Party::Serve {

/// A frame as a client sends it, every bit of it open to abuse. `first` is FIN, RSV1..3 and opcode.
inline std::string clientFrame(std::uint8_t first, std::string_view payload, std::uint32_t mask = 0x12345678,
                               bool masked = true) {
  std::string frame(1, static_cast<char>(first));
  const auto put = [&](std::uint64_t value, int bytes) {
    while (bytes-- > 0) frame += static_cast<char>((value >> (8 * bytes)) & 0xff);
  };
  const std::uint8_t maskBit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    put(maskBit | payload.size(), 1);
  } else if (payload.size() < 65'536) {
    put(maskBit | 126u, 1);
    put(payload.size(), 2);
  } else {
    put(maskBit | 127u, 1);
    put(payload.size(), 8);
  }
  if (!masked) return frame.append(payload);
  put(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ static_cast<char>(mask >> (8 * (3 - i % 4))));
  }
  return frame;
}

inline std::string textFrame(std::string_view text) { return clientFrame(0x81, text); }
inline std::string binaryFrame(std::string_view bytes) { return clientFrame(0x82, bytes); }
inline std::string closePayload(std::uint16_t code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return payload.append(reason);
}
inline std::string clientClose(std::uint16_t code, std::string_view reason = {}) {
  return clientFrame(0x88, closePayload(code, reason));
}

}  // namespace Party::Serve
