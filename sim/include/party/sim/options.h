#pragma once

#include <party/host/profile.h>
#include <party/time.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace Party::Sim {

/// A length of time drawn uniformly between the two, both included, in whole microseconds.
struct Between {
  Duration low{};
  Duration high{};
  friend bool operator==(const Between&, const Between&) = default;
};

/// `chances` in `outOf`, drawn with integers. Nothing by default.
struct Ratio {
  std::uint32_t chances = 0;
  std::uint32_t outOf = 1;
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

enum class TraceMode : std::uint8_t {
  off,
  hashOnly,  ///< `trace().hash()` works, nothing is kept
  full
};

/// What a world is like. The defaults are what has been observed of the platform (behaviour-storage 8.10).
class WorldOptions {
 public:
  WorldOptions() = default;

  WorldOptions& profile(const Profile& value) { return profile_ = value, *this; }
  const Profile& profile() const { return profile_; }

  /// The legal extremes (behaviour-storage 8.10), in which commits fail, alarms come twice and every room goes to sleep
  /// after every event. Crashes are not among them: place those with `World::crash`.
  static WorldOptions stress();

  /// Each way, between a client and the edge or its room, and between the edge and a room (CP-74).
  WorldOptions& latency(Between value) { return latency_ = value, *this; }
  Between latency() const { return latency_; }

  /// From the start of a commit to its end (CP-22).
  WorldOptions& flush(Between value) { return flush_ = value, *this; }
  Between flush() const { return flush_; }

  /// From the end of a turn to the start of a commit, when none is under way: what is written meanwhile comes along
  /// (CP-20). At once without a call.
  WorldOptions& flushStart(Between value) { return flushStart_ = value, *this; }
  Between flushStart() const { return flushStart_; }
  /// A commit covers as many of the units that wait as is drawn, instead of all (CP-21).
  WorldOptions& partialCommits(bool value) { return partialCommits_ = value, *this; }
  bool partialCommits() const { return partialCommits_; }
  /// How often a commit, and each further try, takes another try's time: at most four more (CP-24).
  WorldOptions& flushRetries(Ratio value) { return flushRetries_ = value, *this; }
  Ratio flushRetries() const { return flushRetries_; }
  /// How long what had waited for a commit stays behind its end; each socket, response and call by itself (CP-25).
  WorldOptions& releaseDelay(Between value) { return releaseDelay_ = value, *this; }
  Between releaseDelay() const { return releaseDelay_; }

  /// How often a commit fails without a trace (CP-23b), and how often one is durable but reported as failed (CP-23c).
  WorldOptions& commitFailures(Ratio value) { return commitFailures_ = value, *this; }
  Ratio commitFailures() const { return commitFailures_; }
  WorldOptions& lostAcks(Ratio value) { return lostAcks_ = value, *this; }
  Ratio lostAcks() const { return lostAcks_; }

  /// How often a storage read answers later instead of at once, and how much later (CP-05).
  WorldOptions& delayedReads(Ratio often, Between latency) {
    return delayedReads_ = often, readLatency_ = latency, *this;
  }
  Ratio delayedReads() const { return delayedReads_; }
  Between readLatency() const { return readLatency_; }

  /// How often a call of a room to a room or a peer is lost, on its way there or back (CP-92). As often a socket
  /// between rooms: before the other room hears of it, or when up to three frames have come back.
  WorldOptions& callFailures(Ratio value) { return callFailures_ = value, *this; }
  Ratio callFailures() const { return callFailures_; }

  /// How often such a call is never answered, nor does it ever fail; it may have been heard (CP-92).
  WorldOptions& unansweredCalls(Ratio value) { return unansweredCalls_ = value, *this; }
  Ratio unansweredCalls() const { return unansweredCalls_; }

  /// How long a call of a room takes, each way (CP-92, CP-94). Without a call: `latency`.
  WorldOptions& callLatency(Between value) { return callLatency_ = value, *this; }
  Between callLatency() const { return callLatency_.value_or(latency_); }

  /// How long frames, commits, reads and calls take is not drawn for each of them: each client, disk and call has a
  /// rank, and ranks change a few times (CP-01, priorities).
  WorldOptions& ranked(bool value) { return ranked_ = value, *this; }
  bool ranked() const { return ranked_; }

  /// Of what is ready at the same time, which reaches its room first is drawn, instead of what was ready first (CP-01,
  /// CP-41). What has an order of its own keeps it: the frames of one direction, the timers of one room.
  WorldOptions& shuffledEvents(bool value) { return shuffledEvents_ = value, *this; }
  bool shuffledEvents() const { return shuffledEvents_; }

  /// How late a timer is, and so the limits of critical sections and of the alarm's run (CP-11, CP-14, CP-51). Those of
  /// one room keep their order (GATE-011).
  WorldOptions& timerLateness(Between value) { return timerLateness_ = value, *this; }
  Between timerLateness() const { return timerLateness_; }
  /// By how much the clock of a room's process may differ from the world's, either way; drawn anew with each process
  /// (CP-10). 0 without a call; a second is usual.
  WorldOptions& clockSkew(Duration most) { return clockSkew_ = most, *this; }
  Duration clockSkew() const { return clockSkew_; }

