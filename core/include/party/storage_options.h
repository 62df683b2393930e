#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

/// How single storage operations may differ from the ordinary. Setters give the options back, so that they can be
/// chained: `PutOptions().allowUnconfirmed().allowConcurrency()`.

namespace Party {

/// Options of `get` and `getMany` (STORE-070).
class GetOptions {
 public:
  GetOptions() noexcept {}
  /// Other events may reach the room while the answer is outstanding (GATE-008).
  GetOptions& allowConcurrency(bool allowed = true) noexcept { return concurrency_ = allowed, *this; }
  /// The host need not remember the value for the next read. Never changes what is read (STORE-072).
  GetOptions& noCache(bool skipped = true) noexcept { return noCache_ = skipped, *this; }

  bool allowsConcurrency() const noexcept { return concurrency_; }
  bool skipsCache() const noexcept { return noCache_; }

 private:
  bool concurrency_ = false;
  bool noCache_ = false;
};

/// Options of whatever writes: `put`, `putMany`, `remove`, `removeMany`, `setAlarm`, `deleteAlarm` (STORE-070).
class PutOptions {
 public:
  PutOptions() noexcept {}
  /// Other events may reach the room while this operation waits for an answer or for the disk to catch up (GATE-008).
  PutOptions& allowConcurrency(bool allowed = true) noexcept { return concurrency_ = allowed, *this; }
  /// What is sent afterwards does not wait until this write is durable, unless another write of the same unit makes it
  /// wait; so a client may see what a crash then takes back. A failure resets the room all the same (STORE-071).
  PutOptions& allowUnconfirmed(bool allowed = true) noexcept { return unconfirmed_ = allowed, *this; }

  bool allowsConcurrency() const noexcept { return concurrency_; }
  bool allowsUnconfirmed() const noexcept { return unconfirmed_; }

 private:
  bool concurrency_ = false;
  bool unconfirmed_ = false;
};

/// Which keys a listing covers, from where, in which direction, how many. Bounds are compared as bytes (STORE-040).
class ListOptions {
 public:
  ListOptions() = default;
  ListOptions& start(std::string inclusive) { return start_ = std::move(inclusive), *this; }
  ListOptions& startAfter(std::string exclusive) { return startAfter_ = std::move(exclusive), *this; }
  ListOptions& end(std::string exclusive) { return end_ = std::move(exclusive), *this; }
  ListOptions& prefix(std::string common) { return prefix_ = std::move(common), *this; }
  ListOptions& reverse(bool descending = true) { return reverse_ = descending, *this; }
  /// Must be positive (STORE-046). Applied after reversing (STORE-045).
  ListOptions& limit(std::int64_t most) { return limit_ = most, *this; }
  /// As in `GetOptions`.
  ListOptions& allowConcurrency(bool allowed = true) { return reading_.allowConcurrency(allowed), *this; }
  ListOptions& noCache(bool skipped = true) { return reading_.noCache(skipped), *this; }

  const std::optional<std::string>& start() const { return start_; }
  const std::optional<std::string>& startAfter() const { return startAfter_; }
  const std::optional<std::string>& end() const { return end_; }
  const std::string& prefix() const { return prefix_; }
  bool reverse() const { return reverse_; }
  std::optional<std::int64_t> limit() const { return limit_; }
  GetOptions reading() const { return reading_; }

 private:
  std::optional<std::string> start_;
  std::optional<std::string> startAfter_;
  std::optional<std::string> end_;
  std::string prefix_;
  bool reverse_ = false;
  GetOptions reading_;
  std::optional<std::int64_t> limit_;
};

}  // namespace Party
