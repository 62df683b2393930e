#include <party/error.h>
#include <party/storage.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "room_core.h"

namespace Party {
namespace {

using Detail::RoomCore;

void checkKey(const Profile& profile, std::string_view key) {  // STORE-050
  if (key.size() <= profile.maxKeyBytes) return;
  throw Error("Keys cannot be larger than " + std::to_string(profile.maxKeyBytes) + " bytes. A key of size " +
                  std::to_string(key.size()) + " was provided.",
              std::nullopt, "the key begins with \"" + std::string(key.substr(0, 32)) + "\"; use a shorter one");
}

void checkValue(const Profile& profile, std::string_view key, const SharedBytes& value) {  // STORE-051, H-5
  if (value.size() <= profile.maxValueBytes) return;
  throw Error("Values cannot be larger than " + std::to_string(profile.maxValueBytes) + " bytes. A value of size " +
                  std::to_string(value.size()) + " was provided.",
              std::nullopt, "the key is \"" + std::string(key.substr(0, 64)) + "\"; split the value over several keys");
}

// The first key that no longer begins with `prefix`; nothing when there is none.
std::optional<std::string> afterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

Host::KeyRange rangeOf(const ListOptions& options) {
  if (options.start() && options.startAfter()) {
    throw Error("list() cannot be called with both start and startAfter values.");  // STORE-043
  }
  if (options.limit() && *options.limit() <= 0) throw Error("List limit must be positive.");  // STORE-046
  Host::KeyRange range;
  range.reverse = options.reverse();
  if (options.limit()) range.limit = static_cast<std::size_t>(*options.limit());
  if (options.start()) range.from = *options.start();
  if (options.startAfter()) range.from = *options.startAfter() + '\0';  // STORE-042
  range.to = options.end();
  if (!options.prefix().empty()) {  // STORE-044
    range.from = std::max(range.from, options.prefix());
    const auto end = afterPrefix(options.prefix());
    if (end && (!range.to || *end < *range.to)) range.to = end;
  }
  return range;
}

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
  if (whole >= tooLate) throw Error("This API doesn't support dates after 2189.");
  return std::max(whole, Time(std::chrono::floor<std::chrono::milliseconds>(now)));
}

}  // namespace

Detail::RunningHandlers& Storage::handlers() { return room_->handlers(); }

Pending<void> Storage::failed(std::exception_ptr error) { return Pending<void>::failed(handlers(), std::move(error)); }

Storage::ReadOne Storage::readOne(std::string_view key) {
  try {
    checkKey(room_->profile(), key);
    return room_->readOne(key);
  } catch (...) {
    return {std::current_exception()};
  }
}

Storage::Read Storage::readMany(std::vector<std::string> keys) {
  const std::size_t limit = room_->profile().maxKeysPerGet;
  if (keys.size() > limit) {  // STORE-013
    return {std::make_exception_ptr(Error("Maximum number of key value pairs is " + std::to_string(limit) + ". " +
                                          std::to_string(keys.size()) + " pairs were provided."))};
  }
  return room_->readMany(sortedDistinct(std::move(keys)));
}

Storage::Read Storage::readRange(const ListOptions& options) {
  try {
    return room_->readRange(rangeOf(options));
  } catch (...) {
    return {std::current_exception()};
  }
}

Pending<void> Storage::putEncoded(std::string_view key, SharedBytes value) {
  checkKey(room_->profile(), key);
  checkValue(room_->profile(), key, value);
  room_->write(key, std::move(value));
  return Pending<void>::ready(handlers());
}

Pending<void> Storage::putEncoded(StoredEntries entries) {
  for (const auto& [key, value] : entries) {  // STORE-026: all are checked before one is written
    checkKey(room_->profile(), key);
    checkValue(room_->profile(), key, value);
  }
  for (auto& [key, value] : entries) room_->write(key, std::move(value));
  return Pending<void>::ready(handlers());
}

Pending<bool> Storage::remove(std::string_view key) {
  try {
    checkKey(room_->profile(), key);
    Read there = room_->readMany({std::string(key)});
    room_->write(key, std::nullopt);
    return convert<bool>(std::move(there), [](StoredEntries& found) { return !found.empty(); });
  } catch (...) {
    return Pending<bool>::failed(handlers(), std::current_exception());
  }
}

