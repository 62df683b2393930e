#include "storage/committed_reader.h"

#include <limits>
#include <utility>

namespace Party::Serve {
namespace {

// Two shapes, because SQLite does not search by a bound that may be absent.
std::string listing(bool bounded, const char* direction) {
  return std::string("SELECT key, value FROM entries WHERE room = ?1 AND key >= ?2 ") +
         (bounded ? "AND key < ?4 " : "") + "ORDER BY key " + direction + " LIMIT ?3";
}

}  // namespace

CommittedStore::CommittedStore(Database database, std::size_t cacheBytes)
    : database_(std::move(database)),
      cache_(cacheBytes),
      findRoom_(database_.handle(), "SELECT number FROM rooms WHERE party = ?1 AND id = ?2"),
      get_(database_.handle(), "SELECT value FROM entries WHERE room = ?1 AND key = ?2"),
      listUp_(database_.handle(), listing(false, "ASC")),
      listDown_(database_.handle(), listing(false, "DESC")),
      listUpTo_(database_.handle(), listing(true, "ASC")),
      listDownTo_(database_.handle(), listing(true, "DESC")) {}

std::int64_t CommittedStore::numberOf(StoredRoom& room) {
  if (room.number == 0) {
    auto rows = findRoom_.run(room.name.party, room.name.id);
    if (rows.next()) room.number = rows.integer(0);
  }
  return room.number;
}

std::optional<SharedBytes> CommittedStore::get(StoredRoom& room, std::string_view key, bool keep) {
  const std::int64_t number = numberOf(room);
  if (number == 0) return std::nullopt;
  if (const auto* known = cache_.find(number, key)) return *known;
  std::optional<SharedBytes> value;
  {
    auto rows = get_.run(number, key);
    if (rows.next()) value = SharedBytes(rows.bytes(0));
  }
  if (keep) cache_.put(number, key, value);
  return value;
}

StoredEntries CommittedStore::list(StoredRoom& room, const Host::KeyRange& range) {
  StoredEntries found;
  const std::int64_t number = numberOf(room);
  if (number == 0) return found;
  constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();
  const auto limit =
      range.limit > static_cast<std::size_t>(unlimited) ? unlimited : static_cast<std::int64_t>(range.limit);
  const auto collect = [&](auto&& rows) {
    while (rows.next()) found.emplace_back(std::string(rows.bytes(0)), SharedBytes(rows.bytes(1)));
  };
  if (range.to) {
    collect((range.reverse ? listDownTo_ : listUpTo_).run(number, range.from, limit, *range.to));
  } else {
    collect((range.reverse ? listDown_ : listUp_).run(number, range.from, limit));
  }
  return found;
}

void CommittedStore::committed(const UnitJob& job) {
  if (job.writes->deleteAll) cache_.forget(job.room->number);
  for (const auto& entry : job.writes->writes) cache_.put(job.room->number, entry.key, entry.value);
}

Host::StorageReader::Answer RoomReader::get(std::string_view key, OperationKey, std::optional<SharedBytes>& value,
                                            bool keep) {
  value = store_->get(*room_, key, keep);
  return Answer::now;
}

Host::StorageReader::Answer RoomReader::getMany(std::span<const std::string> keys, OperationKey, StoredEntries& found,
                                                bool keep) {
  for (const std::string& key : keys) {
    if (auto value = store_->get(*room_, key, keep)) found.emplace_back(key, std::move(*value));
  }
  return Answer::now;
}

Host::StorageReader::Answer RoomReader::list(const Host::KeyRange& range, OperationKey, StoredEntries& found) {
  found = store_->list(*room_, range);
  return Answer::now;
}

}  // namespace Party::Serve
