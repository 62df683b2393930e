#include "storage_overlay.h"

#include <algorithm>
#include <utility>

namespace Party::Detail {
namespace {

const std::optional<SharedBytes> gone;

}  // namespace

void StorageOverlay::write(Host::Unit unit, Host::UnitWrites& writes, std::string_view key,
                           std::optional<SharedBytes> value) {
  auto at = entries_.lower_bound(key);
  if (at == entries_.end() || at->first != key) {
    at = entries_.emplace_hint(at, std::string(key), Entry());
  } else {
    bytes_ -= bytesOf(*at);
  }
  Entry& entry = at->second;
  if (entry.unit == unit) {
    writes.writes[entry.position].value = value;
  } else {
    entry.unit = unit;
    entry.position = writes.writes.size();
    writes.writes.push_back({at->first, value});
  }
  entry.value = std::move(value);
  newest_ = unit;
  bytes_ += bytesOf(*at);
}

void StorageOverlay::wipe(Host::Unit unit) noexcept {
  dropWrites();
  wiped_ = unit;
}

void StorageOverlay::dropWrites() noexcept {
  entries_.clear();
  bytes_ = 0;
}

void StorageOverlay::layOver(const StorageOverlay& upper) {
  if (upper.wiped_ != 0) wipe(upper.wiped_);
  for (const auto& [key, entry] : upper.entries_) entries_.insert_or_assign(key, entry);
}

const std::optional<SharedBytes>* StorageOverlay::find(std::string_view key) const {
  const auto at = entries_.find(key);
  if (at != entries_.end()) return &at->second.value;
  return wiped_ != 0 ? &gone : nullptr;
}

std::pair<StorageOverlay::Entries::const_iterator, StorageOverlay::Entries::const_iterator> StorageOverlay::within(
    const Host::KeyRange& range) const {
  const auto first = entries_.lower_bound(range.from);
  const auto last = range.to ? entries_.lower_bound(*range.to) : entries_.end();
  if (range.to && *range.to <= range.from) return {first, first};
  return {first, last};
}

std::size_t StorageOverlay::readLimit(const Host::KeyRange& range) const {
  constexpr auto unlimited = static_cast<std::size_t>(-1);
  if (range.limit == unlimited || entries_.empty()) return range.limit;
  const auto [first, last] = within(range);
  const auto covered = static_cast<std::size_t>(std::distance(first, last));
  return range.limit > unlimited - covered ? unlimited : range.limit + covered;
}

StoredEntries StorageOverlay::merge(const Host::KeyRange& range, StoredEntries committed) const {
  if (wiped_ != 0) committed.clear();
  const auto [first, last] = within(range);
  if (first == last) {
    if (committed.size() > range.limit) committed.resize(range.limit);
    return committed;
  }
  if (range.reverse) std::ranges::reverse(committed);
  StoredEntries merged;
  auto overlaid = first;
  const auto take = [&] {
    if (overlaid->second.value) merged.emplace_back(overlaid->first, *overlaid->second.value);
    ++overlaid;
  };
  for (auto& entry : committed) {
    while (overlaid != last && overlaid->first < entry.first) take();
    if (overlaid != last && overlaid->first == entry.first) {
      take();
    } else {
      merged.push_back(std::move(entry));
    }
  }
  while (overlaid != last) take();
  if (range.reverse) std::ranges::reverse(merged);
  if (merged.size() > range.limit) merged.resize(range.limit);
  return merged;
}

StorageOverlay StorageOverlay::snapshot(const Host::KeyRange& range) const {
  StorageOverlay copy;
  copy.wiped_ = wiped_;
  const auto [first, last] = within(range);
  copy.entries_.insert(first, last);
  return copy;
}

StorageOverlay StorageOverlay::snapshot(const std::vector<std::string>& keys) const {
  StorageOverlay copy;
  copy.wiped_ = wiped_;
  for (const std::string& key : keys) {
    const auto at = entries_.find(key);
    if (at != entries_.end()) copy.entries_.insert(*at);
  }
  return copy;
}

StoredEntries StorageOverlay::mergeKeys(const std::vector<std::string>& keys, StoredEntries committed) const {
  if (wiped_ != 0) committed.clear();
  if (entries_.empty()) return committed;
  StoredEntries merged;
  auto found = committed.begin();
  for (const std::string& key : keys) {
    while (found != committed.end() && found->first < key) ++found;
    if (const auto* overlaid = find(key)) {
      if (*overlaid) merged.emplace_back(key, **overlaid);
    } else if (found != committed.end() && found->first == key) {
      merged.push_back(std::move(*found));
    }
  }
  return merged;
}

void StorageOverlay::acknowledge(Host::Unit through) {
  if (wiped_ <= through) wiped_ = 0;
  if (newest_ <= through) return dropWrites();  // the common case: nothing is under way any more
  std::erase_if(entries_, [&](const auto& entry) {
    if (entry.second.unit > through) return false;
    bytes_ -= bytesOf(entry);
    return true;
  });
}

}  // namespace Party::Detail