  /// How long after a reset its clients see the end of their sockets (CP-64, EVICT-013).
  WorldOptions& resetDropDelay(Between value) { return resetDropDelay_ = value, *this; }
  Between resetDropDelay() const { return resetDropDelay_; }
  /// How long after `World::redeploy` each room is reset (CP-65). At once without a call.
  WorldOptions& deployDelay(Between value) { return deployDelay_ = value, *this; }
  Between deployDelay() const { return deployDelay_; }
  /// An instance is reset when it has lived so long, whatever it is doing (CP-67). Never without a call.
  WorldOptions& lifetime(Between value) { return lifetime_ = value, *this; }
  const std::optional<Between>& lifetime() const { return lifetime_; }

  /// How late an alarm is delivered (CP-40).
  WorldOptions& alarmLateness(Between value) { return alarmLateness_ = value, *this; }
  Between alarmLateness() const { return alarmLateness_; }
  /// How often a run of an alarm that succeeded is made once more at once, as at-least-once delivery allows (CP-42). A
  /// run that a crash cut off comes again in any case.
  WorldOptions& alarmRepeats(Ratio value) { return alarmRepeats_ = value, *this; }
  Ratio alarmRepeats() const { return alarmRepeats_; }
  /// How often an alarm that comes due runs though the room has just moved or deleted it, when that is not durable yet
  /// (CP-47).
  WorldOptions& phantomRuns(Ratio value) { return phantomRuns_ = value, *this; }
  Ratio phantomRuns() const { return phantomRuns_; }
  /// The delay before an alarm is tried again is the shortest or the longest, nothing between (CP-43).
  WorldOptions& extremeRetryDelays(bool value) { return extremeRetryDelays_ = value, *this; }
  bool extremeRetryDelays() const { return extremeRetryDelays_; }

  /// A room that could hibernate does so after this long without an event (CP-60); with 0 after every event.
  /// Without a call: after the profile's 10 s.
  WorldOptions& hibernateAfter(Duration idle) { return hibernateAfter({idle, idle}); }
  /// The time is drawn for each event that may be the last.
  WorldOptions& hibernateAfter(Between idle) { return hibernateAfter_ = idle, neverHibernate_ = false, *this; }
  WorldOptions& neverHibernate() { return neverHibernate_ = true, *this; }
  std::optional<Between> idleBeforeHibernation() const {
    if (neverHibernate_) return std::nullopt;
    return hibernateAfter_.value_or(Between{profile_.idleBeforeHibernation, profile_.idleBeforeHibernation});
  }

  /// What `onStart` reads and writes settles at once, so that a wake costs no virtual time (the twins of oracle H).
  WorldOptions& freeWakes(bool value) { return freeWakes_ = value, *this; }
  bool freeWakes() const { return freeWakes_; }

  /// What an alarm's run reads and writes settles at once, so that a repeated run sees the same time (the twins of
  /// oracle A).
  WorldOptions& freeAlarms(bool value) { return freeAlarms_ = value, *this; }
  bool freeAlarms() const { return freeAlarms_; }

  /// Handlers' begins and ends are in the trace, and the rules about handlers are checked; costs time.
  WorldOptions& observeHandlers(bool value) { return observeHandlers_ = value, *this; }
  bool observeHandlers() const { return observeHandlers_; }

  WorldOptions& startTime(Time value) { return startTime_ = value, *this; }
  Time startTime() const { return startTime_; }

  WorldOptions& trace(TraceMode value) { return trace_ = value, *this; }
  TraceMode trace() const { return trace_; }

  /// Keep a list of every draw with its key (`World::choices()`); costs memory.
  WorldOptions& recordChoices(bool value) { return recordChoices_ = value, *this; }
  bool recordChoices() const { return recordChoices_; }

  /// Without it a violation of the never-legal list (8.9) is only listed, and the world goes on.
  WorldOptions& throwOnViolation(bool value) { return throwOnViolation_ = value, *this; }
  bool throwOnViolation() const { return throwOnViolation_; }

 private:
  Profile profile_ = Profile::documented();
  Between latency_{std::chrono::milliseconds(1), std::chrono::milliseconds(5)};
  Between flush_{std::chrono::milliseconds(1), std::chrono::milliseconds(5)};
  Between alarmLateness_{std::chrono::milliseconds(0), std::chrono::milliseconds(3)};
  Between resetDropDelay_{std::chrono::milliseconds(0), std::chrono::milliseconds(200)};
  Between flushStart_{};
  Between releaseDelay_{};
  Between timerLateness_{};
  Between deployDelay_{};
  Between readLatency_{};
  Duration clockSkew_{};
  Ratio flushRetries_;
  Ratio alarmRepeats_;
  Ratio phantomRuns_;
  Ratio delayedReads_;
  Ratio commitFailures_;
  Ratio lostAcks_;
  Ratio callFailures_;
  Ratio unansweredCalls_;
  std::optional<Between> callLatency_;
  std::optional<Between> hibernateAfter_;
  std::optional<Between> lifetime_;
  Time startTime_{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
  TraceMode trace_ = TraceMode::full;
  bool neverHibernate_ = false;
  bool ranked_ = false;
  bool partialCommits_ = false;
  bool shuffledEvents_ = false;
  bool extremeRetryDelays_ = false;
  bool freeWakes_ = false;
  bool freeAlarms_ = false;
  bool observeHandlers_ = true;
  bool recordChoices_ = false;
  bool throwOnViolation_ = true;
};

}  // namespace Party::Sim
