#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "world_core.h"

/// What each accident clears and keeps: behaviour-storage 8.7.

namespace Party::Sim::Detail {

/// The machine is gone, with everything under way inside it. Disk, alarm and connection generations stay.
void WorldCore::closeMachine(RoomHost& room) {
  room.machine.reset();
  room.reopen = false;
  ++room.life;
  room.timers.clear();
  room.calls.clear();
  room.units.clear();
  for (ExpectedWake& expected : room.expectedWakes) expected.unit = 0;  // a new machine numbers anew
  room.flushing = 0;
  room.flushPlanned = false;
  if (std::exchange(room.heldToDie, false)) room.commitsHeld = false;
  room.turn = RoomHost::Turn::plain;
  room.waking = false;
  room.wakeUnits = 0;
  room.wakeAnswers.clear();
  room.idleChecked = false;
  rules_[room.index].machineGone();
  if (room.alarmRunning) {
    // The run was cut off without a verdict: it is due again, and not counted (ALARM-043).
    room.alarmRunning = false;
    forgetRetries(room);
  }
  abandonAgain(room, derive(room.identity, room.life, Derived::abandon));
  planAlarm(room);
}

void WorldCore::crash(RoomHost& room, Host::Cause cause, RetryState retries) {
  const std::size_t issued = room.units.size();
  const std::size_t kept = dropUnits(room);
  if (journal_.on())
    journal_.record(Record::crash, now_).number(room.index).cause(cause).number(kept).number(issued - kept);
  const std::size_t connections = room.links.size();
  room.freeConnections.clear();
  for (std::size_t i = connections; i-- > 0;) {  // so that the lowest index is taken first again
    if (const std::uint32_t link = std::exchange(room.links[i], RoomHost::noLink); link != RoomHost::noLink) {
      links_[link].roomHolds = false;
      loseDown(link, cause, stoppingCleanly_);
    }
    room.freeConnections.push_back(static_cast<std::uint32_t>(i));
  }
  for (const std::uint32_t link : std::exchange(room.sockets, {})) loseUp(link, cause);
  for (const std::uint32_t passage : std::exchange(room.passages, {})) {
    plan(now_ + chances_.draw(Choice::lossNotice, cause, passages_[passage].cause.value, options_.latency()),
         {.kind = Kind::answerLost,
          .target = passage,
          .generation = passages_[passage].generation,
          .cause = cause.value});
  }
  const bool drawn = chances_.draw(Choice::retryState, cause, room.identity.value, 0, 1) != 0;
  if (retries == RetryState::forgotten || (retries == RetryState::drawn && drawn && !room.alarmRunning)) {
    forgetRetries(room);
  }
  if (retries == RetryState::kept && std::exchange(room.alarmRunning, false)) failUncounted(room);
  closeMachine(room);
  for (Observer* observer : observers_) observer->onCrash(now_, room.index);
}

/// What runs may finish: commits, reads and sleeps end without time passing, and nothing from outside comes in.
void WorldCore::stopCleanly(RoomHost& room, Host::Cause cause) {
  for (const std::uint32_t link : room.links) {
    if (link != RoomHost::noLink) links_[link].serverListens = false;
  }
  for (bool moved = true; moved && room.machine;) {
    moved = false;
    if (!room.units.empty()) {
      commitNow(room, room.units.size());
      moved = true;
    } else if (auto next =
                   agenda_.takeFirst(now_, [&](const Happening& happening) { return endsAWait(room, happening); })) {
      happen(std::move(*next));
      moved = true;
    }
  }
  stoppingCleanly_ = true;
  crash(room, cause);
  stoppingCleanly_ = false;
}

/// Behind it nothing is withheld any more: what was has found its end.
void WorldCore::stopAllCleanly(Host::Cause cause, std::span<const Host::Cause> lost) {
  for (std::size_t i = 0; i < roomCount_; ++i) stopCleanly(*rooms_[i], cause);
  // Who has been let go, now or a little before, comes back when it could after the crash.
  for (std::uint32_t index = 0; index < links_.size(); ++index) {
    const Link& link = links_[index];
    const bool letGo = link.used && link.clientListens && !link.roomHolds;
    if (letGo && std::ranges::find(lost, link.identity) != lost.end()) loseDown(index, cause, true);
  }
  withheld_.clear();
  admitted_.clear();
  admitsAll_ = true;
}

std::vector<Host::Cause> WorldCore::heldConnections() const {
  std::vector<Host::Cause> held;
  for (const Link& link : links_) {
    if (link.used && link.roomHolds) held.push_back(link.identity);
  }
  return held;
}

bool WorldCore::withheldFrom(const RoomHost& room, Host::Cause cause) {
  const bool admitted = admitsAll_ || admitted_.contains(cause.value);
  if (admitted && (withheld_.empty() || !withheld_.contains(cause.value))) return false;
  if (journal_.on()) journal_.record(Record::withheld, now_).number(room.index).cause(cause);
  return true;
}

bool WorldCore::endsAWait(const RoomHost& room, const Happening& happening) const {
  const bool onPassage = happening.kind == Kind::atRoom || happening.kind == Kind::headArrives ||
                         happening.kind == Kind::chunkArrives || happening.kind == Kind::endArrives ||
                         happening.kind == Kind::answerLost;
  if (onPassage) {  // of a call of this room
    const Passage& passage = passages_[happening.target];
    if (passage.generation != happening.generation) return false;
    return passage.caller == room.index || (passage.link != none && links_[passage.link].caller == room.index);
  }
  if (endsAtRoom(happening.kind)) {  // of a socket of this room
    const Link& link = links_[happening.target];
    return link.generation == happening.generation && link.caller == room.index && !link.opened;
  }
  if (happening.target != room.index || happening.generation != room.life) return false;
  if (happening.kind == Kind::readDone || happening.kind == Kind::callSettled) return true;
  return happening.kind == Kind::timerDue && room.machine->status().handlers != 0;
}

bool WorldCore::hibernateByVerb(RoomHost& room, Host::Cause cause) {
  const bool possible = room.machine && !room.machine->whatBlocksHibernation();
  if (journal_.on()) journal_.record(Record::hibernate, now_).number(room.index).cause(cause).number(possible);
  return possible && hibernate(room, derive(cause, room.index, Derived::hibernate));
}

void WorldCore::resetRoom(RoomHost& room, Host::Cause cause, std::string_view reason) {
  if (journal_.on()) journal_.record(Record::resetRoom, now_).number(room.index).cause(cause).text(reason);
  if (room.machine) deliver(room, cause, Host::ResetRequested{SharedBytes(reason)});
}

}  // namespace Party::Sim::Detail
