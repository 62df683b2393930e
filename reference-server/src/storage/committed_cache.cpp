#include "storage/committed_cache.h"

#include <cstring>
#include <iterator>
#include <utility>

namespace Party::Serve {

std::string CommittedCache::nameOf(std::int64_t room, std::string_view key) {
  std::string name(sizeof room, '\0');
  std::memcpy(name.data(), &room, sizeof room);
  return name.append(key);
}

// 150: two list pointers, the strings' and the table's own memory, roughly.
std::size_t CommittedCache::costOf(const Entry& entry) {
  return 150 + entry.name.size() + (entry.value ? entry.value->size() : 0);
}

const std::optional<SharedBytes>* CommittedCache::find(std::int64_t room, std::string_view key) {
  const auto found = index_.find(nameOf(room, key));
  if (found == index_.end()) return nullptr;
  byUse_.splice(byUse_.begin(), byUse_, found->second);
  return &found->second->value;
}

void CommittedCache::put(std::int64_t room, std::string_view key, std::optional<SharedBytes> value) {
  std::string name = nameOf(room, key);
  if (const auto found = index_.find(name); found != index_.end()) {
    Entry& entry = *found->second;
    bytes_ -= costOf(entry);
    entry.value = std::move(value);
    bytes_ += costOf(entry);
    byUse_.splice(byUse_.begin(), byUse_, found->second);
  } else {
    byUse_.push_front({std::move(name), std::move(value)});
    index_.emplace(byUse_.front().name, byUse_.begin());
    bytes_ += costOf(byUse_.front());
  }
  while (bytes_ > maxBytes_ && !byUse_.empty()) drop(std::prev(byUse_.end()));
}

void CommittedCache::forget(std::int64_t room) {
  const std::string prefix = nameOf(room, "");
  for (auto entry = byUse_.begin(); entry != byUse_.end();) {
    entry = entry->name.starts_with(prefix) ? drop(entry) : std::next(entry);
  }
}

std::list<CommittedCache::Entry>::iterator CommittedCache::drop(std::list<Entry>::iterator entry) {
  bytes_ -= costOf(*entry);
  index_.erase(entry->name);
  return byUse_.erase(entry);
}

}  // namespace Party::Serve
