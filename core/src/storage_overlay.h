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
/// issued before it (STORE-016), whatever the host has committed meanwhile.

namespace Party::Detail {

class StorageOverlay {
 public:
  /// Writes into `writes`, the open unit `unit`; a key written twice in a unit keeps its last value (STORE-084).
  void write(Host::Unit unit, Host::UnitWrites& writes, std::string_view key, std::optional<SharedBytes> value);

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
  void clear() noexcept { entries_.clear(); }
  bool empty() const noexcept { return entries_.empty(); }

 private:
  struct Entry {
    std::optional<SharedBytes> value;
    Host::Unit unit = 0;
    std::size_t position = 0;  // in the unit's writes
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  std::pair<Entries::const_iterator, Entries::const_iterator> within(const Host::KeyRange& range) const;

  Entries entries_;
};

}  // namespace Party::Detail
