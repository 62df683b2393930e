#include "rooms/rooms.h"

#include <party/host/effect.h>

#include <string>
#include <utility>

/// Sockets between rooms. Whatever passes is posted, on one shard too: two rooms that answer each other without end
/// must leave their loop to everybody else.

namespace Party::Serve {

// --- the end that opened it -----------------------------------------------------------------------------------------

void Rooms::carryOut(LiveRoom& room, Host::SocketRequested& effect) {
  if (!effect.room) {
    const std::string refusal = "this server opens no sockets to the outside yet: " + std::string(effect.request.url());
    return give(room, Host::SocketLost{effect.socket, SharedBytes(std::string_view(refusal))});
  }
  const Host::RequestKey key{requestKey(setup_.shard, ++callsMade_).value | roomCalledBit};
  RoomName callee{setup_.parties[effect.room->party].name, std::move(effect.room->id)};
  auto load = std::make_shared<LinkLoad>();
  room.opened.emplace(effect.socket.value, key);
  callingEnds_.emplace(key.value, CallingEnd{room.name(), room.epoch, effect.socket, callee, load, {}});
  traffic_.toRoom(LinkRequest{std::move(callee), effect.room->party, key, std::move(effect.request), std::move(load)});
}

void Rooms::carryOut(LiveRoom& room, Host::SocketMessageSent& effect) {
  sendUp(room, effect.socket, std::move(effect.message));
}

void Rooms::carryOut(LiveRoom& room, Host::SocketClosed& effect) {
  sendUp(room, effect.socket, LinkClosed{effect.code == 0 ? std::uint16_t{1005} : effect.code, effect.reason});
}

void Rooms::carryOut(LiveRoom& room, Host::SocketReleased& effect) { releaseLink(room, effect.socket); }

void Rooms::sendUp(LiveRoom& room, Host::SocketKey socket, LinkFrame frame) {
  const auto opened = room.opened.find(socket.value);
  if (opened == room.opened.end()) return;
  const CallingEnd& end = callingEnds_.at(opened->second.value);
  const std::size_t weight = weightOf(frame);
  if (end.load->up.fetch_add(weight) + weight <= setup_.webSocket.backlogBytes) {
    return traffic_.toRoom(LinkUp{end.callee, opened->second, std::move(frame)});
  }
  logOverfull(room.name(), end.callee);
  releaseLink(room, socket);
  give(room, Host::SocketLost{socket, {}});
}

/// The other room sees its end behind what was sent.
void Rooms::releaseLink(LiveRoom& room, Host::SocketKey socket) {
  const auto opened = room.opened.extract(socket.value);
  if (opened.empty()) return;
  const auto end = callingEnds_.extract(opened.mapped().value);
  traffic_.toRoom(LinkUp{end.mapped().callee, opened.mapped(), LinkLost{}});
}

// The machine has gone without a word about them.
void Rooms::clearLinks(LiveRoom& room) {
  while (!room.opened.empty()) releaseLink(room, {room.opened.begin()->first});
}

void Rooms::cameDown(LinkDown down) {
  const auto found = callingEnds_.find(down.key.value);
  if (found == callingEnds_.end()) return;
  CallingEnd& end = found->second;
  const auto home = rooms_.find(end.caller);
  if (home == rooms_.end() || home->second->broken || home->second->epoch != end.epoch) return;
  LiveRoom& room = *home->second;
  if (!end.waiting.empty() || (room.paused && !goingAway_)) {
    end.waiting.push_back(std::move(down.frame));
  } else {
    end.load->down.fetch_sub(weightOf(down.frame));
    tellCaller(room, end.socket, std::move(down.frame));
  }
}

void Rooms::tellCaller(LiveRoom& room, Host::SocketKey socket, LinkFrame frame) {
  if (std::holds_alternative<LinkOpened>(frame)) {
    give(room, Host::SocketOpened{socket});
  } else if (auto* answer = std::get_if<LinkAnswered>(&frame)) {
    if (answer->reset) return give(room, Host::SocketLost{socket, SharedBytes(answer->response.body())});  // EVICT-012
    give(room, Host::SocketAnswered{socket, std::move(answer->response)});
  } else if (auto* message = std::get_if<Message>(&frame)) {
    give(room, Host::SocketMessageReceived{socket, std::move(*message)});
  } else if (auto* closed = std::get_if<LinkClosed>(&frame)) {
    give(room, Host::SocketCloseReceived{socket, closed->code, std::move(closed->reason)});
  } else {
    give(room, Host::SocketLost{socket, SharedBytes(std::string_view("Network connection lost."))});
  }
}

// --- the end that was asked -----------------------------------------------------------------------------------------

void Rooms::connect(LinkRequest request) {
  LiveRoom& room = roomOf(request.room, request.party);
  const std::uint32_t handle = takeSlot(room);
  calledEnds_.emplace(handle, CalledEnd(request.key, std::move(request.load)));
  calledHandles_.emplace(request.key.value, handle);
  give(room, Host::ConnectRequested{slots_[handle].key, std::move(request.request), handle, Host::Origin::room});
}

void Rooms::cameUp(LinkUp up) {
  const auto known = calledHandles_.find(up.key.value);
  if (known == calledHandles_.end()) return;
  CalledEnd& end = calledEnds_.at(known->second);
  const Slot& slot = slots_[known->second];
  if (!end.waiting.empty() || (slot.room->paused && !goingAway_)) {
    end.waiting.push_back(std::move(up.frame));
  } else {
    end.load->up.fetch_sub(weightOf(up.frame));
    tellCallee(*slot.room, slot.key, std::move(up.frame));
  }
}

void Rooms::tellCallee(LiveRoom& room, Host::ConnectionKey key, LinkFrame frame) {
  if (auto* message = std::get_if<Message>(&frame)) {
    give(room, Host::MessageReceived{key, std::move(*message)});
  } else if (auto* closed = std::get_if<LinkClosed>(&frame)) {
    give(room, Host::CloseReceived{key, closed->code, std::move(closed->reason)});
  } else {
    give(room, Host::ConnectionLost{key});
  }
}

void Rooms::acceptLink(std::uint32_t handle) {
  const auto found = calledEnds_.find(handle);
  if (found == calledEnds_.end()) return;
  CalledEnd& end = found->second;
  end.accepted = true;
  traffic_.toCaller(LinkDown{end.key, LinkOpened{}});
  for (LinkFrame& frame : std::exchange(end.early, {})) traffic_.toCaller(LinkDown{end.key, std::move(frame)});
}

// CONNECT-17, CONNECT-18
void Rooms::refuseLink(std::uint32_t handle, LinkClosed close) {
  const auto found = calledEnds_.find(handle);
  if (found == calledEnds_.end()) return;
  found->second.early.clear();
  acceptLink(handle);
  sendDown(handle, std::move(close));
}

/// An answer that is none, or the loss: nothing follows.
void Rooms::endLink(std::uint32_t handle, LinkFrame last) {
  const auto found = calledEnds_.find(handle);
  if (found == calledEnds_.end() || std::exchange(found->second.broken, true)) return;
  found->second.early.clear();
  traffic_.toCaller(LinkDown{found->second.key, std::move(last)});
}

void Rooms::sendDown(std::uint32_t handle, LinkFrame frame) {
  const auto found = calledEnds_.find(handle);
  if (found == calledEnds_.end() || found->second.broken) return;
  CalledEnd& end = found->second;
  const std::size_t weight = weightOf(frame);
  if (end.load->down.fetch_add(weight) + weight > setup_.webSocket.backlogBytes) {
    const Slot& slot = slots_[handle];
    logOverfull(slot.room->name(), {});
    endLink(handle, LinkLost{});
    give(*slot.room, Host::ConnectionLost{slot.key});
  } else if (end.accepted) {
    traffic_.toCaller(LinkDown{end.key, std::move(frame)});
  } else {
    end.early.push_back(std::move(frame));
  }
}

void Rooms::forgetLink(std::uint32_t handle) {
  const auto end = calledEnds_.extract(handle);
  if (!end.empty()) calledHandles_.erase(end.mapped().key.value);
}

// --- both -----------------------------------------------------------------------------------------------------------

/// What waited while the room was paused, in order; what pauses it again makes the rest wait again.
void Rooms::resumeLinks(LiveRoom& room) {
  std::vector<LinkUp> up;
  std::vector<LinkDown> down;
  for (const auto& handle : room.sockets) {
    const auto end = handle ? calledEnds_.find(*handle) : calledEnds_.end();
    if (end == calledEnds_.end()) continue;
    for (LinkFrame& frame : std::exchange(end->second.waiting, {}))
      up.push_back({{}, end->second.key, std::move(frame)});
  }
  for (const auto& [socket, key] : room.opened) {
    auto& waiting = callingEnds_.at(key.value).waiting;
    for (LinkFrame& frame : std::exchange(waiting, {})) down.push_back({key, std::move(frame)});
  }
  for (LinkUp& frame : up) cameUp(std::move(frame));
  for (LinkDown& frame : down) cameDown(std::move(frame));
}

/// This shard is about to end: whoever is at the other end may go on a little longer.
void Rooms::loseLinks() {
  for (auto& [name, room] : rooms_) {
    for (const auto& handle : room->sockets) {
      if (handle) endLink(*handle, LinkLost{});
    }
    clearLinks(*room);
  }
}

void Rooms::logOverfull(const RoomName& from, const RoomName& to) {
  if (!failures_.take(std::chrono::steady_clock::now())) return;
  Log::line(Level::warning,
            "party={} room={}: its socket {}{} was dropped: more than {} bytes that were sent have not been taken in "
            "there (--max-backlog)",
            from.party, from.id, to.id.empty() ? "to the room that opened it" : "to room=", to.id,
            setup_.webSocket.backlogBytes);
}

}  // namespace Party::Serve
