#pragma once

#include <party/host/alarm_schedule.h>
#include <party/host/effect.h>
#include <party/host/keys.h>
#include <party/host/room_machine.h>
#include <party/host/storage_reader.h>
#include <party/sim/disk.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// One room of the simulated house: its machine, when it has one, and everything that outlives the machine.

namespace Party::Sim::Detail {

class WorldCore;
struct RoomHost;

/// What is durable of a room, and the port through which its machine reads it. Faults it can show: a read that answers
/// later (CP-05). Units reach it whole and in order, through the room's commits.
class RoomDisk final : public Host::StorageReader {
 public:
  void attach(WorldCore& world, RoomHost& room) { world_ = &world, room_ = &room; }

  Answer get(std::string_view key, OperationKey operation, std::optional<SharedBytes>& value, bool keep) override;
  Answer getMany(std::span<const std::string> keys, OperationKey operation, StoredEntries& found, bool keep) override;
  Answer list(const Host::KeyRange& range, OperationKey operation, StoredEntries& found) override;

  void apply(Host::UnitWrites& writes);
  const DiskImage& image() const { return image_; }
  void clear() { image_.entries.clear(), image_.alarm.reset(); }

 private:
  /// Whether this read answers later; then `found` is on its way.
  bool putOff(OperationKey operation, StoredEntries& found) const;

  WorldCore* world_ = nullptr;
  RoomHost* room_ = nullptr;
  DiskImage image_;
};

/// A unit on its way to the disk.
struct PendingUnit {
  Host::Unit unit = 0;
  Host::Cause cause;
  std::unique_ptr<Host::UnitWrites> writes;
};

struct WakeAnswer {
  Host::CallKey call;
  Host::Cause cause;
  Host::CallOutcome outcome;
};

/// A timer that has been set and has not fired.
struct PendingTimer {
  std::uint64_t id = 0;
  Time due;  // of the world's clock
  std::uint64_t cause = 0;
};

/// What a party declared with expectWakeBy, and the unit it came with or behind.
struct ExpectedWake {
  Host::WakeExpected wake;
  Host::Unit unit = 0;
};

struct RoomHost {
  static constexpr std::uint32_t noLink = 0xffff'ffff;

  std::uint32_t index = 0;
  std::size_t party = 0;
  std::string id;
  /// Keys what is drawn for the room itself.
  Host::Cause identity;

  std::unique_ptr<Host::RoomMachine> machine;
  /// Counts the machines; what is under way for an earlier one is void.
  std::uint32_t life = 0;
  RoomDisk disk;
  std::optional<Host::AlarmSchedule> alarm;

  // Commits: the first `flushing` units are in flight, the others wait for the next flush.
  std::vector<PendingUnit> units;
  std::size_t flushing = 0;
  std::uint64_t flushNumber = 0;  // of the flush under way or planned; the end of an older one is void
  bool flushPlanned = false;
  bool commitsHeld = false;  // by hand, and so many units may be committed all the same
  bool heldToDie = false;    // or until the process dies, in a moment
  std::size_t commitsReleased = 0;
  Host::Cause unitCause;  // of the last unit, and how many that cause has issued: they key the flush
  std::uint64_t unitsOfCause = 0;
  // With free wakes: an instance is starting, and so many of the first units are its own.
  bool waking = false;
  std::size_t wakeUnits = 0;
  // Of peers it asked in onStart: settled together with those units.
  std::vector<WakeAnswer> wakeAnswers;
  bool reopen = false;  // the machine is to go when its effects are done
  std::uint32_t failCommits = 0;
  std::uint32_t loseAcks = 0;

  // Connections by index: the link that has it, and how many had it before.
  std::vector<std::uint32_t> links;
  std::vector<std::uint32_t> generations;
  std::vector<std::uint32_t> freeConnections;

  std::vector<PendingTimer> timers;         // in the order of setting
  std::vector<std::uint64_t> calls;         // started and neither settled nor cancelled
  std::vector<std::uint32_t> sockets;       // links that it opened and has not released
  std::vector<std::uint32_t> passages;      // requests it has not answered yet
  std::vector<ExpectedWake> expectedWakes;  // by what they are for
  bool lastAlarmFailed = false;
  std::uint64_t alarmPlan = 0;  // counts plans; an older one under way is void
  std::optional<Time> alarmPlannedFor;
  Time alarmPlannedAt;  // with its lateness; of use while it is planned
  Time alarmRunFor;     // the scheduled time of the last runs, and how many there were
  std::uint64_t alarmRuns = 0;
  bool alarmRunning = false;
  bool alarmReturned = false;  // and did not throw
  bool alarmBegun = false;     // the handler has; it does not for an alarm that was superseded
  std::uint32_t repeatAlarms = 0;
  std::uint32_t missAlarms = 0;
  std::uint32_t dropRemovals = 0;
  std::uint32_t phantomAlarms = 0;
  Duration alarmDelay{};             // of the next one
  std::optional<Time> alarmGivenUp;  // its retries are used up, until its removal is durable
  bool abandoned = false;            // the room has been told to remove it
  bool alarmRepeated = false;        // the run under way is one more
  bool alarmDisturbed = false;       // something from outside came in during the run

  /// Whether the event in hand takes too much time, and whether what it sends does not leave any more.
  enum class Turn : std::uint8_t { plain, exceeding, cut };
  Turn turn = Turn::plain;
  Host::Cause exceededBy;         // whose handler it is
  std::uint32_t cpuExceeded = 0;  // turns to come
  bool countsFailure = false;     // of an alarm's run, as the party has itself to blame
  Duration clockSkew{};           // of the machine's clock

  Host::Cause handling;  // the event in hand
  std::uint64_t readsOfEvent = 0;
  Time lastEvent;
  bool idleChecked = false;  // a look at it is on the agenda
  bool watched = false;      // may have a handler running; see WorldCore::quiet

  /// As new, but for the memory of its lists.
  void recycle() {
    RoomHost fresh;
    const auto keep = [](auto& to, auto& from) {
      from.clear();
      to.swap(from);
    };
    keep(fresh.id, id);
    keep(fresh.units, units);
    keep(fresh.links, links);
    keep(fresh.generations, generations);
    keep(fresh.freeConnections, freeConnections);
    keep(fresh.timers, timers);
    keep(fresh.calls, calls);
    keep(fresh.sockets, sockets);
    keep(fresh.passages, passages);
    *this = std::move(fresh);
  }

  bool known(Host::ConnectionKey key) const {
    return key.index < links.size() && links[key.index] != noLink && generations[key.index] == key.generation;
  }
};

}  // namespace Party::Sim::Detail
