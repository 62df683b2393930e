#pragma once

#include <party/codec.h>
#include <party/pending.h>
#include <party/storage_options.h>
#include <party/time.h>

#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What a room's storage and a transaction within it have in common.

namespace Party {

namespace Detail {
class RoomCore;
struct TransactionState;
}  // namespace Detail

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

/// Keys, values and the alarm, as `Storage` and `Transaction` both offer them.
class KeyValueStore {
 public:
  template <class T>
  [[nodiscard]] Pending<std::optional<T>> get(std::string_view key, GetOptions options = GetOptions()) {
    return decodeOne<T>(readOne(key, options));
  }
  /// At most 128 keys (STORE-013). Existing keys only, ascending, duplicates once (STORE-011).
  template <class T>
  [[nodiscard]] Pending<Listing<T>> getMany(std::vector<std::string> keys, GetOptions options = GetOptions()) {
    return convert<Listing<T>>(readMany(std::move(keys), options), &KeyValueStore::listing<T>);
  }
  template <class T>
  [[nodiscard]] Pending<Listing<T>> list(const ListOptions& options = ListOptions()) {
    return convert<Listing<T>>(readRange(options), &KeyValueStore::listing<T>);
  }

  /// The value is encoded inside the call: what happens to it afterwards changes nothing (STORE-027). Ready at once
  /// (STORE-029), unless more than 8 MiB wait for the disk: then when the disk has caught up (STORE-083).
  template <class T>
  Pending<void> put(std::string_view key, const T& value, PutOptions options = PutOptions()) {
    return write(key, options, [&] { return encodeValue(value); });
  }
  Pending<void> put(std::string_view key, std::string_view text, PutOptions options = PutOptions()) {
    return write(key, options, [&] { return encodeValue(text); });
  }
  Pending<void> put(std::string_view key, const char* text, PutOptions options = PutOptions()) {
    return put(key, std::string_view(text), options);
  }
  /// All or nothing: one key or value over its limit fails the call with nothing stored (STORE-026).
  template <class T>
  Pending<void> putMany(const std::map<std::string, T>& entries, PutOptions options = PutOptions()) {
    try {
      StoredEntries encoded;
      for (const auto& [key, value] : entries) encoded.emplace_back(key, encodeValue(value));
      return putEncoded(std::move(encoded), options);
    } catch (...) {
      return failed(std::current_exception());
    }
  }
  /// True when the key was there (STORE-030).
  Pending<bool> remove(std::string_view key, PutOptions options = PutOptions());
  /// How many distinct keys were there (STORE-031).
  Pending<std::size_t> removeMany(std::vector<std::string> keys, PutOptions options = PutOptions());

  /// The time the alarm is set to; nothing when none is set, and inside onAlarm until it sets one (ALARM-005, 026).
  /// The room knows it, so the answer never takes time.
  [[nodiscard]] Pending<std::optional<Time>> getAlarm();
  /// Replaces the alarm. Whole milliseconds; a time that has passed means now (ALARM-001..004).
  Pending<void> setAlarm(Time time, PutOptions options = PutOptions());
  Pending<void> deleteAlarm(PutOptions options = PutOptions());

 protected:
  KeyValueStore(Detail::RoomCore* room, std::shared_ptr<Detail::TransactionState> transaction)
      : room_(room), transaction_(std::move(transaction)) {}
  KeyValueStore(const KeyValueStore&) = default;
  KeyValueStore& operator=(const KeyValueStore&) = default;
  ~KeyValueStore() = default;

  Detail::RunningHandlers& handlers();
  Pending<void> failed(std::exception_ptr error);
  /// Throws when this belongs to a transaction that has ended.
  void checkUsable(std::string_view operation) const {
    if (transaction_) checkTransaction(operation);
  }

  Detail::RoomCore* room_;
  std::shared_ptr<Detail::TransactionState> transaction_;  // null: the storage itself

 private:
  friend class Detail::RoomCore;
  void checkTransaction(std::string_view operation) const;

  /// What a read gives before it has a type: entries at once, a key to wait for, or an error.
  struct Read {
    std::variant<StoredEntries, OperationKey, std::exception_ptr> outcome;
  };
  struct ReadOne {
    std::variant<std::optional<SharedBytes>, OperationKey, std::exception_ptr> outcome;
  };
  ReadOne readOne(std::string_view key, GetOptions options);
  Read readMany(std::vector<std::string> keys, GetOptions options);
  Read readRange(const ListOptions& options);
  Pending<void> putEncoded(std::string_view key, SharedBytes value, PutOptions options);
  Pending<void> putEncoded(StoredEntries entries, PutOptions options);
  Pending<void> written(PutOptions options);
  template <class Result, class Count>
  Pending<Result> removed(Read there, PutOptions options, Count count);

  template <class Encode>
  Pending<void> write(std::string_view key, PutOptions options, Encode&& encode) {
    try {
      return putEncoded(key, encode(), options);
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
};

}  // namespace Party
