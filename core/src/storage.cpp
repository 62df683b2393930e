#include <party/error.h>
#include <party/storage.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "room_core.h"

namespace Party {
namespace {

std::string shown(std::string_view key) { return std::string(key.substr(0, 64)); }

void checkKey(const Profile& profile, std::string_view key) {  // STORE-050
  if (key.size() <= profile.maxKeyBytes) return;
  throw Error("Keys cannot be larger than " + std::to_string(profile.maxKeyBytes) + " bytes. A key of size " +
                  std::to_string(key.size()) + " was provided.",
              std::nullopt, "the key begins with \"" + shown(key) + "\"; use a shorter one");
}

void checkValue(const Profile& profile, std::string_view key, const SharedBytes& value) {  // STORE-051, H-5
  if (value.size() <= profile.maxValueBytes) return;
  throw Error("Values cannot be larger than " + std::to_string(profile.maxValueBytes) + " bytes. A value of size " +
                  std::to_string(value.size()) + " was provided.",
              std::nullopt, "the key is \"" + shown(key) + "\"; split the value over several keys");
}

// The first key that no longer begins with `prefix`; nothing when there is none.
std::optional<std::string> afterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

Host::KeyRange rangeOf(const ListOptions& options) {
  if (options.start() && options.startAfter()) {  // STORE-043
    throw Error("list() cannot be called with both start and startAfter values.", std::nullopt,
                "start is \"" + shown(*options.start()) + "\", startAfter is \"" + shown(*options.startAfter()) +
                    "\"; give one of them");
  }
  if (options.limit() && *options.limit() <= 0) {  // STORE-046
    throw Error("List limit must be positive.", std::nullopt,
                "the limit given is " + std::to_string(*options.limit()) + "; leave it out to list everything");
  }
  Host::KeyRange range;
  range.reverse = options.reverse();
  if (options.limit()) range.limit = static_cast<std::size_t>(*options.limit());
  if (options.start()) range.from = *options.start();
  if (options.startAfter()) range.from = *options.startAfter() + '\0';  // STORE-042
  range.to = options.end();
  range.keep = !options.reading().skipsCache();
  if (!options.prefix().empty()) {  // STORE-044
    range.from = std::max(range.from, options.prefix());
    const auto end = afterPrefix(options.prefix());
    if (end && (!range.to || *end < *range.to)) range.to = end;
  }
  return range;
}

GetOptions readingOf(PutOptions options) { return GetOptions().allowConcurrency(options.allowsConcurrency()); }

std::vector<std::string> sortedDistinct(std::vector<std::string> keys) {
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

Time checkedAlarm(Time time, Time now) {  // ALARM-002..004
  constexpr Time tooLate = std::chrono::sys_days(std::chrono::year(2190) / 1 / 1);
  const Time whole = std::chrono::floor<std::chrono::milliseconds>(time);
  if (whole <= Time()) {
    throw Error("setAlarm() cannot be called with an alarm time <= 0", std::nullopt,
                "the time given is " + std::to_string(millisecondsOf(time)) + " ms since 1970");
  }
  if (whole >= tooLate) {
    throw Error("This API doesn't support dates after 2189.", std::nullopt,
                "the time given is " + std::to_string(millisecondsOf(time)) +
                    " ms since 1970; are these seconds or microseconds taken for another unit?");
  }
  return std::max(whole, Time(std::chrono::floor<std::chrono::milliseconds>(now)));
}

}  // namespace

Detail::RunningHandlers& KeyValueStore::handlers() { return room_->handlers(); }

Pending<void> KeyValueStore::failed(std::exception_ptr error) {
  return Pending<void>::failed(handlers(), std::move(error));
}

KeyValueStore::ReadOne KeyValueStore::readOne(std::string_view key, GetOptions options) {
  try {
    checkUsable("get");
    checkKey(room_->profile(), key);
    return room_->readOne(key, options);
  } catch (...) {
    return {std::current_exception()};
  }
}

KeyValueStore::Read KeyValueStore::readMany(std::vector<std::string> keys, GetOptions options) {
  try {
    checkUsable("get");
    const std::size_t limit = room_->profile().maxKeysPerGet;
    if (keys.size() > limit) {  // STORE-013
      throw Error("Maximum number of key value pairs is " + std::to_string(limit) + ". " + std::to_string(keys.size()) +
                      " pairs were provided.",
                  std::nullopt, "read them in several calls, or list a prefix");
    }
    return room_->readMany(sortedDistinct(std::move(keys)), options);
  } catch (...) {
    return {std::current_exception()};
  }
}

KeyValueStore::Read KeyValueStore::readRange(const ListOptions& options) {
  try {
    checkUsable("list");
    return room_->readRange(rangeOf(options), options.reading());
  } catch (...) {
    return {std::current_exception()};
  }
}

Pending<void> KeyValueStore::putEncoded(std::string_view key, SharedBytes value, PutOptions options) {
  checkUsable("put");
  checkKey(room_->profile(), key);
  checkValue(room_->profile(), key, value);
  room_->write(key, std::move(value), !options.allowsUnconfirmed());
  return written(options);
}

Pending<void> KeyValueStore::putEncoded(StoredEntries entries, PutOptions options) {
  checkUsable("put");
  for (const auto& [key, value] : entries) {  // STORE-026: all are checked before one is written
    checkKey(room_->profile(), key);
    checkValue(room_->profile(), key, value);
  }
  for (auto& [key, value] : entries) room_->write(key, std::move(value), !options.allowsUnconfirmed());
  return written(options);
}

// STORE-029, STORE-083
Pending<void> KeyValueStore::written(PutOptions options) {
  if (!room_->overfull()) return Pending<void>::ready(handlers());
  const auto operation = room_->backpressure(options.allowsConcurrency());
  return Pending<void>::waiting(handlers(), operation, [](Detail::OperationResult&&) {});
}

template <class Result, class Count>
Pending<Result> KeyValueStore::removed(Read there, PutOptions options, Count count) {
  auto* found = std::get_if<StoredEntries>(&there.outcome);
  if (found == nullptr) return convert<Result>(std::move(there), count);
  if (!room_->overfull()) return Pending<Result>::ready(handlers(), count(*found));
  const auto operation = room_->backpressure(options.allowsConcurrency());
  return Pending<Result>::waiting(handlers(), operation,
                                  [result = count(*found)](Detail::OperationResult&&) { return result; });
}

Pending<bool> KeyValueStore::remove(std::string_view key, PutOptions options) {
  try {
    checkUsable("delete");
    checkKey(room_->profile(), key);
    Read there = room_->readMany({std::string(key)}, readingOf(options));
    room_->write(key, std::nullopt, !options.allowsUnconfirmed());
    return removed<bool>(std::move(there), options, [](StoredEntries& found) { return !found.empty(); });
  } catch (...) {
    return Pending<bool>::failed(handlers(), std::current_exception());
  }
}

Pending<std::size_t> KeyValueStore::removeMany(std::vector<std::string> keys, PutOptions options) {
  try {
    checkUsable("delete");
    for (const std::string& key : keys) checkKey(room_->profile(), key);
    keys = sortedDistinct(std::move(keys));
    Read there = room_->readMany(keys, readingOf(options));
    for (const std::string& key : keys) room_->write(key, std::nullopt, !options.allowsUnconfirmed());
    return removed<std::size_t>(std::move(there), options, [](StoredEntries& found) { return found.size(); });
  } catch (...) {
    return Pending<std::size_t>::failed(handlers(), std::current_exception());
  }
}

Pending<std::optional<Time>> KeyValueStore::getAlarm() {
  try {
    checkUsable("getAlarm");
    return Pending<std::optional<Time>>::ready(handlers(), room_->visibleAlarm());
  } catch (...) {
    return Pending<std::optional<Time>>::failed(handlers(), std::current_exception());
  }
}

Pending<void> KeyValueStore::setAlarm(Time time, PutOptions options) {
  try {
    checkUsable("setAlarm");
    const Time at = checkedAlarm(time, room_->now());
    const bool same = room_->visibleAlarm() == at && !room_->alarm().running();  // ALARM-007
    if (!same) room_->writeAlarm(at, !options.allowsUnconfirmed());
    return written(options);
  } catch (...) {
    return failed(std::current_exception());
  }
}

Pending<void> KeyValueStore::deleteAlarm(PutOptions options) {
  try {
    checkUsable("deleteAlarm");
    room_->writeAlarm(std::nullopt, !options.allowsUnconfirmed());
    return written(options);
  } catch (...) {
    return failed(std::current_exception());
  }
}

Pending<void> Storage::deleteAll() {
  room_->deleteAll();
  return Pending<void>::ready(handlers());
}

Pending<void> Storage::sync() {
  const auto operation = room_->syncOperation();
  if (!operation) return Pending<void>::ready(handlers());
  return Pending<void>::waiting(handlers(), *operation, [](Detail::OperationResult&&) {});
}

}  // namespace Party
