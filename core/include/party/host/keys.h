#pragma once

#include <compare>
#include <cstdint>

namespace Party::Host {

/// Whose turn it is to be blamed: the identity of what set something off, chosen by the host for every event it gives.
/// Chance is never the next of a sequence but `mix(seed, purpose, cause, n)`, so one fault more shifts no other draw.
struct Cause {
  std::uint64_t value = 0;
  friend auto operator<=>(const Cause&, const Cause&) = default;
};

/// Units of storage writes, numbered by the machine from 1, in the order of their turns; 0 is before the first.
using Unit = std::uint64_t;

/// What the host writes to: a descriptor, a client. Opaque to the machine, which keeps flat lists of them.
using SocketHandle = std::uint32_t;

/// A connection between host and machine. The host chooses the index, small and dense, and reuses one only after
/// `ConnectionReleased`, with another generation. Every event's key is checked, in release builds too.
struct ConnectionKey {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  friend auto operator<=>(const ConnectionKey&, const ConnectionKey&) = default;
};

/// An HTTP request under way; the host's choice, unique among the requests not yet answered.
struct RequestKey {
  std::uint64_t value = 0;
  friend auto operator<=>(const RequestKey&, const RequestKey&) = default;
};

/// A timer or an outgoing call; the machine's choice, never used for two in the life of a machine. An interval keeps
/// its key: it is set again after each time it was due.
struct TimerKey {
  std::uint64_t value = 0;
  friend auto operator<=>(const TimerKey&, const TimerKey&) = default;
};
struct CallKey {
  std::uint64_t value = 0;
  friend auto operator<=>(const CallKey&, const CallKey&) = default;
};

/// A WebSocket that the room opens; the machine's choice, never used for two in the life of a machine.
struct SocketKey {
  std::uint64_t value = 0;
  friend auto operator<=>(const SocketKey&, const SocketKey&) = default;
};

/// Where a connection comes from: a client's socket, another room, an edge socket, a listener of the legacy API.
enum class Origin : std::uint8_t { client, room, edge, legacy };

}  // namespace Party::Host
