#pragma once

#include <party/host/keys.h>
#include <party/pending.h>
#include <party/room.h>
#include <party/time.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "running_handlers.h"

/// The timers of one instance: sleeps, callbacks, and the limits of critical sections and of the alarm's run. The host
/// keeps the time; here is what each means, and in which section it was made (GATE-011).

namespace Party::Detail {

struct SleepTimer {
  OperationKey operation;
};
struct CallbackTimer {
  Callback callback;
  Duration period{0};  // 0: once
};
struct SectionLimit {
  SectionId section = 0;
};
struct AlarmLimit {};
using TimerMeaning = std::variant<SleepTimer, CallbackTimer, SectionLimit, AlarmLimit>;

struct Timer {
  std::uint64_t id = 0;
  SectionId section = 0;
  Time due;
  TimerMeaning what;
};

class Timers {
 public:
  explicit Timers(std::uint64_t lastId = 0) noexcept : lastId_(lastId) {}

  /// Ids are never used twice in the life of the room object, so a late TimerDue of an earlier instance finds nothing.
  Timer& add(SectionId section, Time due, TimerMeaning what) {
    timers_.push_back({++lastId_, section, due, std::move(what)});
    return timers_.back();
  }
  Timer* find(std::uint64_t id) noexcept {
    const auto at = std::ranges::find(timers_, id, &Timer::id);
    return at == timers_.end() ? nullptr : &*at;
  }
  std::optional<Timer> take(std::uint64_t id) {
    const auto at = std::ranges::find(timers_, id, &Timer::id);
    if (at == timers_.end()) return std::nullopt;
    std::optional<Timer> result(std::move(*at));
    timers_.erase(at);
    return result;
  }
  /// Puts an interval back for its next turn, under the same id.
  const Timer& restore(Timer timer, Time due) {
    timers_.push_back(std::move(timer));
    timers_.back().due = due;
    return timers_.back();
  }
  std::optional<Timer> takeAlarmLimit() {
    const auto at = std::ranges::find_if(
        timers_, [](const Timer& timer) { return std::holds_alternative<AlarmLimit>(timer.what); });
    return at == timers_.end() ? std::nullopt : take(at->id);
  }
  std::optional<Timer> takeLimit(SectionId section) {
    for (const Timer& timer : timers_) {
      const auto* limit = std::get_if<SectionLimit>(&timer.what);
      if (limit != nullptr && limit->section == section) return take(timer.id);
    }
    return std::nullopt;
  }
  void adopt(SectionId from, SectionId to) noexcept {
    for (Timer& timer : timers_) {
      if (timer.section == from) timer.section = to;
    }
  }
  std::size_t size() const noexcept { return timers_.size(); }
  std::uint64_t lastId() const noexcept { return lastId_; }
  std::vector<Timer> takeAll() noexcept { return std::exchange(timers_, {}); }

 private:
  std::vector<Timer> timers_;  // in order of creation
  std::uint64_t lastId_;
};

}  // namespace Party::Detail
