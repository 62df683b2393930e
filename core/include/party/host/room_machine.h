#pragma once

#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/host/party_descriptor.h>
#include <party/host/profile.h>
#include <party/host/storage_reader.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace Party {

namespace Detail {
class RoomPlace;
}

namespace Host {

/// The effects of one event; the machine reuses it, so take what you need before the next one.
using Effects = std::vector<Effect>;

/// What a host knows about a room when it opens it.
struct RoomSetup {
  const PartyDescriptor* party = nullptr;  // outlives the machine, as do profile and storage
  std::string id;
  const Profile* profile = nullptr;
  StorageReader* storage = nullptr;
  /// Keys everything the room draws: with the same seed, causes and values, the same draws.
  std::uint64_t seed = 0;
  /// The durable alarm.
  std::optional<Time> alarm;
  /// The parties that rooms may call, this one among them; null: none. It outlives the machine, as does `host`.
  const Parties* parties = nullptr;
  /// What the URLs of calls between rooms name as their host: an address, perhaps with a port (D-20); null: localhost.
  const std::string* host = nullptr;
  /// Ask for HandlerBegan and HandlerEnded.
  bool observeHandlers = false;
};

/// Why a room cannot hibernate now (HIBER-040).
enum class HibernationBlocker : std::uint8_t {
  alreadyGone,
  starting,
  handlerRunning,
  operationPending,
  timerPending,
  eventWaiting,
  unitNotDurable,
  outputHeld,
  ordinarySocket,
  ghostConnection,
  outgoingSocket,
  responseStreaming
};
const char* nameOf(HibernationBlocker blocker);

/// A look inside, for `describe()` pages and for tests; counting is all it does.
struct RoomStatus {
  bool instance = false;
  bool hibernates = false;      // what the instance's options say
  std::uint64_t instances = 0;  // constructed so far
  std::size_t handlers = 0;
  std::size_t operations = 0;
  std::size_t timers = 0;
  std::size_t waitingEvents = 0;
  std::size_t heldOutputs = 0;
  std::size_t connections = 0;  // listed
  std::size_t sockets = 0;      // opened by the room
  bool gateShut = false;
  Unit lastIssued = 0;
  Unit lastCommitted = 0;
  std::optional<Time> alarm;
};

/// A room without a world: events in, effects out.
///
/// Touches no clock, thread, socket or file. One thread at a time. Destroying it is a crash: frames, party and queue
/// go without a word. After a reset, the next event starts a new instance.
class RoomMachine {
 public:
  explicit RoomMachine(RoomSetup setup);
  ~RoomMachine();
  RoomMachine(const RoomMachine&) = delete;
  RoomMachine& operator=(const RoomMachine&) = delete;

  /// Takes one event through as many turns as it makes possible. `now` never goes backwards. Not reentrant.
  Effects& handle(Time now, Event&& event);

  std::optional<HibernationBlocker> whatBlocksHibernation() const;
  RoomStatus status() const;
  /// While no instance is in memory: what the next one will find that is not on disk, as bytes that are equal when that
  /// is equal: connections with their states and tags, the alarm, and numbers that go on. Nothing when there is an
  /// instance. For whoever wants to know whether two rooms will behave alike.
  std::optional<std::string> keptAsleep() const;

 private:
  std::unique_ptr<Detail::RoomPlace> room_;
};

}  // namespace Host
}  // namespace Party
