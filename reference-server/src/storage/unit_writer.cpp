#include "storage/unit_writer.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace Party::Serve {

UnitWriter::UnitWriter(Database database)
    : database_(std::move(database)),
      begin_(database_.handle(), "BEGIN IMMEDIATE"),
      commit_(database_.handle(), "COMMIT"),
      rollBack_(database_.handle(), "ROLLBACK"),
      addRoom_(database_.handle(), "INSERT INTO rooms (party, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING"),
      findRoom_(database_.handle(), "SELECT number FROM rooms WHERE party = ?1 AND id = ?2"),
      setAlarm_(database_.handle(), "UPDATE rooms SET alarm = ?2 WHERE number = ?1"),
      put_(database_.handle(), "INSERT OR REPLACE INTO entries (room, key, value) VALUES (?1, ?2, ?3)"),
      remove_(database_.handle(), "DELETE FROM entries WHERE room = ?1 AND key = ?2"),
      removeAll_(database_.handle(), "DELETE FROM entries WHERE room = ?1") {}

std::vector<UnitOutcome> UnitWriter::commit(std::vector<UnitJob> jobs) {
  const auto isRefused = [](const UnitJob& job) { return job.epoch <= job.room->failedEpoch; };
  std::vector<UnitOutcome> outcomes;
  outcomes.reserve(jobs.size());
  const bool noneRefused = std::ranges::none_of(jobs, isRefused);
  const bool together = noneRefused && commitTogether(jobs).empty();
  for (UnitJob& job : jobs) {
    std::string failure;
    if (!together) {
      failure = isRefused(job) ? "an earlier write of this room failed" : commitAlone(job);
      if (!failure.empty()) job.room->failedEpoch = std::max(job.room->failedEpoch, job.epoch);
    }
    outcomes.push_back({std::move(job), std::move(failure)});
  }
  return outcomes;
}

std::string UnitWriter::commitTogether(const std::vector<UnitJob>& jobs) try {
  begin_.execute();
  for (const UnitJob& job : jobs) write(job);
  commit_.execute();
  // Only a durable room has a number: what rolls back takes its row along.
  for (const UnitJob& job : jobs) {
    if (job.room->number == 0) job.room->number = numberOf(*job.room);
  }
  return {};
} catch (const std::exception& error) {
  rollBack();
  return error.what();
}

std::string UnitWriter::commitAlone(const UnitJob& job) try {
  begin_.execute();
  write(job);
  commit_.execute();
  if (job.room->number == 0) job.room->number = numberOf(*job.room);
  return {};
} catch (const std::exception& error) {
  rollBack();
  return error.what();
}

void UnitWriter::write(const UnitJob& job) {
  const std::int64_t room = numberOf(*job.room);
  if (job.writes->deleteAll) removeAll_.execute(room);
  for (const auto& entry : job.writes->writes) {
    if (entry.value) {
      put_.execute(room, entry.key, entry.value->view());
    } else {
      remove_.execute(room, entry.key);
    }
  }
  if (job.writes->alarm) {
    if (const auto& due = *job.writes->alarm) {
      setAlarm_.execute(room, std::int64_t{millisecondsOf(*due)});
    } else {
      setAlarm_.execute(room, std::nullopt);
    }
  }
}

std::int64_t UnitWriter::numberOf(StoredRoom& room) {
  if (room.number != 0) return room.number;
  addRoom_.execute(room.name.party, room.name.id);
  auto rows = findRoom_.run(room.name.party, room.name.id);
  rows.next();
  return rows.integer(0);
}

// Some failures have rolled back already; then there is nothing to do.
void UnitWriter::rollBack() noexcept {
  try {
    if (database_.inTransaction()) rollBack_.execute();
  } catch (const std::exception&) {
    // The next BEGIN fails, and with it every unit, until SQLite can work again: the outcome stays a stated one.
  }
}

std::vector<StoredAlarm> UnitWriter::alarms() {
  Statement statement(database_.handle(), "SELECT party, id, alarm FROM rooms WHERE alarm IS NOT NULL ORDER BY alarm");
  std::vector<StoredAlarm> found;
  auto rows = statement.run();
  while (rows.next()) {
    RoomName name{std::string(rows.bytes(0)), std::string(rows.bytes(1))};
    found.push_back({std::move(name), timeOfMilliseconds(rows.integer(2))});
  }
  return found;
}

}  // namespace Party::Serve
