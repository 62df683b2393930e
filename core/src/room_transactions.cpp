#include <party/error.h>
#include <party/storage.h>

#include <utility>

#include "room_core.h"

/// Transactions: critical sections with a layer of writes of their own.

namespace Party {

using Detail::TransactionState;

void KeyValueStore::checkTransaction(std::string_view operation) const {
  if (transaction_->phase == TransactionState::Phase::running) return;
  const std::string name = std::string(operation) + "()";
  if (transaction_->phase == TransactionState::Phase::rolledBack) {  // STORE-104
    throw Error("Cannot " + name + " on rolled back transaction", std::nullopt,
                "what it had written is gone; begin another with room().storage().transaction(...)");
  }
  throw Error("Cannot call " + name +  // STORE-105
                  " on transaction that has already committed: did you move `txn` outside of the closure?",
              std::nullopt, "use it inside its closure only; outside, room().storage() has the same operations");
}

void Transaction::rollback() {
  if (transaction_->phase == TransactionState::Phase::rolledBack) return;
  checkUsable("rollback");
  room_->rollBack(*transaction_);
}

Pending<void> Transaction::deleteAll() {
  return failed(std::make_exception_ptr(Error("Cannot call deleteAll() within a transaction", std::nullopt,
                                              "remove the keys that list() gives, or let room().storage() do it")));
}

std::shared_ptr<TransactionState> Storage::newTransaction() { return std::make_shared<TransactionState>(); }

Detail::AskedSection Storage::startTransaction(Detail::Callback body, std::shared_ptr<TransactionState> state) {
  return room_->askForSection("storage.transaction", std::move(body), std::move(state));
}

namespace Detail {

void RoomCore::beginTransaction(std::shared_ptr<TransactionState> state, SectionId section) {
  state->section = section;
  state->outer = std::exchange(transaction_, nullptr);
  transaction_ = std::move(state);
}

// The layer goes at once; what the closure writes afterwards through the storage belongs to what is around it.
void RoomCore::rollBack(TransactionState& state) {
  if (transaction_.get() != &state) {  // STORE-110
    throw Error("Cannot roll back an outer transaction while a nested transaction is still running.", std::nullopt,
                "await the inner transaction first");
  }
  const auto ended = std::exchange(transaction_, state.outer);
  ended->phase = TransactionState::Phase::rolledBack;
  ended->outer.reset();
}

// STORE-112: from here on the writes are like any others, and outputs wait for them.
void RoomCore::commit(TransactionState& state) {
  const auto ended = std::exchange(transaction_, state.outer);
  ended->phase = TransactionState::Phase::committed;
  ended->outer.reset();
  Host::UnitWrites& writes = ended->writes;
  if (writes.deleteAll) {
    if (transaction_) {
      deleteAll();
    } else {
      wipe();  // and what follows in the same unit: a transaction is atomic
    }
  }
  for (auto& entry : writes.writes) write(entry.key, std::move(entry.value), ended->confirmed);
  if (writes.alarm) writeAlarm(*writes.alarm, ended->confirmed);
}

void RoomCore::transactionEnded(Handler& handler) {
  const auto error = errorOf(handler);
  const bool running = transaction_ && transaction_->section == handler.context.section;  // it may have rolled back
  if (running && error) rollBack(*transaction_);
  if (running && !error) commit(*transaction_);
  endSection(handler.context.section);
  if (error) {
    handlers_.settle(handler.context.settles, error);  // STORE-102
  } else if (running && overfull()) {
    waitForDisk(handler.context.settles, false);
  } else {
    handlers_.settle(handler.context.settles, std::monostate());
  }
}

}  // namespace Detail
}  // namespace Party
