#include <stdexcept>

#include "storage_steps.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using RoomTransaction = StorageSteps;
INSTANTIATE_TEST_SUITE_P(Reads, RoomTransaction, testing::Values(Reads::now, Reads::later), nameOfReads);

// STORE-100, STORE-107
TEST_P(RoomTransaction, GivesWhatItsClosureReturnsBeItAValueATaskOrAPending) {
  run(
      [](Room& room) -> Task<> {
        const auto task = [](Transaction transaction) -> Task<int> {
          transaction.put("k", 2);
          const auto read = co_await transaction.get<int>("k");
          co_return read.value_or(0) * 10;
        };
        EXPECT_EQ(co_await room.storage().transaction(task), 20);
        const auto plain = [](Transaction& transaction) {
          transaction.put("k", 3);
          return std::string("text");
        };
        EXPECT_EQ(co_await room.storage().transaction(plain), "text");
        const auto pending = [](Transaction transaction) { return transaction.get<int>("k"); };
        EXPECT_EQ(co_await room.storage().transaction(pending), 3);
        co_await room.storage().transaction([](Transaction) {});
        const auto nothing = [](Transaction transaction) -> Task<> { co_await transaction.put("k", 4); };
        co_await room.storage().transaction(nothing);
        const auto pendingNothing = [](Transaction transaction) { return transaction.put("k", 5); };
        co_await room.storage().transaction(pendingNothing);
        EXPECT_EQ(co_await room.storage().get<int>("k"), 5);
      },
      {{"k", 1}});
}

