#pragma once

#include "storage/database.h"
#include "storage/stored_room.h"

#include <party/host/effect.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace Party::Serve {

/// A room's unit on its way to the disk. After a failure the room goes on in a new epoch, counted from 1; what is
/// still on the way from the old one must not become durable behind the gap.
struct UnitJob {
  StoredRoomPointer room;
  std::uint32_t epoch = 1;
  Host::Unit unit = 0;
  std::unique_ptr<Host::UnitWrites> writes;
  /// Keys and values together, as the sender counted them.
  std::size_t bytes = 0;
};

/// What became of it; the writes come back, for the cache. An empty `failure` means durable.
struct UnitOutcome {
  UnitJob job;
  std::string failure;
};

/// Writes the units of all rooms, many in one transaction.
class UnitWriter {
 public:
  explicit UnitWriter(Database database);

  /// Commits all units, each whole or not at all. If the transaction fails, every unit is tried in one of its own, so
  /// that one bad unit harms only its room. Outcomes are in the order of the jobs.
  std::vector<UnitOutcome> commit(std::vector<UnitJob> jobs);

  std::vector<StoredAlarm> alarms();
  Database& database() { return database_; }

 private:
  void write(const UnitJob& job);
  std::string commitTogether(const std::vector<UnitJob>& jobs);
  std::string commitAlone(const UnitJob& job);
  std::int64_t numberOf(StoredRoom& room);
  void rollBack() noexcept;

  Database database_;
  Statement begin_;
  Statement commit_;
  Statement rollBack_;
  Statement addRoom_;
  Statement findRoom_;
  Statement setAlarm_;
  Statement put_;
  Statement remove_;
  Statement removeAll_;
};

}  // namespace Party::Serve
