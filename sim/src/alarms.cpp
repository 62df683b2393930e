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
  const std::optional<Time> due = room.alarm->nextDue();
  if (due == room.alarmPlannedFor) return;
  room.alarmPlannedFor = due;
  ++room.alarmPlan;
  if (!due) return;
  const Time scheduled = *room.alarm->scheduled();
  // Keyed by the alarm and its attempt, whatever set it.
  const std::uint64_t runs = scheduled == room.alarmRunFor ? room.alarmRuns : 0;
  const Host::Cause cause =
      derive(derive(room.identity, microseconds(scheduled), Derived::alarm), runs, Derived::alarm);
  room.alarmPlannedAt = std::max(now_, *due) + chances_.draw(Choice::alarmLateness, cause, 0, options_.alarmLateness());
  plan(room.alarmPlannedAt,
       {.kind = Kind::alarmDue, .target = room.index, .cause = cause.value, .value = room.alarmPlan});
}

void WorldCore::alarmDue(RoomHost& room, Host::Cause cause, std::uint64_t plan) {
  if (plan != room.alarmPlan || alarmsHeld_) return;  // changed meanwhile
  const Time scheduled = *room.alarm->scheduled();
  room.alarmPlannedFor.reset();
  room.alarm->started();
  room.alarmRunning = true;
  room.alarmRuns = scheduled == room.alarmRunFor ? room.alarmRuns + 1 : 1;
  room.alarmRunFor = scheduled;
  room.alarmBegun = false;
  room.alarmDisturbed = false;
  room.lastAlarmFailed = false;
  wakesMet(room);
  if (!withheldFrom(room, cause)) deliver(room, cause, Host::AlarmDue{scheduled});
}

void WorldCore::alarmSettled(RoomHost& room, const Host::AlarmSettled& run) {
  room.alarmRunning = false;
  const bool repeated = std::exchange(room.alarmRepeated, false);
  room.lastAlarmFailed = !repeated && !run.succeeded && !room.alarmReturned;
  if (repeated && room.alarmDisturbed) disturbedRepeats_ = true;
  const Host::Cause cause =
      derive(derive(room.identity, microseconds(run.scheduled), Derived::alarm), room.alarmRuns, Derived::abandon);
  const std::uint64_t jitter =
      chances_.settle(Choice::retryJitter, cause, 0, chances_.bits(Choice::retryJitter, cause, 0), ~std::uint64_t{0});
  if (!room.alarm->settled(run, now_, jitter, options_.profile())) {
    plan(now_, {.kind = Kind::alarmAbandoned,
                .target = room.index,
                .generation = room.life,
                .cause = cause.value,
                .value = microseconds(run.scheduled)});
    return;
  }
  if (run.succeeded && room.repeatAlarms != 0 && room.alarmBegun) {
    --room.repeatAlarms;
    if (room.alarmDisturbed) disturbedRepeats_ = true;
    plan(now_, {.kind = Kind::alarmRepeated,
                .target = room.index,
                .generation = room.life,
                .cause = derive(cause, 0, Derived::alarm).value,
                .value = microseconds(run.scheduled)});
  }
  planAlarm(room);
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

bool WorldCore::fireAlarm(RoomHost& room) {
  const std::optional<Time> due = room.alarm->nextDue();
  if (!due) return false;
  const Time at = std::max(now_, *due);
  const Host::Cause cause = derive(nextCause(), 0, Derived::alarm);
  plan(at, {.kind = Kind::alarmDue, .target = room.index, .cause = cause.value, .value = ++room.alarmPlan});
  runUntil(at);
  return true;
}

}  // namespace Party::Sim::Detail
