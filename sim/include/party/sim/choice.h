#pragma once

#include <party/host/chance.h>

#include <cstddef>
#include <cstdint>

namespace Party::Sim {

/// What the world draws for. Each is a choice a platform has (behaviour-storage 8.1 to 8.6), with a closed range of
/// legal outcomes.
enum class Choice : std::uint32_t {
  latencyUp = static_cast<std::uint32_t>(Host::Purpose::hostFirst),  // CP-74: a frame from client to room, µs
  latencyDown,       // CP-74: a frame or a response from room to client, µs
  latencyEdge,       // client to edge, edge to room, edge to client, µs
  lossNotice,        // CP-72: how long until a side learns that the transport is gone, µs
  flushDuration,     // CP-22, µs
  flushOutcome,      // CP-23: 0 durable and acknowledged, 1 failed, 2 durable but reported as failed
  interruptedFlush,  // CP-23d: the unit in flight when the room died: 0 lost, 1 durable
  readMode,          // CP-05: 0 at once, 1 delayed
  readLatency,       // CP-05, µs
  alarmLateness,     // CP-40, µs
  retryState,        // ALARM-051: at a crash: 0 kept, 1 forgotten
  retryJitter,       // CP-43: 64 bits, the share of up to a quarter of the delay
  callOutcome,       // CP-92: 0 answered, 1 lost, 2 never; then with n = 1 what is lost: 0 the question, 1 the answer
  rank,              // CP-01: how fast what comes from one source is, 0 to 7; n counts its changes
  rankChange,        // how often, when and for which sources ranks change
  timerLateness,     // CP-11, and of the limits that are timers CP-14 and CP-51, µs
  clockSkew,         // CP-10: by how much a new machine's clock differs, µs, counted from the most it may lag
  flushStart,        // CP-20: from a turn's end to the start of its flush, µs
  mergedUnits,       // CP-21: how many of the units that wait a flush covers
  flushRetries,      // CP-24: how often a flush is tried again before it ends, 0 to 4
  releaseDelay,      // CP-25: how long what had waited for a unit still stays, µs
  eventOrder,        // CP-01, CP-41: which of the things that are ready at the same time is next, in order of arrival
  dropDelay,         // CP-64: from a reset to the end of a socket, µs
  idleTime,          // CP-60: how long a room stays in memory for nothing, µs
  alarmRepeat,       // CP-42: 0 a run that succeeded was the last, 1 it is made again
  abandonDelay,      // CP-44: from the last failure to the removal of the alarm, µs
  phantomRun,        // CP-47: an alarm whose change is not durable: 0 it does not run, 1 it does
  lifetime,          // CP-67: how long an instance lives at most, µs
  deployDelay,       // CP-65: from new code to a room's reset, µs
  turnOutput,        // CP-29: an output of the turn that exceeded its time: 0 it has left, 1 it and the rest have not
};
inline constexpr std::size_t choices =
    static_cast<std::size_t>(Choice::turnOutput) - static_cast<std::size_t>(Choice::latencyUp) + 1;

/// One draw: its key and its outcome. `cause` and `n` as in `Host::mix`.
struct ChoicePoint {
  Choice purpose{};
  std::uint64_t cause = 0;
  std::uint64_t n = 0;
  std::uint64_t value = 0;
  friend bool operator==(const ChoicePoint&, const ChoicePoint&) = default;
};

}  // namespace Party::Sim