Pending<std::size_t> Storage::removeMany(std::vector<std::string> keys) {
  try {
    for (const std::string& key : keys) checkKey(room_->profile(), key);
    keys = sortedDistinct(std::move(keys));
    Read there = room_->readMany(keys);
    for (const std::string& key : keys) room_->write(key, std::nullopt);
    return convert<std::size_t>(std::move(there), [](StoredEntries& found) { return found.size(); });
  } catch (...) {
    return Pending<std::size_t>::failed(handlers(), std::current_exception());
  }
}

Pending<std::optional<Time>> Storage::getAlarm() {
  return Pending<std::optional<Time>>::ready(handlers(), room_->alarm().current());
}

Pending<void> Storage::setAlarm(Time time) {
  try {
    const Time at = checkedAlarm(time, room_->now());
    const bool same = room_->alarm().current() == at && !room_->alarm().running();  // ALARM-007
    if (!same) room_->writeAlarm(at);
  } catch (...) {
    return failed(std::current_exception());
  }
  return Pending<void>::ready(handlers());
}

Pending<void> Storage::deleteAlarm() {
  room_->writeAlarm(std::nullopt);
  return Pending<void>::ready(handlers());
}

Pending<void> Storage::sync() {
  const auto operation = room_->syncOperation();
  if (!operation) return Pending<void>::ready(handlers());
  return Pending<void>::waiting(handlers(), *operation, [](Detail::OperationResult&&) {});
}

namespace Detail {

Storage::ReadOne RoomCore::readOne(std::string_view key) {
  if (!mayAct("storage.get")) return {std::optional<SharedBytes>()};
  if (const auto* overlaid = overlay_.find(key)) return {*overlaid};
  std::optional<SharedBytes> value;
  if (setup_.storage->get(key, handlers_.nextKey(), value) == Host::StorageReader::Answer::now) {
    return {std::move(value)};
  }
  gate_.hold();
  putOffReads_.push_back({handlers_.open(true), StorageOverlay(), std::vector{std::string(key)}});
  return {putOffReads_.back().operation};
}

Storage::Read RoomCore::readMany(std::vector<std::string> keys) {
  if (keys.empty() || !mayAct("storage.get")) return {StoredEntries()};
  StoredEntries found;
  if (setup_.storage->getMany(keys, handlers_.nextKey(), found) == Host::StorageReader::Answer::now) {
    return {overlay_.mergeKeys(keys, std::move(found))};
  }
  gate_.hold();
  auto overlay = overlay_.snapshot(keys);
  putOffReads_.push_back({handlers_.open(true), std::move(overlay), std::move(keys)});
  return {putOffReads_.back().operation};
}

Storage::Read RoomCore::readRange(const Host::KeyRange& range) {
  if (!mayAct("storage.list")) return {StoredEntries()};
  Host::KeyRange asked = range;
  asked.limit = overlay_.readLimit(range);
  StoredEntries found;
  if (setup_.storage->list(asked, handlers_.nextKey(), found) == Host::StorageReader::Answer::now) {
    return {overlay_.merge(range, std::move(found))};
  }
  gate_.hold();
  auto overlay = overlay_.snapshot(range);
  putOffReads_.push_back({handlers_.open(true), std::move(overlay), range});
  return {putOffReads_.back().operation};
}

void RoomCore::write(std::string_view key, std::optional<SharedBytes> value) {
  if (!mayAct("storage.put")) return;
  Host::UnitWrites& writes = openUnit();
  overlay_.write(lastIssued_ + 1, writes, key, std::move(value));
}

void RoomCore::writeAlarm(std::optional<Time> alarm) {
  if (!mayAct("storage.setAlarm")) return;
  openUnit().alarm = alarm;
  alarm_.set(alarm);
}

std::optional<OperationKey> RoomCore::syncOperation() {
  const Host::Unit last = openUnit_ ? lastIssued_ + 1 : lastIssued_;
  if (last <= outputs_.committed() || !mayAct("storage.sync")) return std::nullopt;
  const OperationKey key = handlers_.open(false);
  syncs_.push_back({last, key, context().section, context().cause});
  return key;
}

}  // namespace Detail
}  // namespace Party
