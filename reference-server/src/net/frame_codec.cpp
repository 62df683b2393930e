#include "net/frame_codec.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace Party::Serve {
namespace {

constexpr std::size_t maxControlPayload = 125;
constexpr std::size_t maxCloseReason = 123;

FrameFault fault(std::uint16_t code, std::string_view reason) {
  return {code, std::string(cutUtf8(reason, maxCloseReason))};
}

// RFC 6455, 7.4, with the codes registered since: what may stand in a close frame.
bool isWireCloseCode(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint64_t bigEndian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

void putBigEndian(char* out, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<char>((value >> (8 * (count - 1 - i))) & 0xff);
}

// `at` is how many bytes of this frame's payload came before.
void unmask(std::span<char> payload, const std::array<char, 4>& mask, std::size_t at) {
  std::array<char, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(at + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + sizeof word <= payload.size(); i += sizeof word) {
    std::memcpy(&word, payload.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(payload.data() + i, &word, sizeof word);
  }
  for (; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ turned[i % 8]);
}

std::size_t headerSizeFor(char second) {
  const auto shortLength = static_cast<unsigned char>(second) & 0x7f;
  const std::size_t extended = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
  return 2 + extended + ((second & '\x80') != 0 ? 4 : 0);
}

}  // namespace

std::optional<FrameEvent> FrameDecoder::next(std::span<char>& input) {
  std::optional<FrameEvent> event;
  while (!over_ && !event) {
    if (!inPayload_) {
      event = readHeader(input);
      if (!event && !inPayload_) return std::nullopt;
    } else {
      event = isControl() ? readControlPayload(input) : readMessagePayload(input);
      if (!event && inPayload_) return std::nullopt;
    }
  }
  if (over_ && !event) input = {};
  if (event && (std::holds_alternative<CloseFrame>(*event) || std::holds_alternative<FrameFault>(*event))) {
    over_ = true;
    input = {};
    message_ = {};
  }
  return event;
}

std::optional<FrameEvent> FrameDecoder::readHeader(std::span<char>& input) {
  while (headerSize_ < 2 || headerSize_ < headerSizeFor(header_[1])) {
    if (input.empty()) return std::nullopt;
    header_[headerSize_++] = input.front();
    input = input.subspan(1);
  }
  headerSize_ = 0;
  return beginFrame();
}

std::optional<FrameEvent> FrameDecoder::beginFrame() {
  const auto shortLength = static_cast<std::uint8_t>(header_[1] & 0x7f);
  const std::size_t extended = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
  const std::uint64_t length = extended == 0 ? shortLength : bigEndian(&header_[2], extended);
  const auto opcode = static_cast<Opcode>(header_[0] & 0x0f);
  if (auto wrong = checkHeader(opcode, length)) return wrong;
  if (extended != 0 && length < (extended == 2 ? 126u : 65'536u)) {
    return fault(1002, "Received a frame length that is not in its shortest form");
  }
  std::copy_n(&header_[2 + extended], mask_.size(), mask_.begin());
  maskAt_ = 0;
  final_ = (header_[0] & '\x80') != 0;
  opcode_ = opcode;
  frameLeft_ = length;
  inPayload_ = true;
  controlSize_ = 0;
  if (opcode == Opcode::text || opcode == Opcode::binary) {
    messageKind_ = opcode;
    utf8_.reset();
  }
  return std::nullopt;
}

// The texts are those of MESSAGE-9, 10 and 16; what the reference tolerates and RFC 6455 does not (D-15) has ours.
std::optional<FrameEvent> FrameDecoder::checkHeader(Opcode opcode, std::uint64_t length) const {
  const auto first = static_cast<unsigned char>(header_[0]);
  const auto number = first & 0x0f;
  if ((first & 0x40) != 0) {
    return fault(1002,
                 "Received a WebSocket frame whose compression bit was set, but the compression extension was not "
                 "negotiated for this connection");
  }
  if ((first & 0x30) != 0) return fault(1002, "Received a WebSocket frame whose reserved bits were set");
  if ((number > 2 && number < 8) || number > 10) return fault(1002, fmt::format("Unknown opcode {}", number));
  if ((header_[1] & '\x80') == 0) return fault(1002, "Received an unmasked frame");
  if (number >= 8) {
    if ((first & 0x80) == 0) return fault(1002, "Received fragmented control frame");
    if (length > maxControlPayload) return fault(1002, "Received a control frame of more than 125 bytes");
    return std::nullopt;
  }
  const bool underWay = messageKind_ != Opcode::continuation;
  if (opcode == Opcode::continuation && !underWay) return fault(1002, "Unexpected continuation frame");
  if (opcode != Opcode::continuation && underWay) return fault(1002, "Missing continuation frame");
  const std::size_t roomLeft = maxMessageBytes_ - message_.size();
  if (length > roomLeft) return fault(1009, fmt::format("Message is too large: {} > {}", length, roomLeft));
  return std::nullopt;
}

std::span<char> FrameDecoder::takePayload(std::span<char>& input) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(frameLeft_, input.size()));
  const auto piece = input.first(size);
  input = input.subspan(size);
  unmask(piece, mask_, maskAt_);
  maskAt_ = static_cast<std::uint8_t>((maskAt_ + size) % 4);
  frameLeft_ -= size;
  if (frameLeft_ == 0) inPayload_ = false;
  return piece;
}

std::optional<FrameEvent> FrameDecoder::readMessagePayload(std::span<char>& input) {
  const auto piece = takePayload(input);
  const std::string_view text(piece.data(), piece.size());
  if (messageKind_ == Opcode::text && !utf8_.feed(text)) return fault(1007, "Received text that is not valid UTF-8");
  if (inPayload_ || !final_) {
    message_ += text;
    return std::nullopt;
  }
  // The common case, a message in one frame in one piece, is copied once: from the receive buffer into its block.
  if (message_.empty()) return endMessage(text);
  message_ += text;
  return endMessage(message_);
}

std::optional<FrameEvent> FrameDecoder::endMessage(std::string_view whole) {
  const Opcode kind = std::exchange(messageKind_, Opcode::continuation);
  if (kind == Opcode::text && !utf8_.complete()) return fault(1007, "Received text that is not valid UTF-8");
  FrameEvent event = kind == Opcode::text ? Message::trustedText(whole) : Message::bytes(whole);
  message_ = {};
  return event;
}

std::optional<FrameEvent> FrameDecoder::readControlPayload(std::span<char>& input) {
  const auto piece = takePayload(input);
  std::ranges::copy(piece, control_.begin() + controlSize_);
  controlSize_ = static_cast<std::uint8_t>(controlSize_ + piece.size());
  if (inPayload_) return std::nullopt;
  return controlEvent();
}

FrameEvent FrameDecoder::controlEvent() {
  switch (opcode_) {
    case Opcode::ping:
      return PingFrame{std::string(control_.data(), controlSize_)};
    case Opcode::pong:
      return PongFrame{};
    default:
      return closeEvent();
  }
}

FrameEvent FrameDecoder::closeEvent() {
  if (controlSize_ == 0) return CloseFrame{};
  if (controlSize_ == 1) return fault(1002, "Received a close frame with half a code");
  const auto code = static_cast<std::uint16_t>(bigEndian(control_.data(), 2));
  if (!isWireCloseCode(code)) return fault(1002, fmt::format("Received invalid close code {}", code));
  const std::string_view reason(control_.data() + 2, controlSize_ - 2u);
  if (!isValidUtf8(reason)) return fault(1007, "Received a close reason that is not valid UTF-8");
  return CloseFrame{code, std::string(reason)};
}

std::size_t writeFrameHeader(char* out, Opcode opcode, std::size_t payloadSize) {
  out[0] = static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  if (payloadSize < 126) {
    out[1] = static_cast<char>(payloadSize);
    return 2;
  }
  const std::size_t extended = payloadSize < 65'536 ? 2 : 8;
  out[1] = static_cast<char>(extended == 2 ? 126 : 127);
  putBigEndian(out + 2, payloadSize, extended);
  return 2 + extended;
}

void appendFrame(std::string& out, Opcode opcode, std::string_view payload) {
  std::array<char, maxServerHeader> header;
  out.append(header.data(), writeFrameHeader(header.data(), opcode, payload.size()));
  out.append(payload);
}

std::string closeFrame(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code != 0) {
    payload.resize(2);
    putBigEndian(payload.data(), code, 2);
    payload += cutUtf8(reason, maxCloseReason);
  }
  std::string frame;
  appendFrame(frame, Opcode::close, payload);
  return frame;
}

std::string_view cutUtf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace Party::Serve
