#pragma once

#include "net/web_socket.h"
#include "rooms/room_link.h"
#include "storage/stored_room.h"

#include <party/host/effect.h>
#include <party/host/keys.h>
#include <party/http.h>

#include <cstddef>

/// What the edge and the rooms of different shards hand to each other.

namespace Party::Serve {

/// A request that the edge has let through, for a room of party `party` (an index into the parties).
struct RoomRequest {
  RoomName room;
  std::size_t party = 0;
  Host::RequestKey key;
  Request request;
};

/// Nobody waits for the answer to this request any more.
struct RoomAbort {
  RoomName room;
  Host::RequestKey key;
};

/// An upgrade that the edge has let through, with the transport it came on.
struct RoomUpgrade {
  RoomName room;
  std::size_t party = 0;
  Request request;
  WebSocket::Opening opening;
};

/// A room asks another for a WebSocket; `key` names it on both sides.
struct LinkRequest {
  RoomName room;
  std::size_t party = 0;
  Host::RequestKey key;
  Request request;
  std::shared_ptr<LinkLoad> load;
};
/// What one end of a socket between rooms tells the other: the room that was asked, or who opened it.
struct LinkUp {
  RoomName room;
  Host::RequestKey key;
  LinkFrame frame;
};
struct LinkDown {
  Host::RequestKey key;
  LinkFrame frame;
};

/// Finds the shard; what belongs to another one is posted to its loop.
class Traffic {
 public:
  virtual void toRoom(RoomRequest request) = 0;
  virtual void toRoom(RoomUpgrade upgrade) = 0;
  virtual void toRoom(RoomAbort abort) = 0;
  /// These three are posted on the same shard too, in order.
  virtual void toRoom(LinkRequest request) = 0;
  virtual void toRoom(LinkUp up) = 0;
  virtual void toCaller(LinkDown down) = 0;
  /// ResponseHead, ResponseChunk and ResponseEnd go back to whoever asked: a client, or a room, of the shard whose
  /// number is in the key.
  virtual void toClient(Host::ResponseHead head) = 0;
  virtual void toClient(Host::ResponseChunk chunk) = 0;
  virtual void toClient(Host::ResponseEnd end) = 0;

 protected:
  ~Traffic() = default;
};

/// Request keys are unique in the process: the upper 16 bits are the shard where somebody waits, the next bit tells a
/// room that called from a client.
constexpr Host::RequestKey requestKey(std::size_t shard, std::uint64_t count) {
  return {(static_cast<std::uint64_t>(shard) << 48) | count};
}
constexpr std::size_t shardOf(Host::RequestKey key) { return static_cast<std::size_t>(key.value >> 48); }
constexpr std::uint64_t roomCalledBit = std::uint64_t{1} << 47;
constexpr bool isFromRoom(Host::RequestKey key) { return (key.value & roomCalledBit) != 0; }

}  // namespace Party::Serve
