#include "rooms/alarms.h"

#include <party/host/chance.h>

namespace Party::Serve {

Alarms::Alarms(Loop& loop, const WallClock& clock, const Profile& profile, std::uint64_t seed, Ring ring)
    : loop_(loop), clock_(clock), profile_(profile), seed_(seed), ring_(std::move(ring)) {}

Alarms::~Alarms() { loop_.cancel(timer_); }

void Alarms::committed(const RoomName& room, std::optional<Time> alarm) {
  entries_[room].schedule.committed(alarm);
  list(room);
}

bool Alarms::settled(const RoomName& room, const Host::AlarmSettled& run) {
  const auto found = entries_.find(room);
  if (found == entries_.end()) return true;
  // Keyed by the alarm and its attempt, whatever else rings meanwhile.
  const auto purpose = static_cast<std::uint64_t>(Host::Purpose::retryJitter);
  const auto alarm = Host::mix(seed_, purpose, hashOf(room), static_cast<std::uint64_t>(millisecondsOf(run.scheduled)));
  const auto draw = Host::mix(alarm, purpose, 0, found->second.schedule.attempts());
  const bool goesOn = found->second.schedule.settled(run, clock_.now(), draw, profile_);
  list(room);
  return goesOn;
}

std::optional<Time> Alarms::scheduled(const RoomName& room) const {
  const auto found = entries_.find(room);
  return found == entries_.end() ? std::nullopt : found->second.schedule.scheduled();
}

void Alarms::list(const RoomName& room) {
  const auto found = entries_.find(room);
  Entry& entry = found->second;
  const auto due = entry.schedule.nextDue();
  if (entry.listed != due) {
    if (entry.listed) byDue_.erase({*entry.listed, room});
    if (due) byDue_.emplace(*due, room);
    entry.listed = due;
  }
  if (!entry.schedule.scheduled() && !due) entries_.erase(found);
  awaitEarliest();
}

void Alarms::awaitEarliest() {
  loop_.cancel(timer_);
  timer_ = 0;
  if (byDue_.empty()) return;
  timer_ = loop_.at(clock_.steadyFor(byDue_.begin()->first), [this] { ringDue(); });
}

void Alarms::ringDue() {
  // Ringing may commit, settle and list others, so one at a time.
  while (!byDue_.empty() && byDue_.begin()->first <= clock_.now()) {
    const RoomName room = byDue_.begin()->second;
    Entry& entry = entries_.at(room);
    byDue_.erase(byDue_.begin());
    entry.listed.reset();
    entry.schedule.started();
    ring_(room, *entry.schedule.scheduled());
  }
  awaitEarliest();
}

}  // namespace Party::Serve
