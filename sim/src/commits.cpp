#include <algorithm>
#include <cstddef>
#include <utility>

#include "world_core.h"

/// The way of a unit to the disk. At most one flush is in flight; what is issued meanwhile is merged into the next one
/// (CP-20, CP-21). A flush is durable whole or not at all; a unit that deletes everything has one of its own, so that a
/// crash may fall before and behind it (CP-27).

namespace Party::Sim::Detail {

void WorldCore::issue(RoomHost& room, Host::Cause cause, Host::Unit unit, std::unique_ptr<Host::UnitWrites> writes) {
  // Keyed by its number among the units of its cause, not by the effect's: a wake in between must not shift it.
  if (room.waking) {
    cause = derive(cause, unit, Derived::wake);
    ++room.wakeUnits;
  } else {
    room.unitsOfCause = cause == room.unitCause ? room.unitsOfCause + 1 : 0;
    room.unitCause = cause;
    cause = derive(cause, room.unitsOfCause, Derived::commit);
  }
  const bool removesAlarm = writes->alarm && !*writes->alarm;
  room.units.push_back({unit, cause, std::move(writes)});
  if (removesAlarm && room.dropRemovals != 0 && room.alarmReturned) {
    // CP-42: the process dies behind the run and before this is durable.
    --room.dropRemovals;
    room.heldToDie = !room.commitsHeld;
    room.commitsHeld = true;
    plan(now_, {.kind = Kind::roomDies, .target = room.index, .generation = room.life, .cause = cause.value});
  }
  if (room.flushing == 0 && !room.flushPlanned && !room.waking) startFlush(room);
}

/// Plans the next flush, or begins it (CP-20). What is held by hand waits.
void WorldCore::startFlush(RoomHost& room) {
  if (room.units.empty() || (room.commitsHeld && room.commitsReleased == 0)) return;
  const Host::Cause cause = room.units.front().cause;
  const Duration wait = drawIfWide(Choice::flushStart, cause, 0, options_.flushStart());
  if (wait == Duration::zero()) return beginFlush(room);
  room.flushPlanned = true;
  plan(now_ + wait, {.kind = Kind::flushStarts,
                     .target = room.index,
                     .generation = room.life,
                     .cause = cause.value,
                     .value = ++room.flushNumber});
}

void WorldCore::beginFlush(RoomHost& room) {
  room.flushPlanned = false;
  if (room.commitsHeld && room.commitsReleased == 0) return;  // held since it was planned
  const auto wipes = [](const PendingUnit& unit) { return unit.writes->deleteAll; };
  const auto wipe = std::ranges::find_if(room.units, wipes);
  const Host::Cause cause = room.units.front().cause;
  std::size_t covered = std::max(std::size_t{1}, static_cast<std::size_t>(wipe - room.units.begin()));
  if (room.commitsHeld) {
    covered = std::min(covered, room.commitsReleased);
    room.commitsReleased -= covered;
  } else if (covered > 1 && (options_.partialCommits() || chances_.watched())) {  // CP-21
    covered = options_.partialCommits() ? chances_.draw(Choice::mergedUnits, cause, 0, 1, covered)
                                        : chances_.settle(Choice::mergedUnits, cause, 0, covered, covered);
  }
  room.flushing = std::max(std::size_t{1}, covered);
  Duration length = pace(Choice::flushDuration, cause, 0, options_.flush(), room.identity, Strand::disk);
  for (std::uint64_t again = flushRetries(cause); again > 0; --again) {
    length += pace(Choice::flushDuration, cause, again, options_.flush(), room.identity, Strand::disk);
  }
  plan(now_ + length, {.kind = Kind::flushDone,
                       .target = room.index,
                       .generation = room.life,
                       .cause = cause.value,
                       .value = ++room.flushNumber});
}

/// CP-24
std::uint64_t WorldCore::flushRetries(Host::Cause cause) {
  constexpr std::uint64_t most = 4;
  const Ratio often = options_.flushRetries();
  if (often.chances == 0 && !chances_.watched()) return 0;
  std::uint64_t count = 0;
  const auto again = [&] {
    return Host::below(chances_.bits(Choice::flushRetries, cause, count), often.outOf) < often.chances;
  };
  while (count < most && again()) ++count;
  return chances_.settle(Choice::flushRetries, cause, 0, count, most);
}

/// `units`: so many of those that wait, together; nothing: all, and nothing is held any more.
void WorldCore::releaseCommits(RoomHost& room, std::optional<std::size_t> units) {
  const std::size_t waiting = room.units.size() - room.flushing;
  room.commitsHeld = units.has_value();
  room.commitsReleased = units ? std::min(*units, waiting) : 0;
  if (room.flushing == 0 && !room.flushPlanned && room.machine) startFlush(room);
}

void WorldCore::applyUnits(RoomHost& room, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Host::UnitWrites& writes = *room.units[i].writes;
    const auto alarm = writes.alarm;
    room.disk.apply(writes);
    if (alarm) {
      room.alarm->committed(*alarm);
      room.alarmGivenUp.reset();
    }
    for (const Host::WakeExpected& wake : writes.wakes) expectWake(room, wake, room.units[i].unit);
  }
}

