#include "rooms/rooms.h"

#include <party/error.h>

#include <exception>

namespace Party::Serve {
namespace {

std::string_view nameOf(Host::HandlerKind kind) {
  using enum Host::HandlerKind;
  switch (kind) {
    case constructor:
      return "the constructor";
    case onStart:
      return "onStart";
    case getConnectionTags:
      return "getConnectionTags";
    case onConnect:
      return "onConnect";
    case onMessage:
      return "onMessage";
    case onClose:
      return "onClose";
    case onError:
      return "onError";
    case onRequest:
      return "onRequest";
    case onAlarm:
      return "onAlarm";
    case timer:
      return "a timer";
    case section:
      return "a critical section";
    case background:
      return "background work";
    case onBeforeConnect:
      return "onBeforeConnect";
    case onBeforeRequest:
      return "onBeforeRequest";
    case onFetch:
      return "onFetch";
    case listener:
      return "a listener";
    case transaction:
      return "a transaction";
  }
  return "a handler";
}

Level levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return Level::debug;
    case LogLevel::info:
      return Level::info;
    case LogLevel::warning:
      return Level::warning;
    case LogLevel::error:
      return Level::error;
  }
  return Level::error;
}

}  // namespace

std::string describeFailure(Host::HandlerKind handler, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& thrown) {
    return fmt::format("{} threw: {}{}{}", nameOf(handler), thrown.what(), thrown.detail().empty() ? "" : "; ",
                       thrown.detail());
  } catch (const std::exception& thrown) {
    return fmt::format("{} threw: {}", nameOf(handler), thrown.what());
  } catch (...) {
    return fmt::format("{} threw something that is no std::exception", nameOf(handler));
  }
}

void Rooms::carryOut(LiveRoom& room, Host::Effect& effect) {
  causeInHand_ = effect.cause;
  std::visit([&](auto& asked) { carryOut(room, asked); }, effect.body);
}

WebSocket* Rooms::socketOf(Host::SocketHandle handle) { return slots_[handle].socket.get(); }

void Rooms::carryOut(LiveRoom&, Host::ConnectionAccepted& effect) {
  if (WebSocket* socket = socketOf(effect.socket)) return socket->accept();
  acceptLink(effect.socket);
}

void Rooms::carryOut(LiveRoom&, Host::ConnectionRefused& effect) {
  if (WebSocket* socket = socketOf(effect.socket)) return socket->refuse(effect.code, effect.reason.view());
  refuseLink(effect.socket, {effect.code, effect.reason});
}

void Rooms::carryOut(LiveRoom&, Host::ConnectionAnswered& effect) {
  if (WebSocket* socket = socketOf(effect.socket)) return socket->answer(effect.response);
  endLink(effect.socket, LinkAnswered{effect.response, effect.reset});
}

void Rooms::carryOut(LiveRoom&, Host::ConnectionDropped& effect) {
  if (WebSocket* socket = socketOf(effect.socket)) return socket->drop();
  endLink(effect.socket, LinkLost{});
}

void Rooms::carryOut(LiveRoom& room, Host::ConnectionReleased& effect) {
  const auto handle = room.sockets[effect.connection.index];
  if (!handle || slots_[*handle].key != effect.connection) return;
  slots_[*handle].room = nullptr;
  room.releaseConnection(effect.connection);
  if (!slots_[*handle].socket) forgetLink(*handle);
  freeIfDone(*handle);
}

void Rooms::carryOut(LiveRoom&, Host::MessageSent& effect) {
  if (WebSocket* socket = socketOf(effect.socket)) return socket->send(frameOf(effect.message));
  sendDown(effect.socket, std::move(effect.message));
}

void Rooms::carryOut(LiveRoom&, Host::Broadcast& effect) {
  const SharedBytes frame = frameOf(effect.message);
  std::size_t skipped = 0;
  for (std::uint32_t at = 0; at < effect.sockets.size(); ++at) {
    if (skipped < effect.except.size() && effect.except[skipped] == at) {
      ++skipped;
    } else if (WebSocket* socket = socketOf(effect.sockets[at])) {
      socket->send(frame);
    } else {
      sendDown(effect.sockets[at], effect.message);
    }
  }
}

