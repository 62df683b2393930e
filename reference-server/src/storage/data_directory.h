#pragma once

#include "storage/database.h"

#include <filesystem>
#include <string>

namespace Party::Serve {

/// What a commit survives. `full`: kill -9 and loss of power. `normal`: kill -9; after loss of power the last commits
/// before it may be gone, though never half of one. It costs no wait for the disk.
enum class Durability { full, normal };

/// The directory a server keeps its rooms in: one SQLite file and a lock, so that no room ever has two owners.
///
/// Opening it creates what is missing (mode 0700), checks what is there, and throws `Refusal` with a sentence and an
/// exit code when it cannot be used: no directory, no permission, in use, not ours, damaged, from a newer version.
class DataDirectory {
 public:
  /// Written into the file as `PRAGMA user_version`.
  static constexpr int schemaVersion = 1;

  explicit DataDirectory(std::filesystem::path directory);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::filesystem::path& file() const { return file_; }

  /// The one connection that writes.
  Database openForWriting(Durability durability) const;
  /// A connection of a shard; it sees every commit that was acknowledged before the read began.
  Database openForReading() const;

 private:
  std::filesystem::path directory_;
  std::filesystem::path file_;
  int lock_ = -1;
};

}  // namespace Party::Serve
