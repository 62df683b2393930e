#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "world_core.h"

namespace Party::Sim::Detail {

namespace {

bool isFromOutside(const Host::Event::Body& body) {
  return std::holds_alternative<Host::ConnectRequested>(body) || std::holds_alternative<Host::MessageReceived>(body) ||
         std::holds_alternative<Host::CloseReceived>(body) || std::holds_alternative<Host::ConnectionLost>(body) ||
         std::holds_alternative<Host::ConnectionFailed>(body) || std::holds_alternative<Host::RequestReceived>(body);
}

}  // namespace

Host::RoomMachine& WorldCore::machineOf(RoomHost& room) {
  if (!room.machine) {
    const Duration most = options_.clockSkew();
    room.clockSkew = most == Duration(0)
                         ? Duration(0)
                         : chances_.draw(Choice::clockSkew, room.identity, room.life, {Duration(0), 2 * most}) - most;
    room.machine = std::make_unique<Host::RoomMachine>(Host::RoomSetup{
        .party = &parties_[room.party],
        .id = room.id,
        .profile = &options_.profile(),
        .storage = &room.disk,
        .seed = seed_.value(),
        .alarm = room.disk.image().alarm,
        .parties = &parties_,
        .host = &host_,
        .observeHandlers = options_.observeHandlers() || options_.freeWakes() || options_.freeAlarms()});
  }
  return *room.machine;
}

void WorldCore::deliver(RoomHost& room, Host::Cause cause, Host::Event::Body&& body) {
  Host::RoomMachine& machine = machineOf(room);
  Host::Event event(cause, std::move(body));
  const bool hibernation = std::holds_alternative<Host::HibernateRequested>(event.body);
  if (!hibernation) room.lastEvent = now_;
  room.handling = cause;
  room.readsOfEvent = 0;
  if (journal_.on()) {
    const auto* asked = std::get_if<Host::ConnectRequested>(&event.body);
    journal_.event(now_, room.index, event, asked ? links_[asked->socket].client : 0);
  }
  if (room.alarmRunning && isFromOutside(event.body)) room.alarmDisturbed = true;
  rules_[room.index].event(now_, event);
  for (Observer* observer : observers_) observer->onEvent(now_, room.index, event);

  const bool mayExceed = room.cpuExceeded != 0;
  for (Host::Effect& effect : machine.handle(now_ + room.clockSkew, std::move(event))) {
    if (mayExceed && !allowsEffect(room, effect)) continue;
    if (journal_.on()) journal_.effect(now_, room.index, effect);
    rules_[room.index].effect(effect);
    for (Observer* observer : observers_) observer->onEffect(now_, room.index, effect);
    perform(room, effect);
  }

  if (room.turn != RoomHost::Turn::plain) endExceeded(room);
  if (room.reopen) closeMachine(room);
  for (Observer* observer : observers_) observer->onBoundary(now_, room.index);
  afterEvent(room, hibernation);
}

void WorldCore::afterEvent(RoomHost& room, bool wasHibernation) {
  if (!room.timers.empty() && !room.watched) {
    room.watched = true;
    watched_.push_back(room.index);
  }
  if (options_.freeWakes()) settleWake(room);
  if (options_.freeAlarms() && room.alarmRunning && !room.units.empty()) commitNow(room, room.units.size());
  const auto idle = options_.idleBeforeHibernation();
  if (wasHibernation || !idle) return;
  if (idle->high == Duration::zero()) {
    hibernate(room, derive(room.handling, 0, Derived::hibernate));
  } else if (!room.idleChecked) {
    room.idleChecked = true;
    plan(now_ + idleTimeOf(room, *idle), {.kind = Kind::idleCheck, .target = room.index, .generation = room.life});
  }
}

/// After the event in hand, or the last one.
Duration WorldCore::idleTimeOf(const RoomHost& room, const Between& idle) {
  return drawIfWide(Choice::idleTime, room.handling, 0, idle);
}

/// Those that are late let none pass that was due before (GATE-011).
void WorldCore::timerDue(RoomHost& room, std::uint64_t timer) {
  const auto mayFire = [this](const PendingTimer& one) {
    // Of those that are withheld only, as a timer may end a handler's sleep.
    return withheld_.empty() || !withheld_.contains(one.cause);
  };
  const auto find = [&room, timer] { return std::ranges::find(room.timers, timer, &PendingTimer::id); };
  const std::uint32_t life = room.life;
  auto next = find();
  if (next == room.timers.end() || !mayFire(*next)) return;
  const Time due = next->due;
  const auto before = [&](const PendingTimer& one) {
    return (one.due < due || (one.due == due && one.id < timer)) && mayFire(one);
  };
  const auto fire = [&](const PendingTimer& first) {
    std::erase_if(room.timers, [&first](const PendingTimer& one) { return one.id == first.id; });
    deliver(room, {first.cause}, Host::TimerDue{{first.id}});
  };
  const auto earlier = [](const PendingTimer& a, const PendingTimer& b) {
    return a.due != b.due ? a.due < b.due : a.id < b.id;
  };
  while (options_.timerLateness().high != Duration::zero()) {
    std::optional<PendingTimer> first;
    for (const PendingTimer& one : room.timers) {
      if (before(one) && (!first || earlier(one, *first))) first = one;
    }
    if (!first) break;
    fire(*first);
    if (room.life != life || !room.machine || find() == room.timers.end()) return;
  }
  fire(PendingTimer(*find()));
}

/// Nothing has to be looked at again while the room is blocked: what ends that is an event, which plans the next look.
void WorldCore::checkIdle(RoomHost& room) {
  room.idleChecked = false;
  const Duration idle = idleTimeOf(room, *options_.idleBeforeHibernation());
  if (now_ - room.lastEvent < idle) {
    room.idleChecked = true;
    plan(room.lastEvent + idle, {.kind = Kind::idleCheck, .target = room.index, .generation = room.life});
    return;
  }
  hibernate(room, derive(room.handling, 0, Derived::hibernate));
}

bool WorldCore::hibernate(RoomHost& room, Host::Cause cause) {
  if (!room.machine || room.machine->whatBlocksHibernation()) return false;
  deliver(room, cause, Host::HibernateRequested{});
  return true;
}

bool WorldCore::vulnerable(const RoomHost& room) const {
  if (!room.machine) return false;
  if (!room.units.empty()) return true;
  const Host::RoomStatus status = room.machine->status();
  return status.handlers != 0 || status.heldOutputs != 0;
}

}  // namespace Party::Sim::Detail
