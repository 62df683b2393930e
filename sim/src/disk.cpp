#include <algorithm>
#include <iterator>
#include <utility>

#include "room_host.h"
#include "world_core.h"

namespace Party::Sim::Detail {

bool RoomDisk::putOff(OperationKey operation, StoredEntries& found) const {
  return world_->putOffRead(*room_, operation, found);
}

Host::StorageReader::Answer RoomDisk::get(std::string_view key, OperationKey operation,
                                          std::optional<SharedBytes>& value, bool) {
  const auto at = image_.entries.find(key);
  if (world_->delaysReads()) {
    StoredEntries found;
    if (at != image_.entries.end()) found.emplace_back(at->first, at->second);
    if (putOff(operation, found)) return Answer::later;
  }
  if (at != image_.entries.end()) value = at->second;
  return Answer::now;
}

Host::StorageReader::Answer RoomDisk::getMany(std::span<const std::string> keys, OperationKey operation,
                                              StoredEntries& found, bool) {
  for (const std::string& key : keys) {
    if (const auto at = image_.entries.find(key); at != image_.entries.end()) found.emplace_back(at->first, at->second);
  }
  return world_->delaysReads() && putOff(operation, found) ? Answer::later : Answer::now;
}

Host::StorageReader::Answer RoomDisk::list(const Host::KeyRange& range, OperationKey operation, StoredEntries& found) {
  const auto first = image_.entries.lower_bound(range.from);
  const auto last = range.to ? image_.entries.lower_bound(*range.to) : image_.entries.end();
  if (!range.to || range.from <= *range.to) {
    if (range.reverse) {
      for (auto at = last; at != first && found.size() < range.limit;) {
        --at;
        found.emplace_back(at->first, at->second);
      }
    } else {
      for (auto at = first; at != last && found.size() < range.limit; ++at) found.emplace_back(at->first, at->second);
    }
  }
  return world_->delaysReads() && putOff(operation, found) ? Answer::later : Answer::now;
}

void RoomDisk::apply(Host::UnitWrites& writes) {
  if (writes.deleteAll) image_.entries.clear();
  for (auto& write : writes.writes) {
    if (write.value) {
      image_.entries.insert_or_assign(std::move(write.key), std::move(*write.value));
    } else {
      image_.entries.erase(write.key);
    }
  }
  if (writes.alarm) image_.alarm = *writes.alarm;
}

/// The answer is what is committed now, whenever it comes (STORE-015); takes `found` when it comes later.
bool WorldCore::putOffRead(RoomHost& room, OperationKey operation, StoredEntries& found) {
  if (options_.freeWakes() && room.machine->whatBlocksHibernation() == Host::HibernationBlocker::starting) return false;
  if (options_.freeAlarms() && room.alarmRunning) return false;
  const std::uint64_t n = room.readsOfEvent++;
  if (!chances_.happens(Choice::readMode, room.handling, n, options_.delayedReads())) return false;
  std::uint32_t slot;
  if (freeReads_.empty()) {
    slot = static_cast<std::uint32_t>(reads_.size());
    reads_.emplace_back();
  } else {
    slot = freeReads_.back();
    freeReads_.pop_back();
  }
  reads_[slot] = {operation, std::exchange(found, {})};
  plan(now_ + pace(Choice::readLatency, room.handling, n, options_.readLatency(), room.identity, Strand::read),
       {.kind = Kind::readDone,
        .target = room.index,
        .generation = room.life,
        .cause = derive(room.handling, n, Derived::read).value,
        .value = slot});
  return true;
}

}  // namespace Party::Sim::Detail
