#pragma once

#include <party/codec.h>
#include <party/pending.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party {

namespace Detail {
class RoomCore;
}

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

  const std::optional<std::string>& start() const { return start_; }
  const std::optional<std::string>& startAfter() const { return startAfter_; }
  const std::optional<std::string>& end() const { return end_; }
  const std::string& prefix() const { return prefix_; }
  bool reverse() const { return reverse_; }
  std::optional<std::int64_t> limit() const { return limit_; }

 private:
  std::optional<std::string> start_;
  std::optional<std::string> startAfter_;
  std::optional<std::string> end_;
  std::string prefix_;
  bool reverse_ = false;
  std::optional<std::int64_t> limit_;
};

/// What a batch read gives: keys and values in the order of the read; iterate it as pairs, or find a key.
template <class T>
class Listing {
 public:
  using Entry = std::pair<std::string, T>;
  void add(std::string key, T value) { entries_.emplace_back(std::move(key), std::move(value)); }

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

  /// Null when the key is not there.
  const T* find(std::string_view key) const {
    for (const auto& [name, value] : entries_) {
      if (name == key) return &value;
    }
    return nullptr;
  }
  bool contains(std::string_view key) const { return find(key) != nullptr; }

 private:
  std::vector<Entry> entries_;
};

/// The room's own key-value store and its one alarm.
///
/// Reads see every write issued before them by this instance, durable or not (STORE-016). All writes of one turn, the
/// alarm's among them, are one unit: after a crash all of them are there or none (STORE-080). A write never waits for
/// the disk; what is sent after it does (GATE-033, GATE-038). While an answer is outstanding no other event reaches
/// the room (GATE-004). Keys: at most 2,048 bytes. Values: at most 131,072 encoded bytes. Nothing throws out of a
/// call: the Pending carries the error, and a call that failed has stored nothing (STORE-003, STORE-004).
class Storage {
 public:
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  template <class T>
  [[nodiscard]] Pending<std::optional<T>> get(std::string_view key) {
    return decodeOne<T>(readOne(key));
  }
  /// At most 128 keys (STORE-013). Existing keys only, ascending, duplicates once (STORE-011).
  template <class T>
  [[nodiscard]] Pending<Listing<T>> getMany(std::vector<std::string> keys) {
    return convert<Listing<T>>(readMany(std::move(keys)), &Storage::listing<T>);
  }
  template <class T>
  [[nodiscard]] Pending<Listing<T>> list(const ListOptions& options = ListOptions()) {
    return convert<Listing<T>>(readRange(options), &Storage::listing<T>);
  }

  /// The value is encoded inside the call: what happens to it afterwards changes nothing (STORE-027).
  template <class T>
  Pending<void> put(std::string_view key, const T& value) {
    return write(key, [&] { return encodeValue(value); });
  }
  Pending<void> put(std::string_view key, std::string_view text) {
    return write(key, [&] { return encodeValue(text); });
  }
  Pending<void> put(std::string_view key, const char* text) { return put(key, std::string_view(text)); }
  /// All or nothing: one key or value over its limit fails the call with nothing stored (STORE-026).
  template <class T>
  Pending<void> putMany(const std::map<std::string, T>& entries) {
    return writeMany([&] {
      StoredEntries encoded;
      for (const auto& [key, value] : entries) encoded.emplace_back(key, encodeValue(value));
      return encoded;
    });
  }
  /// True when the key was there (STORE-030).
  Pending<bool> remove(std::string_view key);
  /// How many distinct keys were there (STORE-031).
  Pending<std::size_t> removeMany(std::vector<std::string> keys);

  /// The time the alarm is set to; nothing when none is set, and inside onAlarm until it sets one (ALARM-005, 026).
  [[nodiscard]] Pending<std::optional<Time>> getAlarm();
  /// Replaces the alarm. Whole milliseconds; a time that has passed means now (ALARM-001..004).
  Pending<void> setAlarm(Time time);
  Pending<void> deleteAlarm();

  /// Settles when every write issued before it is durable (STORE-087). Other events may run meanwhile.
  [[nodiscard]] Pending<void> sync();

 private:
  friend class Detail::RoomCore;
  explicit Storage(Detail::RoomCore* room) : room_(room) {}

  /// What a read gives before it has a type: entries at once, a key to wait for, or an error.
  struct Read {
    std::variant<StoredEntries, OperationKey, std::exception_ptr> outcome;
  };
  struct ReadOne {
    std::variant<std::optional<SharedBytes>, OperationKey, std::exception_ptr> outcome;
  };
  ReadOne readOne(std::string_view key);
  Read readMany(std::vector<std::string> keys);
  Read readRange(const ListOptions& options);
  Pending<void> putEncoded(std::string_view key, SharedBytes value);
  Pending<void> putEncoded(StoredEntries entries);
  Pending<void> failed(std::exception_ptr error);
  Detail::RunningHandlers& handlers();

  template <class Encode>
  Pending<void> write(std::string_view key, Encode&& encode) {
    try {
      return putEncoded(key, encode());
    } catch (...) {
      return failed(std::current_exception());
    }
  }
  template <class Encode>
  Pending<void> writeMany(Encode&& encode) {
    try {
      return putEncoded(encode());
    } catch (...) {
      return failed(std::current_exception());
    }
  }
  template <class T>
  static Listing<T> listing(StoredEntries& found) {
    Listing<T> result;
    for (auto& [key, value] : found) result.add(std::move(key), decodeValue<T>(value));
    return result;
  }
  template <class T>
  Pending<std::optional<T>> decodeOne(ReadOne read) {
    using Result = std::optional<T>;
    auto& owner = handlers();
    if (auto* key = std::get_if<OperationKey>(&read.outcome)) {
      return Pending<Result>::waiting(owner, *key, [](Detail::OperationResult&& result) -> Result {
        const auto& found = std::get<StoredEntries>(result);
        return found.empty() ? Result() : Result(decodeValue<T>(found.front().second));
      });
    }
    if (auto* error = std::get_if<std::exception_ptr>(&read.outcome)) return Pending<Result>::failed(owner, *error);
    try {
      const auto& found = std::get<std::optional<SharedBytes>>(read.outcome);
      return Pending<Result>::ready(owner, found ? Result(decodeValue<T>(*found)) : Result());
    } catch (...) {
      return Pending<Result>::failed(owner, std::current_exception());
    }
  }
  template <class Result, class Decode>
  Pending<Result> convert(Read read, Decode decode) {
    auto& owner = handlers();
    if (auto* key = std::get_if<OperationKey>(&read.outcome)) {
      return Pending<Result>::waiting(
          owner, *key, [decode](Detail::OperationResult&& result) { return decode(std::get<StoredEntries>(result)); });
    }
    if (auto* error = std::get_if<std::exception_ptr>(&read.outcome)) return Pending<Result>::failed(owner, *error);
    try {
      return Pending<Result>::ready(owner, decode(std::get<StoredEntries>(read.outcome)));
    } catch (...) {
      return Pending<Result>::failed(owner, std::current_exception());
    }
  }

  Detail::RoomCore* room_;
};

}  // namespace Party
