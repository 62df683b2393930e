#include <algorithm>
#include <utility>

#include "room_core.h"

/// What handlers read and write, between the public handles, the overlay and the host's disk.

namespace Party::Detail {

// Inside a transaction its layers lie over the room's own, the innermost on top (STORE-107).
template <class What>
const StorageOverlay& RoomCore::visible(const What& what, StorageOverlay& assembled) const {
  if (!transaction_) return overlay_;
  assembled = overlay_.snapshot(what);
  std::vector<const TransactionState*> layers;
  for (const auto* layer = transaction_.get(); layer != nullptr; layer = layer->outer.get()) layers.push_back(layer);
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) assembled.layOver((*layer)->overlay);
  return assembled;
}

const std::optional<SharedBytes>* RoomCore::findUndurable(std::string_view key) const {
  for (const auto* layer = transaction_.get(); layer != nullptr; layer = layer->outer.get()) {
    if (const auto* known = layer->overlay.find(key)) return known;
  }
  return overlay_.find(key);
}

OperationKey RoomCore::putOff(GetOptions options, StorageOverlay overlay,
                              std::variant<std::vector<std::string>, Host::KeyRange> what) {
  const bool holdsGate = !options.allowsConcurrency();
  const OperationKey operation = handlers_.open(holdsGate);
  if (holdsGate) gate_.hold();
  const SectionId section = holdsGate ? 0 : context().section;
  putOffReads_.push_back({operation, holdsGate, section, std::move(overlay), std::move(what)});
  return operation;
}

KeyValueStore::ReadOne RoomCore::readOne(std::string_view key, GetOptions options) {
  if (!mayAct("storage.get")) return {std::optional<SharedBytes>()};
  if (const auto* known = findUndurable(key)) return {*known};
  std::optional<SharedBytes> value;
  const auto answer = setup_.storage->get(key, handlers_.nextKey(), value, !options.skipsCache());
  if (answer == Host::StorageReader::Answer::now) return {std::move(value)};
  return {putOff(options, StorageOverlay(), std::vector{std::string(key)})};
}

KeyValueStore::Read RoomCore::readMany(std::vector<std::string> keys, GetOptions options) {
  if (keys.empty() || !mayAct("storage.get")) return {StoredEntries()};
  StorageOverlay assembled;
  const StorageOverlay& overlay = visible(keys, assembled);
  StoredEntries found;
  if (overlay.hidesCommitted() || setup_.storage->getMany(keys, handlers_.nextKey(), found, !options.skipsCache()) ==
                                      Host::StorageReader::Answer::now) {
    return {overlay.mergeKeys(keys, std::move(found))};
  }
  auto frozen = overlay.snapshot(keys);
  return {putOff(options, std::move(frozen), std::move(keys))};
}

KeyValueStore::Read RoomCore::readRange(const Host::KeyRange& range, GetOptions options) {
  if (!mayAct("storage.list")) return {StoredEntries()};
  StorageOverlay assembled;
  const StorageOverlay& overlay = visible(range, assembled);
  Host::KeyRange asked = range;
  asked.limit = overlay.readLimit(range);
  StoredEntries found;
  if (overlay.hidesCommitted() ||
      setup_.storage->list(asked, handlers_.nextKey(), found) == Host::StorageReader::Answer::now) {
    return {overlay.merge(range, std::move(found))};
  }
  return {putOff(options, overlay.snapshot(range), range)};
}

void RoomCore::completeRead(Host::ReadCompleted& completed) {
  const auto at = std::ranges::find(putOffReads_, completed.operation, &PutOffRead::operation);
  if (at == putOffReads_.end()) return;
  PutOffRead read = std::move(*at);
  putOffReads_.erase(at);
  StoredEntries found = completed.entries ? std::move(*completed.entries) : StoredEntries();
  if (const auto* keys = std::get_if<std::vector<std::string>>(&read.what)) {
    found = read.overlay.mergeKeys(*keys, std::move(found));
  } else {
    found = read.overlay.merge(std::get<Host::KeyRange>(read.what), std::move(found));
  }
  handlers_.settle(read.operation, std::move(found));
}

void RoomCore::write(std::string_view key, std::optional<SharedBytes> value, bool confirmed) {
  if (!mayAct("storage.put")) return;
  if (transaction_) {
    transaction_->confirmed |= confirmed;
    transaction_->overlay.write(1, transaction_->writes, key, std::move(value));
    return;
  }
  Host::UnitWrites& writes = openUnit(confirmed);
  overlay_.write(lastIssued_ + 1, writes, key, std::move(value));
}

void RoomCore::writeAlarm(std::optional<Time> alarm, bool confirmed) {
  if (!mayAct("storage.setAlarm")) return;
  if (transaction_) {
    transaction_->confirmed |= confirmed;
    transaction_->writes.alarm = alarm;
    return;
  }
  openUnit(confirmed).alarm = alarm;
  alarm_.set(alarm);
}

std::optional<Time> RoomCore::visibleAlarm() const noexcept {
  for (const auto* layer = transaction_.get(); layer != nullptr; layer = layer->outer.get()) {
    if (layer->writes.alarm) return *layer->writes.alarm;
  }
  return alarm_.current();
}

// STORE-034: what is written before, the removal, and what is written later are units of their own. Asked for again
// with nothing issued in between, only what was written in between goes (STORE-035).
void RoomCore::deleteAll() {
  if (!mayAct("storage.deleteAll")) return;
  if (transaction_) {
    transaction_->confirmed = true;
    transaction_->overlay.wipe(1);
    transaction_->writes.writes.clear();
    transaction_->writes.deleteAll = true;
  } else if (lastWipe_ != 0 && lastWipe_ == lastIssued_) {
    overlay_.dropWrites();
    if (openUnit_) openUnit_->writes.clear();
  } else {
    wipe();
    closeUnit();
    lastWipe_ = lastIssued_;
  }
}

// Opens the unit that begins with the removal of every key.
void RoomCore::wipe() {
  closeUnit();
  openUnit(true).deleteAll = true;
  overlay_.wipe(lastIssued_ + 1);
}

std::optional<OperationKey> RoomCore::syncOperation() {
  const Host::Unit last = openUnit_ ? lastIssued_ + 1 : lastIssued_;
  if (last <= outputs_.committed() || !mayAct("storage.sync")) return std::nullopt;
  const OperationKey key = handlers_.open(false);
  waits_.push_back({last, key, context().section, context().cause, false});
  return key;
}

OperationKey RoomCore::backpressure(bool concurrent) {
  const OperationKey key = handlers_.open(false);
  waitForDisk(key, concurrent);
  return key;
}

void RoomCore::waitForDisk(OperationKey operation, bool concurrent) {
  if (!concurrent) gate_.hold();
  waits_.push_back({DiskWait::untilRoomIsLeft, operation, context().section, context().cause, !concurrent});
}

/// Who waited for the disk goes on: with the gate in hand at once, otherwise when it lets him in (GATE-007).
void RoomCore::endDiskWaits(Host::Unit durable) {
  const bool full = overfull();
  std::erase_if(waits_, [&](const DiskWait& wait) {
    if (wait.unit == DiskWait::untilRoomIsLeft ? full : wait.unit > durable) return false;
    if (wait.holdsGate) {
      gate_.letGo();
      handlers_.settle(wait.operation, std::monostate());
    } else {
      gate_.arrive({wait.cause, wait.section, wait.operation});
    }
    return true;
  });
}

}  // namespace Party::Detail
