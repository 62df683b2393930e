#pragma once

#include <chrono>

namespace Party {

/// A moment as the host tells it: microseconds since 1970-01-01 UTC. The type only; nothing in the core reads a clock.
/// Inside a room `now()` is frozen for the length of a turn and shows whole milliseconds (GATE-015); alarms are kept in
/// whole milliseconds (ALARM-002).
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// A length of time. Milliseconds, seconds and so on convert implicitly.
using Duration = std::chrono::microseconds;

/// Milliseconds since 1970, what JavaScript calls `getTime()`.
constexpr std::int64_t millisecondsOf(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

constexpr Time timeOfMilliseconds(std::int64_t milliseconds) { return Time(std::chrono::milliseconds(milliseconds)); }

}  // namespace Party
