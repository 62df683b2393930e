#pragma once

#include "storage/stored_room.h"

#include <party/host/keys.h>
#include <party/http.h>
#include <party/message.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

/// A WebSocket between two rooms: no transport, but what each end tells the other, in order, from loop to loop. Rooms
/// are named in between, never pointed to: either end may go meanwhile.

namespace Party::Serve {

/// Bytes on their way in each direction that the other machine has not been given. Beyond the limit for slow clients
/// the link breaks.
struct LinkLoad {
  std::atomic<std::size_t> up = 0;
  std::atomic<std::size_t> down = 0;
};

struct LinkOpened {};
struct LinkAnswered {
  Response response;
  bool reset = false;
};
struct LinkClosed {
  std::uint16_t code = 1005;
  SharedBytes reason;
};
struct LinkLost {};
/// The first two come down only.
using LinkFrame = std::variant<LinkOpened, LinkAnswered, Message, LinkClosed, LinkLost>;

/// What a frame counts for; each costs some memory, however short it is.
inline std::size_t weightOf(const LinkFrame& frame) {
  constexpr std::size_t ofFrame = 64;
  const auto* message = std::get_if<Message>(&frame);
  return message == nullptr ? 0 : ofFrame + message->size();
}

/// The end of the room that opened it.
struct CallingEnd {
  RoomName caller;
  std::uint32_t epoch = 0;  // of its machine
  Host::SocketKey socket;
  RoomName callee;
  std::shared_ptr<LinkLoad> load;
  std::deque<LinkFrame> waiting;  // while the room is paused
};

/// The end of the room that was asked, behind a slot without a transport.
struct CalledEnd {
  CalledEnd(Host::RequestKey itsKey, std::shared_ptr<LinkLoad> itsLoad) : key(itsKey), load(std::move(itsLoad)) {}

  Host::RequestKey key;
  std::shared_ptr<LinkLoad> load;
  bool accepted = false;
  bool broken = false;            // nothing more goes down
  std::vector<LinkFrame> early;   // until it is accepted (CONNECT-11)
  std::deque<LinkFrame> waiting;  // while the room is paused
};

}  // namespace Party::Serve
