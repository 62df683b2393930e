#pragma once

#include <party/host/room_machine.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "alarm.h"
#include "connection_registry.h"
#include "input_gate.h"
#include "outgoing_sockets.h"

/// A room, awake or asleep: the one address that handles of its connections keep.
///
/// Awake it is a RoomCore, of more than a thousand bytes. Asleep it is the little below, and its connections when it
/// has any.

namespace Party::Detail {

/// What a room still has to know when it wakes. Numbers go on where they were, so that whatever is late from before
/// finds nothing.
struct SleepingRoom {
  Host::RoomSetup setup;
  Time now;
  std::uint64_t instances = 0;
  Host::Unit lastUnit = 0;  // durable, as everything is
  Alarm alarm{std::nullopt};
  std::optional<Time> durableAlarm;
  std::uint64_t lastTimer = 0;
  std::uint64_t lastCall = 0;
  std::uint64_t lastSocket = 0;
  std::uint32_t nextOperation = 1;
  SectionId lastSection = 0;
  std::unique_ptr<ConnectionRegistry> connections;  // null: nobody is connected
};

class RoomPlace {
 public:
  explicit RoomPlace(Host::RoomSetup setup);
  ~RoomPlace();

  Host::Effects& handle(Time now, Host::Event&& event);
  std::optional<Host::HibernationBlocker> whatBlocksHibernation() const;
  Host::RoomStatus status() const;
  std::optional<std::string> keptAsleep() const;

  /// Only while the room is awake, as it is when its code runs.
  RoomCore& awake() const noexcept { return *awake_; }
  /// Null when there is no such connection, asleep or awake.
  ConnectionRecord* find(std::uint32_t index, std::uint32_t generation) const noexcept;
  /// Null when there is none: also asleep, as no socket of the room's own outlives its instance.
  OutgoingSocket* findSocket(std::uint64_t id) const noexcept;
  bool mayAct(std::string_view what) const;
  /// What the options of its instance say; only a room that hibernates has connections while it sleeps.
  bool hibernates() const noexcept;

 private:
  std::unique_ptr<RoomCore> awake_;
  std::unique_ptr<SleepingRoom> asleep_;
  Host::Effects effects_;  // of the event that put it to sleep
};

}  // namespace Party::Detail
