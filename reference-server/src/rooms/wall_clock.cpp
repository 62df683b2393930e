#include "rooms/wall_clock.h"

#include <algorithm>

namespace Party::Serve {

void WallClock::follow(Time system, Steady steady) {
  const Time ours = at(steady);
  const Duration passed = ours - anchor_;
  anchor_ = system >= ours ? system : std::max(system, anchor_ + passed / 2);
  anchoredAt_ = steady;
}

WallClock::Steady WallClock::steadyFor(Time due) const {
  constexpr auto longest = std::chrono::hours(1);
  const auto steady = std::chrono::steady_clock::now();
  const Duration left = due - at(steady);
  if (left <= Duration(0)) return steady;
  if (left >= longest) return steady + longest;
  // Counted from the anchor, so that one moment has one answer whenever it is asked for (GATE-011).
  return anchoredAt_ + (due - anchor_);
}

}  // namespace Party::Serve
