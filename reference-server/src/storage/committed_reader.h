#pragma once

#include "storage/committed_cache.h"
#include "storage/database.h"
#include "storage/stored_room.h"
#include "storage/unit_writer.h"

#include <party/host/storage_reader.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace Party::Serve {

/// What a shard reads: its own read-only connection and the cache in front of it.
///
/// A read may find a commit that is not acknowledged yet. That is harmless: the room keeps such a unit in its overlay,
/// which hides the same values. After the acknowledgement `committed` brings the cache up to date.
class CommittedStore {
 public:
  CommittedStore(Database database, std::size_t cacheBytes);

  /// With `keep` the cache remembers it. Listings it never does.
  std::optional<SharedBytes> get(StoredRoom& room, std::string_view key, bool keep = true);
  StoredEntries list(StoredRoom& room, const Host::KeyRange& range);
  /// A unit of this shard was acknowledged.
  void committed(const UnitJob& job);

 private:
  /// 0 while the room has no row.
  std::int64_t numberOf(StoredRoom& room);

  Database database_;
  CommittedCache cache_;
  Statement findRoom_;
  Statement get_;
  Statement listUp_;
  Statement listDown_;
  Statement listUpTo_;
  Statement listDownTo_;
};

/// One room's view of it; always answers at once (section 11 of the storage contract asks for that).
class RoomReader final : public Host::StorageReader {
 public:
  RoomReader(CommittedStore& store, StoredRoomPointer room) : store_(&store), room_(std::move(room)) {}

  Answer get(std::string_view key, OperationKey operation, std::optional<SharedBytes>& value, bool keep) override;
  Answer getMany(std::span<const std::string> keys, OperationKey operation, StoredEntries& found, bool keep) override;
  Answer list(const Host::KeyRange& range, OperationKey operation, StoredEntries& found) override;

 private:
  CommittedStore* store_;
  StoredRoomPointer room_;
};

}  // namespace Party::Serve
