#include "crash_watch.h"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace Party::Sim::Detail {
namespace {

template <class Kind>
constexpr bool reachesHandler =
    std::is_same_v<Kind, Host::ConnectRequested> || std::is_same_v<Kind, Host::MessageReceived> ||
    std::is_same_v<Kind, Host::CloseReceived> || std::is_same_v<Kind, Host::ConnectionLost> ||
    std::is_same_v<Kind, Host::ConnectionFailed> || std::is_same_v<Kind, Host::RequestReceived> ||
    std::is_same_v<Kind, Host::AlarmDue>;

/// Whether the party has a handler that runs for such an event; without one it is over when it has been admitted.
template <class Kind>
bool isHandled(const decltype(Host::PartyDescriptor::overrides)& has) {
  if constexpr (std::is_same_v<Kind, Host::ConnectRequested>) return has.onConnect || has.getConnectionTags;
  if constexpr (std::is_same_v<Kind, Host::MessageReceived>) return has.onMessage;
  if constexpr (std::is_same_v<Kind, Host::CloseReceived>) return has.onClose;
  if constexpr (std::is_same_v<Kind, Host::ConnectionLost>) return has.onClose;
  if constexpr (std::is_same_v<Kind, Host::ConnectionFailed>) return has.onError;
  if constexpr (std::is_same_v<Kind, Host::RequestReceived>) return has.onRequest;
  return has.onAlarm;
}

}  // namespace

CrashWatch::RoomState& CrashWatch::state(RoomIndex room) {
  while (room >= rooms_.size()) {
    const std::string name = world_.roomName(static_cast<RoomIndex>(rooms_.size()));
    const std::string_view party = std::string_view(name).substr(0, name.find('/'));
    rooms_.push_back({.party = &*std::ranges::find(world_.parties(), party, &Host::PartyDescriptor::name)});
  }
  return rooms_[room];
}

CrashWatch::Entry* CrashWatch::find(RoomIndex room, Host::Cause cause) {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    if (entries_[i].cause == cause && entries_[i].room == room) return &entries_[i];
  }
  return nullptr;
}

void CrashWatch::onEvent(Time, RoomIndex room, const Host::Event& event) {
  RoomState& at = state(room);
  cause_ = event.cause;
  touched_.clear();
  std::visit(
      [&]<class Kind>(const Kind& body) {
        if constexpr (std::is_same_v<Kind, Host::AlarmDue>) {
          if (body.early) return;
        }
        if constexpr (reachesHandler<Kind>) {
          entries_.push_back({.cause = event.cause,
                              .room = room,
                              .begun = !isHandled<Kind>(at.party->overrides),
                              .alarm = std::is_same_v<Kind, Host::AlarmDue>});
        } else if constexpr (std::is_same_v<Kind, Host::UnitCommitted>) {
          at.committed = body.through;
        } else if constexpr (std::is_same_v<Kind, Host::CallSettled>) {
          if (std::erase(callsToRooms_, (std::uint64_t{room} << 48) ^ body.call.value) != 0) --at.roomCalls;
        }
      },
      event.body);
}

void CrashWatch::onEffect(Time, RoomIndex room, const Host::Effect& effect) {
  std::visit(
      [&]<class Kind>(const Kind& body) {
        if constexpr (std::is_same_v<Kind, Host::HandlerBegan>) {
          began(room, effect, body);
        } else if constexpr (std::is_same_v<Kind, Host::HandlerEnded>) {
          ended(room, body);
        } else if constexpr (std::is_same_v<Kind, Host::UnitIssued>) {
          wrote(room, body.unit);
        } else if constexpr (std::is_same_v<Kind, Host::ConnectionClosed>) {
          // A message that is too long is answered without a handler, and has had its effect.
          if (Entry* entry = find(room, effect.cause)) entry->begun = true;
        } else if constexpr (std::is_same_v<Kind, Host::CallStarted>) {
          if (body.room == nullptr) return;
          callsToRooms_.push_back((std::uint64_t{room} << 48) ^ body.call.value);
          ++state(room).roomCalls;
        } else if constexpr (std::is_same_v<Kind, Host::CallCancelled>) {
          if (std::erase(callsToRooms_, (std::uint64_t{room} << 48) ^ body.call.value) != 0) --state(room).roomCalls;
        } else if constexpr (std::is_same_v<Kind, Host::SocketRequested>) {
          ++state(room).roomCalls;
        } else if constexpr (std::is_same_v<Kind, Host::SocketReleased>) {
          --state(room).roomCalls;
        } else if constexpr (std::is_same_v<Kind, Host::AlarmSettled>) {
          for (Entry& entry : entries_) entry.begun |= entry.alarm && entry.room == room;  // superseded ones too
        } else if constexpr (std::is_same_v<Kind, Host::InstanceEnded>) {
          instanceEnded(room);
        }
      },
      effect.body);
}

