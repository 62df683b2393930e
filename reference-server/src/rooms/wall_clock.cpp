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
  const auto steady = std::chrono::steady_clock::now();
  const Duration left = std::clamp<Duration>(due - at(steady), Duration(0), std::chrono::hours(1));
  return steady + left;
}

}  // namespace Party::Serve
