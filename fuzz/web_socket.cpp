// However a client's bytes are cut, the same frames come out of them; after a close frame or a fault nothing does, and
// a text is UTF-8. What the server writes is read back as what it meant.
//
// Every second input begins with a frame of its own, masked by bytes of the input, so that payloads are reached.

#include "net/frame_codec.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "input.h"

using namespace Party::Serve;

namespace {

constexpr std::size_t messageLimit = 300;  // small, so that a short input can pass it

std::string textOf(const FrameEvent& event) {
  if (const auto* message = std::get_if<Party::Message>(&event)) {
    demand(message->size() <= messageLimit, "no message is longer than the limit");
    demand(!message->isText() || Party::isValidUtf8(message->content()), "a text is UTF-8");
    return (message->isText() ? "text " : "bytes ") + std::string(message->content());
  }
  if (const auto* ping = std::get_if<PingFrame>(&event)) return "ping " + ping->payload;
  if (std::holds_alternative<PongFrame>(event)) return "pong";
  if (const auto* close = std::get_if<CloseFrame>(&event)) {
    demand(Party::isValidUtf8(close->reason), "the reason of a close is UTF-8");
    return "close " + std::to_string(close->code) + " " + close->reason;
  }
  const auto& fault = std::get<FrameFault>(event);
  demand(fault.code == 1002 || fault.code == 1007 || fault.code == 1009, "a fault has a code for faults");
  return "fault " + std::to_string(fault.code) + " " + fault.reason;
}

/// The events of the bytes, given in pieces of lengths that `cuts` says in turn; empty: all at once.
std::vector<std::string> eventsOf(std::string bytes, std::string_view cuts) {
  FrameDecoder decoder(messageLimit);
  std::vector<std::string> events;
  std::size_t cut = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t wanted =
        cuts.empty() ? bytes.size() : static_cast<unsigned char>(cuts[cut++ % cuts.size()]) % 17 + 1;
    const std::size_t length = std::min(wanted, bytes.size() - at);
    std::span<char> piece(bytes.data() + at, length);
    while (auto event = decoder.next(piece)) events.push_back(textOf(*event));
    demand(piece.empty(), "what is given is used up");
    at += length;
  }
  return events;
}

/// As a client sends it.
std::string masked(std::string frame, std::string_view mask) {
  const std::size_t header = frame.size() < 128 ? 2 : 4;
  for (std::size_t i = header; i < frame.size(); ++i) frame[i] = static_cast<char>(frame[i] ^ mask[(i - header) % 4]);
  frame[1] = static_cast<char>(frame[1] | '\x80');
  return frame.insert(header, mask);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t form = input.choice();
  std::string cuts;
  for (int i = 0; i < 3; ++i) cuts += static_cast<char>(input.choice());
  std::string bytes(input.rest());
  const std::string_view payload = input.rest().substr(0, 125);
  if ((form & 1) != 0) {
    std::string frame;
    appendFrame(frame, Opcode::ping, payload);
    bytes.insert(0, masked(frame, cuts + "m"));
  }
  const auto whole = eventsOf(bytes, {});
  demand(eventsOf(bytes, cuts) == whole, "the same events, however the bytes are cut");
  demand(eventsOf(bytes, std::string_view("\0", 1)) == whole, "the same events, byte by byte");
  if ((form & 1) != 0) demand(whole.at(0) == "ping " + std::string(payload), "a ping is read as it was written");
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    demand(!whole[i].starts_with("close") && !whole[i].starts_with("fault"), "nothing follows the end");
  }
  return 0;
}
