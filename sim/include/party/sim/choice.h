#pragma once

#include <party/host/chance.h>

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
  callOutcome,       // CP-92: 0 answered, 1 lost; then with n = 1 what is lost: 0 the question, 1 the answer
  rank,              // CP-01: how fast what comes from one source is, 0 to 7; n counts its changes
  rankChange,        // how often, when and for which sources ranks change
};

/// One draw: its key and its outcome. `cause` and `n` as in `Host::mix`.
struct ChoicePoint {
  Choice purpose{};
  std::uint64_t cause = 0;
  std::uint64_t n = 0;
  std::uint64_t value = 0;
  friend bool operator==(const ChoicePoint&, const ChoicePoint&) = default;
};

}  // namespace Party::Sim
