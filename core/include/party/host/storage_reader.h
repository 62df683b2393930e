#pragma once

#include <party/pending.h>
#include <party/shared_bytes.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace Party::Host {

/// A range of keys as bytes: from `from` (inclusive) to `to` (exclusive, nothing means the end).
struct KeyRange {
  std::string from;
  std::optional<std::string> to;
  bool reverse = false;
  /// At most so many entries, after reversing.
  std::size_t limit = static_cast<std::size_t>(-1);
  bool keep = true;
};

/// The one thing a room asks synchronously: committed values.
///
/// Each call answers `now` and fills the result, or `later`: then the host owes the machine one ReadCompleted with
/// this operation, and the values are those committed when the call was made. While it waits, the room's gate is shut,
/// unless the room's code has allowed otherwise. Without `keep` the room does not expect to read this again soon.
class StorageReader {
 public:
  enum class Answer : bool { now, later };

  virtual ~StorageReader() = default;
  virtual Answer get(std::string_view key, OperationKey operation, std::optional<SharedBytes>& value, bool keep) = 0;
  /// `keys` ascending and distinct; `found` gets the existing ones in that order.
  virtual Answer getMany(std::span<const std::string> keys, OperationKey operation, StoredEntries& found,
                         bool keep) = 0;
  virtual Answer list(const KeyRange& range, OperationKey operation, StoredEntries& found) = 0;
};

}  // namespace Party::Host
