#pragma once

#include "net/web_socket.h"
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

/// An upgrade that the edge has let through, with the transport it came on.
struct RoomUpgrade {
  RoomName room;
  std::size_t party = 0;
  Request request;
  WebSocket::Opening opening;
};

/// Finds the shard; what belongs to another one is posted to its loop.
class Traffic {
 public:
  virtual void toRoom(RoomRequest request) = 0;
  virtual void toRoom(RoomUpgrade upgrade) = 0;
  /// ResponseHead, ResponseChunk and ResponseEnd go back to the shard whose number is in the key.
  virtual void toClient(Host::ResponseHead head) = 0;
  virtual void toClient(Host::ResponseChunk chunk) = 0;
  virtual void toClient(Host::ResponseEnd end) = 0;

 protected:
  ~Traffic() = default;
};

/// Request keys are unique in the process: the upper 16 bits are the shard whose client waits.
constexpr Host::RequestKey requestKey(std::size_t shard, std::uint64_t count) {
  return {(static_cast<std::uint64_t>(shard) << 48) | count};
}
constexpr std::size_t shardOf(Host::RequestKey key) { return static_cast<std::size_t>(key.value >> 48); }

}  // namespace Party::Serve