// STORE-100, STORE-107, STORE-108: all operations, through the transaction and through the storage, see each other
TEST_P(RoomTransaction, ItsOwnWritesAreSeenByItAndByTheStorageWhileItRuns) {
  run(
      [](Room& room) -> Task<> {
        room.storage().put("c", 30);
        const auto body = [&room](Transaction transaction) -> Task<> {
          transaction.put("d", 4);
          room.storage().put("e", 5);
          std::map<std::string, int> more{{"f", 6}, {"g", 7}};
          transaction.putMany(more);
          EXPECT_TRUE(co_await transaction.remove("a"));
          EXPECT_FALSE(co_await transaction.remove("a"));
          std::vector<std::string> gone{"g", "zz"};
          EXPECT_EQ(co_await transaction.removeMany(gone), 1u);
          EXPECT_EQ(co_await listed(room, ListOptions()), "b=2 c=30 d=4 e=5 f=6 ");
          EXPECT_EQ(co_await listed(room, ListOptions().limit(2).reverse()), "f=6 e=5 ");
          const auto within = co_await transaction.list<int>(ListOptions().prefix("d"));
          EXPECT_EQ(lineOf(within), "d=4 ");
          std::vector<std::string> keys{"a", "b", "c", "d"};
          const auto many = co_await transaction.getMany<int>(keys);
          EXPECT_EQ(lineOf(many), "b=2 c=30 d=4 ");
          EXPECT_EQ(co_await room.storage().get<int>("d"), 4);
          EXPECT_EQ(co_await transaction.get<int>("a"), std::nullopt);
        };
        co_await room.storage().transaction(body);
        EXPECT_EQ(co_await listed(room), "b=2 c=30 d=4 e=5 f=6 ");
      },
      {{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_EQ(driver->disk.size(), 5u);
}

// STORE-102, STORE-108, STORE-111
TEST_P(RoomTransaction, AThrowTakesItsWritesBackAndReachesTheCallerAsItIsWithoutAReset) {
  struct Special : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  Lines log;
  run(
      [&](Room& room) -> Task<> {
        const auto asynchronous = [&room](Transaction transaction) -> Task<int> {
          transaction.put("k", 2);
          room.storage().put("storage", 1);
          transaction.remove("other");
          transaction.setAlarm(room.now() + 1h);
          co_await transaction.get<int>("other");
          throw Special("broken");
        };
        const auto synchronous = [](Transaction transaction) -> int {
          transaction.put("k", 3);
          throw Special("at once");
        };
        try {
          co_await room.storage().transaction(asynchronous);
        } catch (const Special& error) {
          log.emplace_back(error.what());
        }
        try {
          co_await room.storage().transaction(synchronous);
        } catch (const Special& error) {
          log.emplace_back(error.what());
        }
        EXPECT_EQ(co_await listed(room), "k=1 other=7 ");
        EXPECT_EQ(co_await room.storage().getAlarm(), std::nullopt);
      },
      {{"k", 1}, {"other", 7}});
  EXPECT_THAT(log, ElementsAre("broken", "at once"));
  EXPECT_THAT(driver->life, ElementsAre("started 1"));
  EXPECT_THAT(driver->trace, ElementsAre("started 1", "200 ")) << "not one unit";
  EXPECT_EQ(driver->durableAlarm, std::nullopt);
}

// STORE-104
TEST_P(RoomTransaction, AfterRollbackItRefusesEverythingAndItsClosuresValueIsStillTheResult) {
  run(
      [](Room& room) -> Task<> {
        const auto body = [&room](Transaction transaction) -> Task<int> {
          transaction.put("k", 2);
          transaction.rollback();
          transaction.rollback();
          EXPECT_EQ(co_await room.storage().get<int>("k"), 1);
          EXPECT_EQ(co_await errorOf(transaction.get<int>("k")), "Cannot get() on rolled back transaction");
          std::vector<std::string> keys{"k"};
          EXPECT_EQ(co_await errorOf(transaction.getMany<int>(keys)), "Cannot get() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.list<int>()), "Cannot list() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.put("k", 3)), "Cannot put() on rolled back transaction");
          std::map<std::string, int> entries{{"k", 3}};
          EXPECT_EQ(co_await errorOf(transaction.putMany(entries)), "Cannot put() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.remove("k")), "Cannot delete() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.removeMany(keys)), "Cannot delete() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.getAlarm()), "Cannot getAlarm() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.setAlarm(room.now())), "Cannot setAlarm() on rolled back transaction");
          EXPECT_EQ(co_await errorOf(transaction.deleteAlarm()), "Cannot deleteAlarm() on rolled back transaction");
          room.storage().put("outside", 5);  // what it belongs to is what is around the transaction
          co_return 7;
        };
        EXPECT_EQ(co_await room.storage().transaction(body), 7);
        EXPECT_EQ(co_await listed(room), "k=1 outside=5 ");
      },
      {{"k", 1}});
}

// STORE-105
TEST_P(RoomTransaction, UsedAfterItsClosureItRefusesEverythingAndSaysWhy) {
  run([](Room& room) -> Task<> {
    std::optional<Transaction> committed, rolledBack, thrown;
    const auto keep = [&](Transaction transaction) { committed = transaction; };
    co_await room.storage().transaction(keep);
    const auto take = [&](Transaction transaction) {
      rolledBack = transaction;
      transaction.rollback();
    };
    co_await room.storage().transaction(take);
    const auto raise = [&](Transaction transaction) {
      thrown = transaction;
      throw Error("no");
    };
    EXPECT_EQ(co_await errorOf(room.storage().transaction(raise)), "no");
    const auto text = [](const char* name) {
      return std::string("Cannot call ") + name +
             " on transaction that has already committed: did you move `txn` outside of the closure?";
    };
    EXPECT_EQ(co_await errorOf(committed->get<int>("k")), text("get()"));
    EXPECT_EQ(co_await errorOf(committed->put("k", 1)), text("put()"));
    EXPECT_EQ(co_await errorOf(committed->list<int>()), text("list()"));
    EXPECT_EQ(co_await errorOf(committed->remove("k")), text("delete()"));
    EXPECT_EQ(co_await errorOf(committed->setAlarm(room.now())), text("setAlarm()"));
    try {
      committed->rollback();
      ADD_FAILURE() << "a committed transaction was rolled back";
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), text("rollback()"));
    }
    EXPECT_EQ(co_await errorOf(rolledBack->get<int>("k")), "Cannot get() on rolled back transaction");
    EXPECT_EQ(co_await errorOf(thrown->get<int>("k")), "Cannot get() on rolled back transaction");
  });
  EXPECT_THAT(driver->disk, IsEmpty());
}

