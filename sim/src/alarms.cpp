#include <algorithm>
#include <utility>

#include "world_core.h"

/// When alarms are delivered. The durable alarm is the truth; the schedule beside it is what a platform's scheduler
/// remembers: the next attempt, and how many there were.

namespace Party::Sim::Detail {
namespace {

std::uint64_t microseconds(Time time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

}  // namespace

/// To be called after whatever may have changed when the alarm is due.
void WorldCore::planAlarm(RoomHost& room) {
  std::optional<Time> due = room.alarm->nextDue();
  if (room.alarmGivenUp) due.reset();
  if (due == room.alarmPlannedFor) return;
  room.alarmPlannedFor = due;
  ++room.alarmPlan;
  if (!due) return;
  const Time scheduled = *room.alarm->scheduled();
  // Keyed by the alarm and its attempt, whatever set it.
  const std::uint64_t runs = scheduled == room.alarmRunFor ? room.alarmRuns : 0;
  const Host::Cause cause =
      derive(derive(room.identity, microseconds(scheduled), Derived::alarm), runs, Derived::alarm);
  room.alarmPlannedAt = std::max(now_, *due) +
                        chances_.draw(Choice::alarmLateness, cause, 0, options_.alarmLateness()) +
                        std::exchange(room.alarmDelay, Duration(0));
  plan(room.alarmPlannedAt,
       {.kind = Kind::alarmDue, .target = room.index, .cause = cause.value, .value = room.alarmPlan});
}

void WorldCore::alarmDue(RoomHost& room, Host::Cause cause, std::uint64_t plan) {
  if (plan != room.alarmPlan || alarmsHeld_) return;  // changed meanwhile
  const Time scheduled = *room.alarm->scheduled();
  room.alarmPlannedFor.reset();
  if (alarmMissed(room)) return;
  room.alarm->started();
  room.alarmRunning = true;
  room.alarmRuns = scheduled == room.alarmRunFor ? room.alarmRuns + 1 : 1;
  room.alarmRunFor = scheduled;
  room.alarmBegun = false;
  room.alarmDisturbed = false;
  room.lastAlarmFailed = false;
  wakesMet(room);
  const bool phantom = runsAsPhantom(room, cause);
  if (!withheldFrom(room, cause)) deliver(room, cause, Host::AlarmDue{scheduled, phantom});
}

/// The room's code has moved or deleted the alarm, and that is not durable: the run that was on its way may happen or
/// not, and must leave alone what was set since (CP-47).
bool WorldCore::runsAsPhantom(RoomHost& room, Host::Cause cause) {
  const auto changes = [](const PendingUnit& unit) { return unit.writes->alarm.has_value(); };
  if (std::ranges::none_of(room.units, changes)) return false;
  const bool drawn = chances_.happens(Choice::phantomRun, cause, 0, options_.phantomRuns());
  if (room.phantomAlarms == 0) return drawn;
  --room.phantomAlarms;
  return true;
}

/// The platform could not reach the room: a failure that does not count (ALARM-043, CP-45).
bool WorldCore::alarmMissed(RoomHost& room) {
  if (room.missAlarms == 0) return false;
  --room.missAlarms;
  room.alarm->started();
  failUncounted(room);
  planAlarm(room);
  return true;
}

void WorldCore::failUncounted(RoomHost& room) {
  const auto scheduled = room.alarm->scheduled();
  if (!scheduled) return;
  const Host::Cause cause = derive(derive(room.identity, microseconds(*scheduled), Derived::alarm),
                                   room.alarm->attempts(), Derived::accident);
  room.alarm->settled({*scheduled, false, false}, now_, retryJitter(cause), options_.profile());
}

/// The share of a quarter of the delay by which a retry is later (CP-43).
std::uint64_t WorldCore::retryJitter(Host::Cause cause) {
  std::uint64_t bits = chances_.bits(Choice::retryJitter, cause, 0);
  if (options_.extremeRetryDelays()) bits = (bits & 1) != 0 ? ~std::uint64_t{0} : 0;
  return chances_.settle(Choice::retryJitter, cause, 0, bits, ~std::uint64_t{0});
}

/// ALARM-051: the scheduler is another, which knows the durable alarm and no attempts.
void WorldCore::forgetRetries(RoomHost& room) {
  room.alarm.emplace(room.disk.image().alarm);
  room.alarmGivenUp.reset();
  room.alarmPlannedFor.reset();
  rules_[room.index].retriesForgotten();
}

void WorldCore::alarmSettled(RoomHost& room, Host::AlarmSettled run) {
  run.counted |= room.countsFailure;
  room.alarmRunning = false;
  const bool repeated = std::exchange(room.alarmRepeated, false);
  room.lastAlarmFailed = !repeated && !run.succeeded && !room.alarmReturned;
  if (repeated && room.alarmDisturbed) disturbedRepeats_ = true;
  const Host::Cause cause =
      derive(derive(room.identity, microseconds(run.scheduled), Derived::alarm), room.alarmRuns, Derived::abandon);
  if (!room.alarm->settled(run, now_, retryJitter(cause), options_.profile())) {
    room.alarmGivenUp = run.scheduled;
    planAbandon(room, cause);
    return planAlarm(room);
  }
  const bool drawn = run.succeeded && !repeated && room.alarmBegun &&
                     chances_.happens(Choice::alarmRepeat, cause, 0, options_.alarmRepeats());
  if (run.succeeded && (drawn || room.repeatAlarms != 0) && room.alarmBegun) {
    if (room.repeatAlarms != 0) --room.repeatAlarms;
    if (room.alarmDisturbed) disturbedRepeats_ = true;
    plan(now_, {.kind = Kind::alarmRepeated,
                .target = room.index,
                .generation = room.life,
                .cause = derive(cause, 0, Derived::alarm).value,
                .value = microseconds(run.scheduled)});
  }
  planAlarm(room);
}

void WorldCore::planAbandon(RoomHost& room, Host::Cause cause) {
  room.abandoned = false;
  plan(now_ + chances_.draw(Choice::abandonDelay, cause, 0, options_.alarmLateness()),
       {.kind = Kind::alarmAbandoned,
        .target = room.index,
        .cause = cause.value,
        .value = microseconds(*room.alarmGivenUp)});
}

/// The removal did not become durable: it is asked for again, and no eighth run comes of it (CP-44, INV-10).
void WorldCore::abandonAgain(RoomHost& room, Host::Cause cause) {
  if (room.alarmGivenUp && room.abandoned) planAbandon(room, derive(cause, 1, Derived::abandon));
}

/// CP-44: unless the room has set another meanwhile.
void WorldCore::abandonAlarm(RoomHost& room, Host::Cause cause, Time scheduled) {
  if (room.alarmGivenUp != scheduled) return;
  room.abandoned = true;
  room.lastAlarmFailed = false;  // given up by the platform, not by the party
  deliver(room, cause, Host::AlarmAbandoned{scheduled});
}

/// As at-least-once delivery allows: the same alarm, though its run had succeeded (CP-42).
void WorldCore::alarmRepeated(RoomHost& room, Host::Cause cause, Time scheduled) {
  if (room.alarmRunning || alarmsHeld_) return;  // another run is under way, and this one joins it (ALARM-024)
  room.alarm->started();
  room.alarmRunning = true;
  room.alarmBegun = false;
  room.alarmRepeated = true;
  room.alarmDisturbed = false;
  room.alarmPlannedFor.reset();
  ++room.alarmPlan;
  deliver(room, cause, Host::AlarmDue{scheduled, true});
}

/// A run is under way, or has just ended: what was to happen by now has had its chance.
void WorldCore::wakesMet(RoomHost& room) const {
  for (ExpectedWake& expected : room.expectedWakes) {
    if (expected.wake.due && *expected.wake.due <= now_) expected.wake.due.reset();
  }
}

/// One that came alone waited for a unit, and may have been overtaken by one that came with a later unit.
void WorldCore::expectWake(RoomHost& room, const Host::WakeExpected& wake, Host::Unit unit) {
  const auto known = std::ranges::find_if(
      room.expectedWakes, [&](const ExpectedWake& before) { return before.wake.what.view() == wake.what.view(); });
  if (known == room.expectedWakes.end()) {
    room.expectedWakes.push_back({wake, unit});
  } else if (known->unit <= unit) {
    *known = {wake, unit};
  }
}

std::optional<std::string> WorldCore::stranded(const RoomHost& room) const {
  const std::optional<Time> next = room.alarm->scheduled();  // a retry is for the time of the first run
  const auto at = [this](Time time) {                        // since the beginning, as in steps and pages
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(time - options_.startTime()).count()) + " ms";
  };
  for (const auto& [wake, unit] : room.expectedWakes) {
    if (!wake.due) continue;
    if (next && *next <= std::max(*wake.due, now_)) continue;
    std::string what(wake.what.view());
    return "must run by " + at(*wake.due) + (what.empty() ? "" : " for " + what) + ", " +
           (next ? "and its alarm is set for " + at(*next) : "and no alarm is set");
  }
  if (room.lastAlarmFailed && !next && !room.alarmRunning) return "has no alarm any more, and its last run failed";
  return std::nullopt;
}

/// Of the alarm that is on its way, or of the next that is set.
void WorldCore::delayAlarm(RoomHost& room, Duration by) {
  room.alarmDelay = by;
  if (!room.alarmPlannedFor) return;
  room.alarmPlannedAt += std::exchange(room.alarmDelay, Duration(0));
  const Host::Cause cause = derive(nextCause(), 0, Derived::alarm);
  plan(std::max(now_, room.alarmPlannedAt),
       {.kind = Kind::alarmDue, .target = room.index, .cause = cause.value, .value = ++room.alarmPlan});
}

/// CP-48
bool WorldCore::wakeEarly(RoomHost& room) {
  const Host::Cause cause = derive(nextCause(), 0, Derived::alarm);
  const std::optional<Time> scheduled = room.alarm->scheduled();
  if (!scheduled || room.alarmRunning) return false;
  deliver(room, cause, Host::AlarmDue{*scheduled, false, true});
  return true;
}

bool WorldCore::fireAlarm(RoomHost& room) {
  const std::optional<Time> due = room.alarm->nextDue();
  if (!due || room.alarmGivenUp) return false;
  const Time at = std::max(now_, *due);
  const Host::Cause cause = derive(nextCause(), 0, Derived::alarm);
  plan(at, {.kind = Kind::alarmDue, .target = room.index, .cause = cause.value, .value = ++room.alarmPlan});
  runUntil(at);
  return true;
}

}  // namespace Party::Sim::Detail
