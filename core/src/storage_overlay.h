#pragma once

#include <party/host/effect.h>
#include <party/host/storage_reader.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The writes that are not durable yet, laid over the committed values.
///
/// An entry goes only when the unit that wrote it last has been acknowledged; so a read through both sees every write
/// issued before it (STORE-016), whatever the host has committed meanwhile. After `wipe` nothing committed is seen
/// until the wipe's own unit has been acknowledged.

namespace Party::Detail {

class StorageOverlay {
 public:
  /// Writes into `writes`, the open unit `unit`; a key written twice in a unit keeps its last value (STORE-084).
  void write(Host::Unit unit, Host::UnitWrites& writes, std::string_view key, std::optional<SharedBytes> value);
  /// Unit `unit` removes every key.
  void wipe(Host::Unit unit) noexcept;
  /// Forgets the writes, and keeps what was wiped: they will never be stored.
  void dropWrites() noexcept;
  /// Takes over what is written in `upper`, which hides what is written here. For reading only.
  void layOver(const StorageOverlay& upper);

  /// Outer nothing: the overlay does not know this key; inner nothing: it is deleted.
  const std::optional<SharedBytes>* find(std::string_view key) const;

  /// Lays the overlay over what the reader found in `range`. The reader must have been asked for `readLimit(range)`.
  StoredEntries merge(const Host::KeyRange& range, StoredEntries committed) const;
  /// How many committed entries a limited listing may need: each deleted or replaced one costs one more.
  std::size_t readLimit(const Host::KeyRange& range) const;

  /// The overlay's part of a range, kept for a read that the host has put off (STORE-015).
  StorageOverlay snapshot(const Host::KeyRange& range) const;
  StorageOverlay snapshot(const std::vector<std::string>& keys) const;
  StoredEntries mergeKeys(const std::vector<std::string>& keys, StoredEntries committed) const;

  void acknowledge(Host::Unit through);
  void clear() noexcept {
    dropWrites();
    wiped_ = 0;
  }
  bool empty() const noexcept { return entries_.empty(); }
  /// What is committed is not to be read: it is as good as gone.
  bool hidesCommitted() const noexcept { return wiped_ != 0; }
  /// Keys and values that are not durable yet, those of the open unit among them. Copies do not count theirs.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    std::optional<SharedBytes> value;
    Host::Unit unit = 0;
    std::size_t position = 0;  // in the unit's writes
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  std::pair<Entries::const_iterator, Entries::const_iterator> within(const Host::KeyRange& range) const;

  static std::size_t bytesOf(const Entries::value_type& entry) noexcept {
    return entry.first.size() + (entry.second.value ? entry.second.value->size() : 0);
  }

  Entries entries_;
  Host::Unit newest_ = 0;  // the unit of the last write
  std::size_t bytes_ = 0;
  Host::Unit wiped_ = 0;  // the last unit that wiped and is not acknowledged
};

}  // namespace Party::Detail