// STORE-106, 107: through the storage it is part of the transaction, and taken back with it
TEST_P(RoomTransaction, DeleteAllFailsOnItAndThroughTheStorageBelongsToIt) {
  run(
      [](Room& room) -> Task<> {
        const auto body = [&room](Transaction transaction) -> Task<> {
          EXPECT_EQ(co_await errorOf(transaction.deleteAll()), "Cannot call deleteAll() within a transaction");
          transaction.put("a", 10);
          EXPECT_EQ(co_await listed(room), "a=10 b=2 ");
          co_await room.storage().deleteAll();
          EXPECT_EQ(co_await listed(room), "");
          EXPECT_EQ(co_await transaction.get<int>("b"), std::nullopt);
          std::vector<std::string> keys{"a", "b"};
          EXPECT_TRUE((co_await transaction.getMany<int>(keys)).empty());
          transaction.put("c", 3);
          EXPECT_EQ(co_await listed(room), "c=3 ");
        };
        const auto failing = [&](Transaction transaction) -> Task<> {
          co_await body(transaction);
          throw Error("no");
        };
        EXPECT_EQ(co_await errorOf(room.storage().transaction(failing)), "no");
        EXPECT_EQ(co_await listed(room), "a=1 b=2 ");
        co_await room.storage().transaction(body);
        EXPECT_EQ(co_await listed(room), "c=3 ");
      },
      {{"a", 1}, {"b", 2}});
  EXPECT_EQ(driver->stored<int>("c"), 3);
  EXPECT_EQ(driver->disk.size(), 1u);
  EXPECT_THAT(driver->trace, testing::Contains("unit 1: all gone +c")) << "one unit, because a transaction is atomic";
}

// STORE-109
TEST_P(RoomTransaction, AnInnerOneIsTakenBackAloneOrWithTheOuter) {
  run(
      [](Room& room) -> Task<> {
        const auto inner = [&room](const char* key, bool raise) -> Task<> {
          const auto body = [key, raise](Transaction transaction) -> Task<> {
            co_await transaction.put(key, 9);
            transaction.put("k", 9);
            if (raise) throw Error("inner");
          };
          try {
            co_await room.storage().transaction(body);
          } catch (const Error& error) {
            EXPECT_EQ(error.message(), "inner");
          }
        };
        const auto commits = [&](Transaction transaction) -> Task<> {
          transaction.put("k", 2);
          co_await inner("lost", true);
          EXPECT_EQ(co_await transaction.get<int>("k"), 2);
          co_await inner("kept", false);
          EXPECT_EQ(co_await transaction.get<int>("k"), 9);
          transaction.put("outer", 1);
        };
        co_await room.storage().transaction(commits);
        EXPECT_EQ(co_await listed(room), "k=9 kept=9 outer=1 ");
        const auto fails = [&](Transaction transaction) -> Task<> {
          co_await transaction.put("k", 100);
          co_await inner("inner", false);
          EXPECT_EQ(co_await listed(room), "inner=9 k=9 kept=9 outer=1 ");
          throw Error("outer");
        };
        EXPECT_EQ(co_await errorOf(room.storage().transaction(fails)), "outer");
        EXPECT_EQ(co_await listed(room), "k=9 kept=9 outer=1 ");
      },
      {{"k", 1}});
  EXPECT_EQ(driver->disk.size(), 3u);
}

