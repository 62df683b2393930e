#include <algorithm>
#include <utility>
#include <variant>

#include "error_text.h"
#include "world_core.h"

namespace Party::Sim::Detail {

/// Carries out one effect; the overloads are the closed list.
struct EffectPerformer {
  WorldCore& world;
  RoomHost& room;
  const Host::Effect& effect;
  using Kind = Happening::Kind;

  /// For what handlers ask for. What the machine does by itself is keyed by whom it is for: its ordinals shift when
  /// the room wakes in between.
  Host::Cause key() const { return derive(effect.cause, effect.ordinal, Derived::effect); }
  static Host::Cause once(const Link& link, Kind kind) {
    return derive(link.identity, static_cast<std::uint64_t>(kind), Derived::effect);
  }
  std::uint64_t record() const { return world.journal_.count() - 1; }  // where the trace has this effect

  void operator()(const Host::ConnectionAccepted& body) const {
    Link& link = world.links_[body.socket];
    link.accepted = true;
    world.sendDown(body.socket, {.kind = Kind::downOpen, .cause = once(link, Kind::downOpen).value});
    for (Happening& early : link.early) world.sendDown(body.socket, std::move(early));
    link.early.clear();
  }
  void operator()(const Host::ConnectionRefused& body) const {
    Link& link = world.links_[body.socket];
    link.early.clear();
    link.accepted = true;
    link.closeSent = true;
    link.serverListens = false;
    world.sendDown(body.socket, {.kind = Kind::downOpen, .cause = once(link, Kind::downOpen).value});
    close(body.socket, body.code, body.reason);
  }
  void operator()(Host::ConnectionAnswered& body) const {
    Link& link = world.links_[body.socket];
    link.early.clear();
    link.accepted = true;
    link.serverListens = false;
    link.answer = std::move(body.response);
    link.reset = body.reset;
    world.sendDown(body.socket, {.kind = Kind::downAnswered, .cause = once(link, Kind::downAnswered).value});
  }
  void operator()(const Host::ConnectionDropped& body) const { world.loseDownByReset(body.socket, effect.cause); }
  void operator()(const Host::ConnectionReleased& body) const { release(body.connection); }

  void operator()(Host::MessageSent& body) const {
    world.sendDown(
        body.socket,
        {.kind = Kind::downMessage, .cause = key().value, .value = record(), .content = std::move(body.message)});
  }
  void operator()(const Host::Broadcast& body) const {
    const Host::Cause cause = key();
    const std::uint64_t from = record();
    std::size_t excepted = 0;
    for (std::uint32_t position = 0; position < body.sockets.size(); ++position) {
      if (excepted < body.except.size() && body.except[excepted] == position) {
        ++excepted;
        continue;
      }
      world.sendDown(body.sockets[position],
                     {.kind = Kind::downMessage, .cause = cause.value, .value = from, .content = body.message});
    }
  }
  void operator()(const Host::ConnectionClosed& body) const {
    Link& link = world.links_[body.socket];
    link.closeSent = true;
    if (body.answer) link.serverListens = false;
    close(body.socket, body.code, body.reason);
  }

  void operator()(Host::ResponseHead& body) const {
    std::uint32_t index = none;
    Passage* passage = world.passageOf(body.key, index);
    if (passage == nullptr) return;  // nobody waits for it any more
    passage->response = std::move(body.response);
    passage->complete = body.complete;
    passage->reset = body.reset;
    if (body.complete) answered(index);
    world.sendAnswer(index, Kind::headArrives, derive(passage->cause, 0, Derived::effect));
  }
  void operator()(const Host::ResponseChunk& body) const {
    std::uint32_t index = none;
    if (world.passageOf(body.key, index)) {
      world.sendAnswer(index, Kind::chunkArrives, key(), Message::bytes(body.bytes.view()));
    }
  }
  void operator()(const Host::ResponseEnd& body) const {
    std::uint32_t index = none;
    Passage* passage = world.passageOf(body.key, index);
    if (passage == nullptr) return;
    passage->cutOff = body.broken;
    answered(index);
    world.sendAnswer(index, Kind::endArrives, key());
  }

