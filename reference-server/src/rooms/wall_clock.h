#pragma once

#include <party/time.h>

#include <chrono>

namespace Party::Serve {

/// The time rooms see: the system's clock, but never backwards, since a room's time must not (RoomMachine::handle).
///
/// Set forward, the system's clock is followed at once. Set back, this one goes on at half speed until it has been
/// caught up with, so that timers still come.
class WallClock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  WallClock() : WallClock(systemNow(), std::chrono::steady_clock::now()) {}
  WallClock(Time system, Steady steady) : anchor_(system), anchoredAt_(steady) {}

  Time now() const { return at(std::chrono::steady_clock::now()); }
  Time at(Steady steady) const { return anchor_ + std::chrono::floor<Duration>(steady - anchoredAt_); }

  /// Compares with the system's clock; to be called every second or so.
  void follow() { follow(systemNow(), std::chrono::steady_clock::now()); }
  void follow(Time system, Steady steady);

  /// When to look again for something due then: in an hour at the latest, because a clock may be set.
  Steady steadyFor(Time due) const;

 private:
  static Time systemNow() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

  Time anchor_;
  Steady anchoredAt_;
};

}  // namespace Party::Serve
