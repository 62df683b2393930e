#include "rooms/rooms.h"

#include <party/host/effect.h>

#include <memory>
#include <string>
#include <utility>

/// Calls of rooms: a call to a room is a request with a key of its own, which finds its way to the room's shard and
/// back as a client's does. Rooms are named in between, never pointed to: either end may go meanwhile.

namespace Party::Serve {

void Rooms::carryOut(LiveRoom& room, Host::CallStarted& effect) {
  if (!effect.room) {
    std::string refusal = "this server makes no calls to the outside yet: ";
    refusal.append(effect.request.method()).append(" ").append(effect.request.url()).append(" was not sent");
    give(room, Host::CallSettled{effect.call, std::make_unique<Host::CallOutcome>(std::move(refusal))});
    return;
  }
  const Host::RequestKey key{requestKey(setup_.shard, ++callsMade_).value | roomCalledBit};
  RoomName callee{setup_.parties[effect.room->party].name, std::move(effect.room->id)};
  room.calls.emplace(effect.call.value, key);
  calls_.emplace(key.value, CallUnderWay{room.name(), room.epoch, effect.call, callee, std::nullopt});
  traffic_.toRoom(RoomRequest{std::move(callee), effect.room->party, key, std::move(effect.request)});
}

void Rooms::carryOut(LiveRoom& room, Host::CallCancelled& effect) {
  const auto call = room.calls.find(effect.call.value);
  if (call == room.calls.end()) return;
  const Host::RequestKey key = call->second;
  room.calls.erase(call);
  const auto underWay = calls_.extract(key.value);
  if (!underWay.empty()) traffic_.toRoom(RoomAbort{underWay.mapped().callee, key});
}

// The machine has gone without a word about its calls.
void Rooms::clearCalls(LiveRoom& room) {
  for (const auto& [call, key] : std::exchange(room.calls, {})) {
    const auto underWay = calls_.extract(key.value);
    if (!underWay.empty()) traffic_.toRoom(RoomAbort{underWay.mapped().callee, key});
  }
}

void Rooms::aborted(const RoomAbort& abort) {
  const auto found = rooms_.find(abort.room);
  if (found == rooms_.end() || found->second->broken) return;
  LiveRoom& room = *found->second;
  if (std::erase(room.requests, abort.key) != 0) give(room, Host::RequestAborted{abort.key});
}

LiveRoom* Rooms::callerOf(const CallUnderWay& call) {
  const auto found = rooms_.find(call.caller);
  if (found == rooms_.end() || found->second->broken || found->second->epoch != call.epoch) return nullptr;
  return found->second.get();
}

void Rooms::called(Host::ResponseHead head) {
  const auto call = calls_.find(head.key.value);
  if (call == calls_.end()) return;
  if (!head.complete) {
    call->second.head = std::move(head.response);
  } else if (head.reset) {  // EVICT-012
    endCall(head.key, {std::string(head.response.body())});
  } else {
    endCall(head.key, {std::move(head.response)});
  }
}

void Rooms::called(Host::ResponseChunk chunk) {
  const auto call = calls_.find(chunk.key.value);
  if (call == calls_.end()) return;
  if (LiveRoom* caller = callerOf(call->second)) {
    give(*caller, Host::CallChunk{call->second.call, std::move(chunk.bytes)});
  }
}

void Rooms::called(Host::ResponseEnd end) {
  const auto call = calls_.find(end.key.value);
  if (call == calls_.end() || !call->second.head) return;
  if (end.broken) return endCall(end.key, {std::string("Network connection lost.")});
  Response head = std::move(*call->second.head);
  endCall(end.key, {std::move(head)});
}

void Rooms::endCall(Host::RequestKey key, Host::CallOutcome outcome) {
  const auto ended = calls_.extract(key.value);
  const CallUnderWay& call = ended.mapped();
  LiveRoom* caller = callerOf(call);
  if (caller == nullptr) return;
  caller->calls.erase(call.call.value);
  give(*caller, Host::CallSettled{call.call, std::make_unique<Host::CallOutcome>(std::move(outcome))});
}

}  // namespace Party::Serve