void Rooms::carryOut(LiveRoom&, Host::ConnectionClosed& effect) {
  if (WebSocket* socket = socketOf(effect.socket)) {
    return socket->close(effect.code, effect.reason.view(), effect.answer);
  }
  sendDown(effect.socket, LinkClosed{effect.code == 0 ? std::uint16_t{1005} : effect.code, effect.reason});
}

void Rooms::carryOut(LiveRoom& room, Host::ResponseHead& effect) {
  if (effect.complete) std::erase(room.requests, effect.key);
  traffic_.toClient(std::move(effect));
}
void Rooms::carryOut(LiveRoom&, Host::ResponseChunk& effect) { traffic_.toClient(std::move(effect)); }
void Rooms::carryOut(LiveRoom& room, Host::ResponseEnd& effect) {
  std::erase(room.requests, effect.key);
  traffic_.toClient(effect);
}

void Rooms::carryOut(LiveRoom& room, Host::UnitIssued& effect) {
  std::size_t bytes = 0;
  for (const auto& write : effect.writes->writes) bytes += write.key.size() + (write.value ? write.value->size() : 0);
  ++room.unitsInFlight;
  ++unitsInFlight_;
  room.bytesInFlight += bytes;
  batch_.push_back({room.stored, room.epoch, effect.unit, std::move(effect.writes), bytes});
}

void Rooms::carryOut(LiveRoom& room, Host::TimerSet& effect) {
  const auto [timer, due] = effect;
  Loop::Timer& set = room.timers[timer.value];
  loop_.cancel(set);
  set = loop_.at(clock_.steadyFor(due), [this, &room, timer, due] {
    room.timers.erase(timer.value);
    Host::TimerSet again{timer, due};
    if (clock_.now() < due) return carryOut(room, again);
    give(room, Host::TimerDue{timer});
  });
}

void Rooms::carryOut(LiveRoom& room, Host::TimerCleared& effect) {
  const auto found = room.timers.find(effect.timer.value);
  if (found == room.timers.end()) return;
  loop_.cancel(found->second);
  room.timers.erase(found);
}

void Rooms::carryOut(LiveRoom& room, Host::AlarmSettled& effect) {
  room.alarmRunning.reset();
  if (alarms_.settled(room.name(), effect)) return;
  Log::line(Level::error, "party={} room={}: the alarm is given up, it has failed {} times", room.name().party,
            room.name().id, setup_.profile.maxAlarmRetries + 1);
  give(room, Host::AlarmAbandoned{effect.scheduled});
}

void Rooms::carryOut(LiveRoom& room, Host::HandlerFailed& effect) {
  if (!failures_.take(std::chrono::steady_clock::now())) return;
  const bool ofInstance = (causeInHand_.value >> 63) != 0;  // the machine's own, for onStart and the constructor
  const std::uint64_t connection = ofInstance ? 0 : causeInHand_.value & connectionMask;
  Log::line(Level::error, "party={} room={}{}: {}", room.name().party, room.name().id,
            connection == 0 ? std::string() : fmt::format(" connection={}", connection - 1),
            describeFailure(effect.handler, effect.error));
}

void Rooms::carryOut(LiveRoom& room, Host::Logged& effect) {
  Log::line(levelOf(effect.level), "party={} room={}: {}", room.name().party, room.name().id, effect.text.view());
}

void Rooms::carryOut(LiveRoom& room, Host::InstanceStarted&) { room.awake = true; }
void Rooms::carryOut(LiveRoom& room, Host::InstanceEnded&) { room.awake = false; }

void Rooms::carryOut(LiveRoom& room, Host::RoomReset& effect) {
  Log::line(Level::error, "party={} room={}: the room was reset: {}", room.name().party, room.name().id,
            effect.reason.view());
  room.reopen = effect.reopen;
}

}  // namespace Party::Serve
