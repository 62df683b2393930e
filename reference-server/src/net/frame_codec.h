#pragma once

#include "net/utf8_stream.h"

#include <party/message.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// WebSocket frames (RFC 6455, section 5) without a socket: bytes in, events out.

namespace Party::Serve {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct PingFrame {
  std::string payload;
};
struct PongFrame {};
/// The peer's close frame; 1005 stands for an empty one.
struct CloseFrame {
  std::uint16_t code = 1005;
  std::string reason;
};
/// The peer broke the protocol, or sent more than is taken: close with this code and reason, and read no further.
struct FrameFault {
  std::uint16_t code = 1002;
  std::string reason;
};
using FrameEvent = std::variant<Message, PingFrame, PongFrame, CloseFrame, FrameFault>;

/// What a client sends, put together to messages.
///
/// Memory grows with what has arrived, never with what a header announces. After a close frame or a fault everything
/// is ignored (MESSAGE-18).
class FrameDecoder {
 public:
  explicit FrameDecoder(std::size_t maxMessageBytes) : maxMessageBytes_(maxMessageBytes) {}

  /// Takes bytes from the front of `input`, unmasking them in place, until one event is whole or the input is used up.
  std::optional<FrameEvent> next(std::span<char>& input);

 private:
  std::optional<FrameEvent> readHeader(std::span<char>& input);
  std::optional<FrameEvent> beginFrame();
  std::optional<FrameEvent> checkHeader(Opcode opcode, std::uint64_t length) const;
  std::optional<FrameEvent> readMessagePayload(std::span<char>& input);
  std::optional<FrameEvent> readControlPayload(std::span<char>& input);
  std::optional<FrameEvent> endMessage(std::string_view whole);
  FrameEvent controlEvent();
  FrameEvent closeEvent();
  std::span<char> takePayload(std::span<char>& input);
  bool isControl() const { return static_cast<std::uint8_t>(opcode_) >= 8; }

  std::size_t maxMessageBytes_;
  std::string message_;  // earlier parts of the message under way
  std::uint64_t frameLeft_ = 0;
  Utf8Stream utf8_;
  std::array<char, 14> header_{};
  std::array<char, 125> control_{};
  std::uint8_t headerSize_ = 0;
  std::uint8_t controlSize_ = 0;
  std::array<char, 4> mask_{};
  std::uint8_t maskAt_ = 0;
  Opcode opcode_ = Opcode::text;               // of the frame
  Opcode messageKind_ = Opcode::continuation;  // of the message under way; continuation: none
  bool final_ = false;
  bool inPayload_ = false;
  bool over_ = false;
};

/// The longest header a server writes.
inline constexpr std::size_t maxServerHeader = 10;
/// Writes the header of an unmasked, final frame, returns its size.
std::size_t writeFrameHeader(char* out, Opcode opcode, std::size_t payloadSize);
/// Appends a whole frame.
void appendFrame(std::string& out, Opcode opcode, std::string_view payload);
/// A close frame; `code` 0 makes an empty one. The reason is cut to 123 bytes at the boundary of a character (D-5).
std::string closeFrame(std::uint16_t code, std::string_view reason);

/// At most `limit` bytes of `text`, whole characters only.
std::string_view cutUtf8(std::string_view text, std::size_t limit);

}  // namespace Party::Serve