  void operator()(Host::UnitIssued& body) const { world.issue(room, effect.cause, body.unit, std::move(body.writes)); }
  void operator()(Host::CallStarted& body) const {
    room.calls.push_back(body.call.value);
    world.startCall(room, derive(effect.cause, effect.ordinal, Derived::call), body);
  }
  void operator()(const Host::CallCancelled& body) const {
    std::erase(room.calls, body.call.value);
    world.cancelCall(room, effect.cause, body.call);
  }
  void operator()(Host::SocketRequested& body) const {
    world.openSocket(room, derive(effect.cause, effect.ordinal, Derived::call), body);
  }
  void operator()(Host::SocketMessageSent& body) const {
    const std::uint32_t link = world.socketOf(room, body.socket);
    world.sendUp(link, {.kind = Kind::upMessage, .cause = key().value, .content = std::move(body.message)});
  }
  void operator()(const Host::SocketClosed& body) const {
    const std::uint32_t link = world.socketOf(room, body.socket);
    world.sendUp(link, {.kind = Kind::upClose,
                        .code = body.code == 0 ? std::uint16_t{1005} : body.code,
                        .cause = once(world.links_[link], Kind::upClose).value,
                        .content = body.reason.empty() ? noContent : Message::trustedText(body.reason.view())});
  }
  void operator()(const Host::WakeExpected& body) const { world.expectWake(room, body, effect.unit); }
  void operator()(const Host::SocketReleased& body) const { world.releaseSocket(room, body.socket); }
  void operator()(const Host::TimerSet& body) const {
    const Host::Cause cause = derive(effect.cause, effect.ordinal, Derived::timer);
    const Time due = std::max(world.now_, body.due - room.clockSkew);
    room.timers.push_back({body.timer.value, due, cause.value});
    world.plan(due + world.drawIfWide(Choice::timerLateness, cause, 0, world.options_.timerLateness()),
               {.kind = Kind::timerDue,
                .target = room.index,
                .generation = room.life,
                .cause = cause.value,
                .value = body.timer.value});
  }
  void operator()(const Host::TimerCleared& body) const {
    std::erase_if(room.timers, [&body](const PendingTimer& one) { return one.id == body.timer.value; });
  }
  void operator()(const Host::AlarmSettled& body) const { world.alarmSettled(room, body); }

  void operator()(const Host::HandlerFailed& body) const {
    if (body.handler == Host::HandlerKind::onAlarm) room.alarmReturned = false;
    world.uncaught_.push_back({body.handler, room.index, world.now_, errorText(body.error), body.error});
  }
  void operator()(const Host::HandlerBegan& body) const {
    if (body.handler != Host::HandlerKind::onStart) room.waking = false;
    if (body.handler == Host::HandlerKind::onAlarm) room.alarmBegun = true, room.alarmReturned = false;
  }
  void operator()(const Host::HandlerEnded& body) const {
    if (body.handler != Host::HandlerKind::onAlarm) return;
    room.alarmReturned = true;
    world.wakesMet(room);  // if its writes are lost, the alarm is still set
  }
  void operator()(const Host::Logged&) const {}
  void operator()(const Host::InstanceStarted& body) const {
    room.waking = world.options_.freeWakes();
    if (world.options_.lifetime()) world.planEndOfLife(room, body.instance);
  }
  void operator()(const Host::InstanceEnded&) const {}

  /// Sockets and requests were ended by effects before this one. Units under way settle, and the room waits for them
  /// (EVICT-016), unless it does not know any more what is durable: then another machine opens it.
  void operator()(const Host::RoomReset& body) const { room.reopen = body.reopen; }

 private:
  void answered(std::uint32_t passage) const {
    world.passages_[passage].state = Passage::State::answering;
    std::erase(room.passages, passage);
  }
  void close(std::uint32_t socket, std::uint16_t code, const SharedBytes& reason) const {
    world.sendDown(socket, {.kind = Kind::downClose,
                            .code = code,
                            .cause = once(world.links_[socket], Kind::downClose).value,
                            .content = reason.empty() ? noContent : Message::trustedText(reason.view())});
  }
  void release(Host::ConnectionKey key) const {
    if (!room.known(key)) return;
    const std::uint32_t socket = room.links[key.index];
    room.links[key.index] = RoomHost::noLink;
    room.freeConnections.push_back(key.index);
    world.links_[socket].roomHolds = false;
    world.links_[socket].serverListens = false;
    world.freeLink(socket);
  }
};

void WorldCore::perform(RoomHost& room, Host::Effect& effect) {
  std::visit(EffectPerformer{*this, room, effect}, effect.body);
}

}  // namespace Party::Sim::Detail