// STORE-110
TEST_P(RoomTransaction, TheOuterOneCannotBeRolledBackWhileAnInnerOneRuns) {
  run([](Room& room) -> Task<> {
    const auto body = [&room](Transaction outer) -> Task<> {
      co_await outer.put("k", 1);
      const auto inner = [&outer](Transaction) { outer.rollback(); };
      EXPECT_EQ(co_await errorOf(room.storage().transaction(inner)),
                "Cannot roll back an outer transaction while a nested transaction is still running.");
      EXPECT_EQ(co_await outer.get<int>("k"), 1);
      outer.rollback();
    };
    co_await room.storage().transaction(body);
    EXPECT_EQ(co_await listed(room), "");
  });
}

// STORE-111: on commit only, and part of the same unit
TEST_P(RoomTransaction, TheAlarmBelongsToIt) {
  run([](Room& room) -> Task<> {
    const Time at = room.now() + 1h;
    co_await room.storage().setAlarm(at);
    const auto change = [&](Transaction transaction) -> Task<> {
      EXPECT_EQ(co_await transaction.getAlarm(), at);
      co_await transaction.deleteAlarm();
      EXPECT_EQ(co_await transaction.getAlarm(), std::nullopt);
      co_await transaction.setAlarm(at + 1h);
      EXPECT_EQ(co_await room.storage().getAlarm(), at + 1h);
    };
    const auto failing = [&](Transaction transaction) -> Task<> {
      co_await change(transaction);
      throw Error("no");
    };
    EXPECT_EQ(co_await errorOf(room.storage().transaction(failing)), "no");
    EXPECT_EQ(co_await room.storage().getAlarm(), at);
    co_await room.storage().transaction(change);
    EXPECT_EQ(co_await room.storage().getAlarm(), at + 1h);
  });
  EXPECT_EQ(driver->durableAlarm, driver->now + 2h);
}

// STORE-101, GATE-020, INV-15
TEST(RoomTransactionGate, NoOtherEventIsDeliveredUntilItEnds) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() != "transaction") {
      log.emplace_back(message.text());
      co_return;
    }
    const auto body = [&](Transaction transaction) -> Task<int> {
      log.push_back("begins");
      transaction.put("k", 1);
      co_await room.sleep(1s);
      log.push_back("ends");
      co_return 5;
    };
    const int result = co_await room.storage().transaction(body);
    log.push_back("gives " + std::to_string(result));
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "transaction");
  room.message(ann, "other");
  EXPECT_THAT(log, ElementsAre("begins"));
  EXPECT_TRUE(room.status().gateShut);
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("begins", "ends", "gives 5", "other"));
  EXPECT_THAT(room.timersSet(), IsEmpty()) << "its limit's timer is cleared";
  EXPECT_FALSE(room.status().gateShut);
}

// GATE-022
TEST(RoomTransactionGate, AfterThirtySecondsTheRoomIsResetAndNothingOfItIsStored) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    const auto body = [&room](Transaction transaction) -> Task<> {
      transaction.put("k", 1);
      co_await room.sleep(1h);
    };
    co_await room.storage().transaction(body);
    co_return Response();
  };
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    const auto value = co_await room.storage().get<int>("k");
    sender.send(value ? "there" : "absent");
  };
  RoomDriver room(script);
  const Ask ask = room.request();
  room.advance(30s);
  EXPECT_THAT(room.response(ask), testing::StartsWith("500 A call to blockConcurrencyWhile()"));
  const Client ann = room.connect("ann");
  room.message(ann, "look");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "absent"));
  EXPECT_THAT(room.disk, IsEmpty());
}

