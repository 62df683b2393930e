#include <party/host/room_machine.h>

#include <utility>

#include "room_place.h"

namespace Party::Host {

RoomMachine::RoomMachine(RoomSetup setup) : room_(std::make_unique<Detail::RoomPlace>(std::move(setup))) {}
RoomMachine::~RoomMachine() = default;

Effects& RoomMachine::handle(Time now, Event&& event) { return room_->handle(now, std::move(event)); }
std::optional<HibernationBlocker> RoomMachine::whatBlocksHibernation() const { return room_->whatBlocksHibernation(); }
RoomStatus RoomMachine::status() const { return room_->status(); }
std::optional<std::string> RoomMachine::keptAsleep() const { return room_->keptAsleep(); }

const char* nameOf(HibernationBlocker blocker) {
  using enum HibernationBlocker;
  switch (blocker) {
    case alreadyGone:
      return "no instance in memory";
    case starting:
      return "onStart has not ended";
    case handlerRunning:
      return "a handler is running";
    case operationPending:
      return "an operation is pending";
    case timerPending:
      return "a timer is set";
    case eventWaiting:
      return "an event is waiting";
    case unitNotDurable:
      return "writes are not durable yet";
    case outputHeld:
      return "an output is held back";
    case ordinarySocket:
      return "a socket of a room that does not hibernate is open";
    case ghostConnection:
      return "a connection whose onConnect threw is still listed";
    case outgoingSocket:
      return "a socket that the room opened has not been closed";
    case responseStreaming:
      return "a response is still being written";
  }
  return "unknown";
}

}  // namespace Party::Host
