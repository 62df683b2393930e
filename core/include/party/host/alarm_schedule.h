#pragma once

#include <party/host/effect.h>
#include <party/host/profile.h>
#include <party/time.h>

#include <cstdint>
#include <optional>

namespace Party::Host {

/// When a room's alarm is to be delivered: the durable time, or the next attempt after a failed one.
///
/// The durable alarm is the truth and belongs to storage; this is a host's cache of it plus the retry state, which may
/// be forgotten with the process (ALARM-051). A host asks `nextDue()`, delivers AlarmDue{scheduled()} then, and tells
/// it what commits and how runs end.
class AlarmSchedule {
 public:
  explicit AlarmSchedule(std::optional<Time> durable = std::nullopt) : scheduled_(durable) {}

  /// A unit that touched the alarm became durable. A new time has a fresh retry budget (ALARM-046).
  void committed(std::optional<Time> alarm);
  /// AlarmDue was delivered and its run has not ended yet.
  void started() { running_ = true; }
  /// A run ended. After a failure the same alarm is due again 2, 4, .. 64 s later, plus `jitterDraw`'s share of up to
  /// a quarter (ALARM-041); false when the retries are used up and the alarm must be given up (ALARM-042). Failures
  /// that do not count have delays of their own, up to 1,024 s, and go on for ever (ALARM-043).
  bool settled(const AlarmSettled& run, Time now, std::uint64_t jitterDraw, const Profile& profile);

  /// Nothing while no alarm is set or a run is under way.
  std::optional<Time> nextDue() const;
  std::optional<Time> scheduled() const { return scheduled_; }
  /// Runs of this alarm that failed: with its time, the key of the next draw.
  std::uint64_t attempts() const { return attempts_; }

 private:
  std::optional<Time> scheduled_;
  std::optional<Time> retryAt_;
  std::uint64_t attempts_ = 0;
  std::uint32_t failures_ = 0;  // that counted
  std::uint32_t losses_ = 0;    // that did not, since the last that did
  bool running_ = false;
  bool setDuringRun_ = false;
};

}  // namespace Party::Host