// STORE-112, STORE-080: one unit at the end, though the closure has several turns, and outputs wait from then on
TEST(RoomTransactionGate, ItsWritesAreOneUnitAtItsEndAndOutputsWaitFromThereOn) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    room.storage().put("before", 1);
    const auto body = [&](Transaction transaction) -> Task<> {
      transaction.put("a", 1);
      co_await room.sleep(1s);
      sender.send("inside");
      transaction.put("b", 1);
      transaction.setAlarm(room.now() + 1h);
      co_await room.sleep(1s);
      room.storage().put("c", 1);
      transaction.put("a", 2);
    };
    co_await room.storage().transaction(body);
    sender.send("after");
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.trace.clear();
  room.message(ann, "go");
  EXPECT_THAT(room.trace, ElementsAre("unit 1: +before"));
  room.commit();
  room.advance(1s);
  EXPECT_THAT(room.trace, ElementsAre("unit 1: +before", "ann < inside")) << "not held by what is not committed";
  room.advance(1s);
  EXPECT_THAT(room.trace, ElementsAre("unit 1: +before", "ann < inside", "unit 2: +a +b +c alarm"));
  EXPECT_EQ(room.status().heldOutputs, 1u);
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "inside", "after"));
  EXPECT_EQ(room.stored<int>("a"), 2);
}

// STORE-071: unconfirmed writes alone let outputs pass, one confirmed write holds them
TEST(RoomTransactionGate, OfUnconfirmedWritesAloneItHoldsNoOutput) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    const bool mixed = message.text() == "mixed";
    const auto body = [mixed](Transaction transaction) {
      transaction.put("a", 1, PutOptions().allowUnconfirmed());
      if (mixed) transaction.put("b", 1);
    };
    co_await room.storage().transaction(body);
    sender.send(message);
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "unconfirmed");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "unconfirmed"));
  room.message(ann, "mixed");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "unconfirmed"));
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "unconfirmed", "mixed"));
}

// STORE-102: a result nobody awaits; its error is nobody's either, and said so
TEST(RoomTransactionGate, OneThatNobodyAwaitsRunsAllTheSameAndItsErrorIsReported) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection) -> Task<> {
    const bool raise = message.text() == "raise";
    auto dropped = room.storage().transaction([raise](Transaction transaction) {
      transaction.put(raise ? "lost" : "kept", 1);
      if (raise) throw Error("nobody caught this");
    });
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "fine");
  EXPECT_THAT(room.failures, IsEmpty());
  room.message(ann, "raise");
  EXPECT_THAT(room.failures, ElementsAre("transaction: nobody caught this"));
  EXPECT_EQ(room.stored<int>("kept"), 1);
  EXPECT_EQ(room.disk.size(), 1u);
}

// GATE-026, INV-14: what a rolled back transaction leaves running writes outside it
TEST(RoomTransactionGate, ATimerSetInsideWritesToTheStorageAfterItsEnd) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    const auto body = [&room](Transaction transaction) {
      transaction.put("inside", 1);
      room.setTimeout(1s, [&room] { room.storage().put("later", 1); });
      throw Error("no");
    };
    try {
      co_await room.storage().transaction(body);
    } catch (const Error&) {
    }
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(1s);
  EXPECT_EQ(room.stored<int>("later"), 1);
  EXPECT_EQ(room.disk.size(), 1u);
}

// ALARM-042: the machine's own removal of an alarm is not the transaction's to take back
TEST(RoomTransactionGate, AnAlarmGivenUpMeanwhileStaysGivenUpWhenItIsRolledBack) {
  const Time at(1'700'000'000s);
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    const auto body = [&room](Transaction transaction) -> Task<> {
      transaction.put("k", 1);
      co_await room.sleep(1s);
      throw Error("no");
    };
    try {
      co_await room.storage().transaction(body);
    } catch (const Error&) {
    }
  };
  RoomDriver room(script, {.alarm = at});
  room.message(room.connect("ann"), "go");
  room.give(Host::AlarmAbandoned{at});
  EXPECT_EQ(room.durableAlarm, std::nullopt);
  room.advance(1s);
  EXPECT_EQ(room.durableAlarm, std::nullopt);
  EXPECT_EQ(room.status().alarm, std::nullopt);
  EXPECT_THAT(room.disk, IsEmpty());
}

}  // namespace
}  // namespace Party::Test
