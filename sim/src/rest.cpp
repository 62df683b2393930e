#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "world_core.h"

/// The whole of a world in which nothing is under way and no party's code has an object in memory.

namespace Party::Sim::Detail {
namespace {

/// Bytes from which one reads back what was put in, so that equal bytes mean equal contents.
class Bytes {
 public:
  Bytes& number(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) text_ += static_cast<char>(value >> shift);
    return *this;
  }
  Bytes& text(std::string_view value) {
    number(value.size());
    text_ += value;
    return *this;
  }
  Bytes& time(std::optional<Time> value) {
    return value ? number(1).number(static_cast<std::uint64_t>(value->time_since_epoch().count())) : number(0);
  }
  std::string taken() && { return std::move(text_); }

 private:
  std::string text_;
};

/// What the host remembers of a room beside its disk: among it whatever keys a later draw.
void appendAlarm(Bytes& bytes, const RoomHost& room) {
  bytes.time(room.disk.image().alarm).time(room.alarmPlannedFor);
  if (room.alarmPlannedFor) bytes.time(room.alarmPlannedAt);
  if (room.alarm) {
    bytes.time(room.alarm->nextDue()).time(room.alarm->scheduled()).number(room.alarm->attempts());
  }
  bytes.time(room.alarmRunFor).number(room.alarmRuns).number(room.lastAlarmFailed ? 1 : 0);
  bytes.number(room.expectedWakes.size());
  for (const ExpectedWake& expected : room.expectedWakes) {
    bytes.time(expected.wake.due).text(expected.wake.what.view()).number(expected.unit);
  }
}

/// Verbs have put something in its way that has not happened.
bool hasPlans(const RoomHost& room) {
  return room.commitsHeld || room.cpuExceeded != 0 || room.missAlarms != 0 || room.dropRemovals != 0 ||
         room.phantomAlarms != 0 || room.alarmDelay != Duration(0) || room.alarmGivenUp;
}

}  // namespace

std::optional<std::string> WorldCore::stateAtRest() {
  const auto holds = [](const Link& link) { return link.used && link.held != 0; };
  if (!quiet() || !violations_.empty() || std::ranges::any_of(links_, holds)) return std::nullopt;
  Bytes bytes;
  bytes.time(now_).number(roomCount_).number(clientCount_);
  for (std::size_t i = 0; i < roomCount_; ++i) {
    const RoomHost& room = *rooms_[i];
    const bool busy = !room.units.empty() || !room.timers.empty() || !room.calls.empty() || !room.sockets.empty() ||
                      !room.passages.empty() || hasPlans(room) || room.alarmRunning || room.waking || room.reopen ||
                      (room.alarm && room.alarm->attempts() > 0);  // a retry knows more than can be asked
    if (busy) return std::nullopt;
    bytes.number(room.party).text(room.id);
    if (room.machine) {
      const auto kept = room.machine->keptAsleep();
      if (!kept) return std::nullopt;
      bytes.number(1).text(*kept);
    } else {
      bytes.number(0);
    }
    bytes.number(room.disk.image().entries.size());
    for (const auto& [key, value] : room.disk.image().entries) bytes.text(key).text(value.view());
    appendAlarm(bytes, room);
    bytes.number(room.failCommits).number(room.loseAcks).number(room.repeatAlarms).number(room.freeConnections.size());
  }
  for (std::uint32_t i = 0; i < clientCount_; ++i) {
    const ClientState& client = clients_[i];
    bytes.number(static_cast<std::uint64_t>(client.phase)).number(client.connections).number(client.link);
  }
  return std::move(bytes).taken();
}

}  // namespace Party::Sim::Detail
