#pragma once

#include <party/time.h>

#include <optional>

/// The room's one alarm as its code sees it, and a run of its handler.
///
/// The durable alarm stays set while its handler runs, so a crash runs it again (ALARM-027); the code sees none until
/// it sets one (ALARM-026).

namespace Party::Detail {

class Alarm {
 public:
  explicit Alarm(std::optional<Time> durable) noexcept : current_(durable) {}

  std::optional<Time> current() const noexcept { return current_; }
  void set(std::optional<Time> time) noexcept {
    current_ = time;
    touched_ = true;
  }

  /// False when the alarm is not set to exactly this time, or a run is under way: then nothing is to be run. A repeat
  /// runs although the alarm is set otherwise, and then neither removes nor restores anything (CP-42).
  bool begin(Time scheduled, bool repeat = false) noexcept {
    const bool mine = current_ == scheduled;
    if (running_ || (!mine && !repeat)) return false;
    running_ = scheduled;
    if (mine) current_ = std::nullopt;
    touched_ = !mine;
    return true;
  }
  std::optional<Time> running() const noexcept { return running_; }

  /// True when the removal of the alarm is still to be written: the run succeeded and set or deleted nothing.
  bool succeed() noexcept {
    running_ = std::nullopt;
    return !touched_;
  }
  /// The alarm stays set to its time, unless the run or another handler set or deleted it (ALARM-040, 046, 047).
  void fail() noexcept {
    if (!touched_) current_ = running_;
    running_ = std::nullopt;
  }

 private:
  std::optional<Time> current_;
  std::optional<Time> running_;
  bool touched_ = false;
};

}  // namespace Party::Detail
