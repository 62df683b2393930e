#pragma once

#include <party/detail/callback.h>
#include <party/key_value_store.h>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace Party {

/// A transaction under way: what its closure reads and writes, visible outside and durable only when it has ended well.
///
/// A small value; take it by value in the closure. Used after the closure has ended, or after `rollback`, every
/// operation fails (STORE-104, STORE-105).
class Transaction : public KeyValueStore {
 public:
  /// Takes back everything the transaction has written; it can be used no more, and what the closure returns is still
  /// its result (STORE-104). A second call does nothing. Throws while a transaction inside it runs (STORE-110).
  void rollback();
  /// Always fails: a transaction cannot delete everything (STORE-106).
  Pending<void> deleteAll();

 private:
  friend class Storage;
  Transaction(Detail::RoomCore* room, std::shared_ptr<Detail::TransactionState> state)
      : KeyValueStore(room, std::move(state)) {}
};

/// The room's own key-value store and its one alarm.
///
/// Reads see every write issued before them by this instance, durable or not (STORE-016). All writes of one turn, the
/// alarm's among them, are one unit: after a crash all of them are there or none (STORE-080). A write never waits for
/// the disk; what is sent after it does (GATE-033, GATE-038). While an answer is outstanding no other event reaches
/// the room (GATE-004). Keys: at most 2,048 bytes. Values: at most 131,072 encoded bytes. Nothing throws out of a
/// call: the Pending carries the error, and a call that failed has stored nothing (STORE-003, STORE-004).
class Storage : public KeyValueStore {
 public:
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// Removes every key; the alarm stays (STORE-037). What was written before, the removal, and what is written later in
  /// the same turn become durable one after the other, so a crash may fall between them (STORE-034).
  Pending<void> deleteAll();

  /// Runs `closure(Transaction)` as a critical section and gives what it returns, be it a value, a Task or a Pending.
  ///
  /// Everything it writes, through the transaction or through the storage itself, becomes durable as a whole when it
  /// ends, or is taken back when it throws or rolls back; an exception reaches the caller and nothing else happens
  /// (STORE-102, STORE-108). A transaction inside it is taken back with it (STORE-109). Like any critical section it
  /// begins when the caller yields, lets no other event in, and may take 30 s (STORE-101, GATE-022).
  template <std::invocable<Transaction&> Closure>
  [[nodiscard]] auto transaction(Closure&& closure) {
    auto state = newTransaction();
    auto body = Detail::makeSectionBody(
        [run = std::forward<Closure>(closure), within = Transaction(room_, state)]() mutable { return run(within); });
    return Detail::pendingSection(startTransaction(body.callback, std::move(state)), body);
  }

  /// Settles when every write issued before it is durable (STORE-087). Other events may run meanwhile.
  [[nodiscard]] Pending<void> sync();

 private:
  friend class Detail::RoomCore;
  explicit Storage(Detail::RoomCore* room) : KeyValueStore(room, nullptr) {}
  static std::shared_ptr<Detail::TransactionState> newTransaction();
  Detail::AskedSection startTransaction(Detail::Callback body, std::shared_ptr<Detail::TransactionState> state);
};

}  // namespace Party