void WorldCore::finishFlush(RoomHost& room) {
  enum Outcome : std::uint64_t { durable, failed, ackLost };
  const Host::Cause cause = room.units.front().cause;
  std::uint64_t outcome = durable;
  if (room.failCommits != 0) {
    --room.failCommits;
    outcome = failed;
  } else if (room.loseAcks != 0) {
    --room.loseAcks;
    outcome = ackLost;
  } else {
    const auto weighed = [&](std::uint64_t n, Ratio ratio) {
      return ratio.chances != 0 &&
             Host::below(chances_.bits(Choice::flushOutcome, cause, n), ratio.outOf) < ratio.chances;
    };
    if (weighed(0, options_.commitFailures()))
      outcome = failed;
    else if (weighed(1, options_.lostAcks()))
      outcome = ackLost;
    outcome = chances_.settle(Choice::flushOutcome, cause, 0, outcome, ackLost);
  }
  if (outcome != durable && journal_.on()) {
    journal_.record(Record::choice, now_)
        .number(static_cast<std::uint64_t>(Choice::flushOutcome))
        .cause(cause)
        .number(0)
        .number(outcome);
  }
  if (outcome != failed) applyUnits(room, room.flushing);
  const Host::Cause reported = derive(cause, outcome, Derived::commit);
  if (outcome == durable) {
    const Host::Unit through = room.units[room.flushing - 1].unit;
    room.units.erase(room.units.begin(), room.units.begin() + static_cast<std::ptrdiff_t>(room.flushing));
    room.flushing = 0;
    startFlush(room);
    planAlarm(room);
    releasing_ = options_.releaseDelay().high != Duration::zero();
    deliver(room, reported, Host::UnitCommitted{through});
    releasing_ = false;
  } else {
    const Host::Unit unit = room.units.front().unit;
    room.units.clear();
    room.flushing = 0;
    abandonAgain(room, reported);
    planAlarm(room);
    deliver(room, reported, Host::UnitFailed{unit, SharedBytes(std::string_view("the disk failed"))});
  }
}

/// The room is dying: the flush in flight is durable or lost by a draw (CP-23d), what waited behind it is lost. Returns
/// how many units are durable.
std::size_t WorldCore::dropUnits(RoomHost& room) {
  std::size_t durable = 0;
  if (room.flushing != 0) {
    const Host::Cause cause = room.units.front().cause;
    const std::uint64_t kept = chances_.draw(Choice::interruptedFlush, cause, 0, 0, 1);
    if (journal_.on()) {
      journal_.record(Record::choice, now_)
          .number(static_cast<std::uint64_t>(Choice::interruptedFlush))
          .cause(cause)
          .number(0)
          .number(kept);
    }
    if (kept != 0) durable = room.flushing;
    applyUnits(room, durable);
  }
  room.units.clear();
  room.flushing = 0;
  room.flushPlanned = false;
  room.commitsReleased = 0;
  room.wakeUnits = 0;
  return durable;
}

/// The first `count` units become durable without time passing.
void WorldCore::commitNow(RoomHost& room, std::size_t count) {
  applyUnits(room, count);
  const Host::Unit through = room.units[count - 1].unit;
  const Host::Cause cause = derive(room.units.front().cause, 0, Derived::commit);
  room.units.erase(room.units.begin(), room.units.begin() + static_cast<std::ptrdiff_t>(count));
  ++room.flushNumber;  // the flush under way or planned, if any, is void
  room.flushing = 0;
  room.flushPlanned = false;
  startFlush(room);
  planAlarm(room);
  deliver(room, cause, Host::UnitCommitted{through});
}

/// What a starting instance wrote is durable at once (the twins of oracle H).
void WorldCore::settleWake(RoomHost& room) {
  if (room.wakeUnits != 0) commitNow(room, std::exchange(room.wakeUnits, 0));
  while (!room.wakeAnswers.empty()) {
    WakeAnswer answer = std::move(room.wakeAnswers.front());
    room.wakeAnswers.erase(room.wakeAnswers.begin());
    settleCall(room, answer.cause, answer.call, std::move(answer.outcome));
  }
}

}  // namespace Party::Sim::Detail