void CrashWatch::began(RoomIndex room, const Host::Effect& effect, const Host::HandlerBegan& begun) {
  using enum Host::HandlerKind;
  RoomState& at = state(room);
  std::size_t owner = nobody;
  if (begun.handler == onStart || begun.handler == constructor) {
    owner = starting;
    at.startRunning = true;
  } else {
    if (begun.handler == timer) entries_.push_back({.cause = effect.cause, .room = room});
    Entry* entry = find(room, effect.cause);
    if (entry == nullptr) entry = find(room, cause_);  // set off by a handler of the event in hand
    if (entry != nullptr) {
      owner = static_cast<std::size_t>(entry - entries_.data());
      entry->begun = true;
      ++entry->running;
      entry->lastUnit = std::max(entry->lastUnit, at.issued);
    } else if (begun.handler != section && begun.handler != transaction) {
      ++at.unknownRunning;  // of sections, whoever opened it waits for it, and is known
    }
  }
  touched_.push_back(owner);
  if (begun.slot >= at.slots.size()) at.slots.resize(begun.slot + 1, nobody);
  at.slots[begun.slot] = owner;
}

void CrashWatch::ended(RoomIndex room, const Host::HandlerEnded& end) {
  RoomState& at = state(room);
  const std::size_t owner = end.slot < at.slots.size() ? at.slots[end.slot] : nobody;
  touched_.push_back(owner);
  if (owner == starting) {
    at.startRunning = false;
  } else if (owner != nobody) {
    --entries_[owner].running;
    entries_[owner].lastUnit = std::max(entries_[owner].lastUnit, at.issued);
  } else if (end.handler != Host::HandlerKind::section && end.handler != Host::HandlerKind::transaction) {
    --at.unknownRunning;
  }
}

/// Whose unit it is cannot be seen from outside: everybody who ran during the event, or still runs, may have written.
/// One too many is harmless, as it only gives the crash another explanation.
void CrashWatch::wrote(RoomIndex room, Host::Unit unit) {
  RoomState& at = state(room);
  at.issued = unit;
  bool known = false;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].room != room) continue;
    if (entries_[i].running == 0 && std::ranges::find(touched_, i) == touched_.end()) continue;
    entries_[i].lastUnit = unit;
    known = true;
  }
  if (at.startRunning || std::ranges::find(touched_, starting) != touched_.end()) {
    at.startUnit = unit;
  } else if (!known) {
    at.unknownUnit = unit;
  }
}

void CrashWatch::instanceEnded(RoomIndex room) {
  RoomState& at = state(room);
  at.slots.clear();
  at.unknownRunning = 0;
  at.startRunning = false;
  for (Entry& entry : entries_) {
    if (entry.room != room) continue;
    entry.running = 0;
    entry.begun = true;  // whatever waited has had its end
  }
}

void CrashWatch::onBoundary(Time, RoomIndex room) {
  if (left_ == 0 || reached_ || !world_.vulnerable(room)) return;
  if (--left_ != 0) return;
  reached_ = true;
  world_.stop();
}

CrashRecord CrashWatch::record() const {
  CrashRecord record;
  record.at = world_.now();
  record.held = world_.heldConnections();
  for (const Entry& entry : entries_) {
    const RoomState& at = rooms_[entry.room];
    record.admitted.push_back(entry.cause);
    if (!entry.begun) {
      record.unbegun.push_back(entry.cause);
    } else if (entry.running != 0 || entry.lastUnit > at.committed) {
      record.interrupted.push_back(entry.cause);
      if (entry.alarm) record.unclear = "the run of an alarm was cut off, and comes again at a time of its own";
    }
  }
  for (const RoomState& at : rooms_) {
    if (at.roomCalls != 0) record.unclear = "a call or socket from room to room was under way";
    if (at.unknownRunning != 0 || at.unknownUnit > at.committed)
      record.unclear = "a handler was at work of its own accord";
    if (at.startRunning || at.startUnit > at.committed) record.unclear = "the room was starting";
  }
  return record;
}

}  // namespace Party::Sim::Detail
