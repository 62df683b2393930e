#pragma once

#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/host/party_descriptor.h>
#include <party/host/profile.h>
#include <party/host/room_machine.h>
#include <party/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace Party {

namespace Detail {
class EdgeCore;
}

namespace Host {

/// A request enters at the edge: an upgrade or plain HTTP, told apart by its headers (CONNECT-1). `request.url()` is
/// the full, normalised URL.
struct EdgeRequestReceived {
  RequestKey key;
  Request request;
};
using EdgeEvent = std::variant<EdgeRequestReceived, TimerDue>;

/// The request goes on to room `id` of party `party` (an index into the parties): as an upgrade when it still is one.
struct RequestForwarded {
  RequestKey key;
  std::size_t party = 0;
  std::string id;
  Request request;
};
using EdgeEffect = std::variant<RequestForwarded, ResponseHead, TimerSet, TimerCleared, HandlerFailed, Logged>;

/// What happens to a request before a room is reached: routing, the static handlers, and whatever is no room.
///
/// Same rules as RoomMachine: no clock, no socket, one thread at a time. Requests do not wait for each other.
class EdgeMachine {
 public:
  /// `parties` outlives the machine.
  EdgeMachine(const Parties& parties, std::uint64_t seed);
  ~EdgeMachine();
  EdgeMachine(const EdgeMachine&) = delete;
  EdgeMachine& operator=(const EdgeMachine&) = delete;

  /// The buffer is the machine's own, reused by the next call.
  std::vector<EdgeEffect>& handle(Time now, Cause cause, EdgeEvent&& event);

 private:
  std::unique_ptr<Detail::EdgeCore> core_;
};

}  // namespace Host
}  // namespace Party
