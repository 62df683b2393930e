#pragma once

#include "net/loop.h"
#include "rooms/wall_clock.h"
#include "storage/stored_room.h"

#include <party/host/alarm_schedule.h>
#include <party/host/profile.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace Party::Serve {

/// The alarms of a shard's rooms, in memory or not. The rows on disk are the truth; this follows their commits, and
/// keeps one timer, for the earliest.
class Alarms {
 public:
  /// An alarm is due: the room is to be told, and `settled` to be called when it has run.
  using Ring = std::function<void(const RoomName& room, Time scheduled)>;

  Alarms(Loop& loop, const WallClock& clock, const Profile& profile, std::uint64_t seed, Ring ring);
  ~Alarms();

  /// A commit set or removed the room's alarm; also how those found on disk at the start are told.
  void committed(const RoomName& room, std::optional<Time> alarm);
  /// False when the retries are used up and the room must give the alarm up (ALARM-042).
  bool settled(const RoomName& room, const Host::AlarmSettled& run);

  std::optional<Time> scheduled(const RoomName& room) const;

 private:
  struct Entry {
    Host::AlarmSchedule schedule;
    std::optional<Time> listed;  // under which time `byDue_` has it
  };
  void list(const RoomName& room);
  void awaitEarliest();
  void ringDue();

  Loop& loop_;
  const WallClock& clock_;
  const Profile& profile_;
  std::uint64_t seed_;
  Ring ring_;
  std::map<RoomName, Entry> entries_;
  std::set<std::pair<Time, RoomName>> byDue_;
  Loop::Timer timer_ = 0;
};

}  // namespace Party::Serve
