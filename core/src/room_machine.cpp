#include <party/host/room_machine.h>

#include <utility>

#include "room_core.h"

namespace Party::Host {

RoomMachine::RoomMachine(RoomSetup setup) : core_(std::make_unique<Detail::RoomCore>(std::move(setup))) {}
RoomMachine::~RoomMachine() = default;

Effects& RoomMachine::handle(Time now, Event&& event) { return core_->handle(now, std::move(event)); }
std::optional<HibernationBlocker> RoomMachine::whatBlocksHibernation() const { return core_->whatBlocksHibernation(); }
RoomStatus RoomMachine::status() const { return core_->status(); }

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
  }
  return "unknown";
}

}  // namespace Party::Host
