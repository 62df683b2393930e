#include <string>

#include "storage_steps.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const DriverOptions heldCommits{.commits = Commits::held};

// STORE-071, GATE-037
TEST(RoomUnconfirmed, AnUnconfirmedWriteHoldsNoOutputAndIsStored) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    const auto unconfirmed = PutOptions().allowUnconfirmed();
    const std::string what(message.text());
    if (what == "put") room.storage().put("k", 1, unconfirmed);
    if (what == "text") room.storage().put("k", "words", unconfirmed);
    std::map<std::string, int> entries{{"l", 1}};
    if (what == "putMany") room.storage().putMany(entries, unconfirmed);
    if (what == "remove") room.storage().remove("k", unconfirmed);
    std::vector<std::string> keys{"l"};
    if (what == "removeMany") room.storage().removeMany(keys, unconfirmed);
    if (what == "setAlarm") room.storage().setAlarm(room.now() + 1h, unconfirmed);
    if (what == "deleteAlarm") room.storage().deleteAlarm(unconfirmed);
    sender.send(message);
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  Lines expected{"open"};
  for (const char* what : {"put", "text", "putMany", "remove", "removeMany", "setAlarm", "deleteAlarm"}) {
    room.message(ann, what);
    expected.emplace_back(what);
    EXPECT_EQ(room.seen(ann), expected);
  }
  EXPECT_EQ(room.undurable(), 7u);
  EXPECT_EQ(room.blocker(), "writes are not durable yet") << "INV-11";
  room.commitThrough(3);
  EXPECT_EQ(room.stored<std::string>("k"), "words");
}

// STORE-071: one confirmed write in the unit holds what comes after it; what came before it has left.
TEST(RoomUnconfirmed, AConfirmedWriteInTheSameUnitHoldsWhatIsSentAfterIt) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    room.storage().put("a", 1, PutOptions().allowUnconfirmed());
    sender.send("1");
    room.storage().put("b", 1);
    sender.send("2");
    room.storage().put("c", 1, PutOptions().allowUnconfirmed());
    sender.send("3");
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.trace.clear();
  room.message(ann, "go");
  EXPECT_THAT(room.trace, ElementsAre("ann < 1", "unit 1: +a +b +c"));
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1", "2", "3"));
}

// GATE-033: it waits for the confirmed write before it, not for the unconfirmed one between
TEST(RoomUnconfirmed, AnOutputWaitsForTheLastConfirmedUnitBeforeIt) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    const bool confirmed = message.text() == "confirmed";
    room.storage().put("k", message.text(), PutOptions().allowUnconfirmed(!confirmed));
    sender.send(message);
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "confirmed");
  room.message(ann, "unconfirmed");
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  room.commitThrough(1);
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "confirmed", "unconfirmed"));
  EXPECT_EQ(room.undurable(), 1u);
}

// STORE-071, GATE-037, CP-26
TEST(RoomUnconfirmed, AFailedUnitResetsTheRoomAlthoughTheMessageIsOut) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    room.storage().put("k", 1, PutOptions().allowUnconfirmed());
    sender.send(message);
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "sent");
  room.failUnit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "sent", "dropped"));
  EXPECT_THAT(room.disk, IsEmpty());
}

// STORE-087
TEST(RoomUnconfirmed, SyncWaitsForUnconfirmedWritesToo) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    room.storage().put("k", 1, PutOptions().allowUnconfirmed());
    co_await room.storage().sync();
    log.push_back("synced");
  };
  RoomDriver room(script, heldCommits);
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(log, IsEmpty());
  room.commit();
  EXPECT_THAT(log, ElementsAre("synced"));
}

// ALARM-027: the run's own removal of the alarm is confirmed, whatever the handler wrote
TEST(RoomUnconfirmed, AnAlarmsRunEndsOnlyWhenItsRemovalIsDurable) {
  Script script;
  script.onAlarm = [](Room& room) -> Task<> {
    room.storage().put("k", 1, PutOptions().allowUnconfirmed());
    co_return;
  };
  RoomDriver room(script, {.commits = Commits::held, .alarm = Time(1'700'000'000s)});
  room.alarmDue();
  EXPECT_THAT(room.alarmRuns, IsEmpty());
  room.commit();
  EXPECT_THAT(room.alarmRuns, ElementsAre("done"));
}

// STORE-070, GATE-008, CP-09
TEST(RoomConcurrency, AReadThatAllowsItLetsOtherEventsInWhileItWaits) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    const std::string what(message.text());
    const auto concurrent = GetOptions().allowConcurrency();
    std::vector<std::string> keys{"k"};
    if (what == "get") co_await room.storage().get<int>("k", concurrent);
    if (what == "getMany") co_await room.storage().getMany<int>(keys, concurrent);
    if (what == "list") co_await room.storage().list<int>(ListOptions().allowConcurrency());
    if (what == "remove") co_await room.storage().remove("k", PutOptions().allowConcurrency());
    if (what == "removeMany") co_await room.storage().removeMany(keys, PutOptions().allowConcurrency());
    if (what == "exclusive") co_await room.storage().get<int>("k2");
    log.push_back(what);
  };
  for (const char* what : {"get", "getMany", "list", "remove", "removeMany"}) {
    log.clear();
    RoomDriver room(script, {.reads = Reads::held, .stored = {{"k", encodeValue(1)}}});
    const Client ann = room.connect("ann");
    room.message(ann, what);
    EXPECT_FALSE(room.status().gateShut) << what;
    room.message(ann, "other");
    EXPECT_THAT(log, ElementsAre("other"));
    EXPECT_EQ(room.blocker(), "a handler is running");
    room.completeReads();
    EXPECT_THAT(log, ElementsAre("other", what));
    EXPECT_EQ(room.status().operations, 0u);
  }
  log.clear();
  RoomDriver room(script, {.reads = Reads::held});
  const Client ann = room.connect("ann");
  room.message(ann, "exclusive");
  room.message(ann, "other");
  EXPECT_THAT(log, IsEmpty()) << "GATE-004: without the option nothing is let in";
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("exclusive", "other"));
}

// STORE-015, GATE-007: the value is that of the call, and going on takes the gate
TEST(RoomConcurrency, ItsValueIsThatOfTheCallAndItsHandlerGoesOnWhenTheGateIsFree) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "concurrent") {
      const auto value = co_await room.storage().get<int>("k", GetOptions().allowConcurrency());
      log.push_back("concurrent " + std::to_string(value.value_or(0)));
    } else {
      room.storage().put("k", 2);
      co_await room.storage().get<int>("other");
      log.push_back("exclusive");
    }
  };
  RoomDriver room(script, {.reads = Reads::held, .stored = {{"k", encodeValue(1)}}});
  const Client ann = room.connect("ann");
  room.message(ann, "concurrent");
  room.message(ann, "exclusive");
  EXPECT_TRUE(room.status().gateShut);
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("exclusive", "concurrent 1"));
}

// GATE-020, GATE-026, INV-15: it belongs to the section it was begun in
TEST(RoomConcurrency, AReadBegunOutsideASectionIsAnsweredAfterItAndOneInsideWithinIt) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "outside") {
      co_await room.storage().get<int>("k", GetOptions().allowConcurrency());
      log.push_back("outside");
      co_return;
    }
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      co_await room.storage().get<int>("k", GetOptions().allowConcurrency());
      log.push_back("inside");
      co_await room.sleep(1s);
      log.push_back("over");
    });
  };
  RoomDriver room(script, {.reads = Reads::held});
  const Client ann = room.connect("ann");
  room.message(ann, "outside");
  room.message(ann, "section");
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("inside"));
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("inside", "over", "outside"));
}

// GATE-026
TEST(RoomConcurrency, AReadBegunInASectionThatHasEndedIsAnsweredOutside) {
  Lines log;
  Script script;
  const auto read = [&log](Room& room) -> Task<> {  // it outlives the handler
    co_await room.storage().get<int>("k", GetOptions().allowConcurrency());
    log.push_back("answered");
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      room.waitUntil(read(room));
      co_await room.sleep(1s);
    });
    co_await room.storage().get<int>("other");  // shuts the gate, so that the other answer has to wait
    log.push_back("over");
  };
  RoomDriver room(script, {.reads = Reads::held});
  room.message(room.connect("ann"), "go");
  room.advance(1s);
  EXPECT_THAT(log, IsEmpty());
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("over", "answered"));
}

// GATE-008: also while the instance starts, and after a reset its answer reaches nobody
TEST(RoomConcurrency, AReadInOnStartIsAnsweredDuringItAndOneOfABrokenInstanceNever) {
  Lines log;
  Script script;
  script.onStart = [&](Room& room) -> Task<> {
    const auto value = co_await room.storage().get<int>("k", GetOptions().allowConcurrency());
    log.push_back("started with " + std::to_string(value.value_or(0)));
  };
  script.onRequest = [&](Room&, Request) -> Task<Response> { co_return Response("fine"); };
  RoomDriver room(script, {.reads = Reads::held, .stored = {{"k", encodeValue(1)}}});
  const Ask first = room.request();
  room.reset("new code");
  EXPECT_EQ(room.response(first), "500 new code");
  const Ask second = room.request();
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("started with 1"));
  EXPECT_EQ(room.response(second), "200 fine");
}

// STORE-072
TEST_P(StorageSteps, NoCacheTellsTheHostAndChangesNothingThatIsRead) {
  run(
      [](Room& room) -> Task<> {
        EXPECT_EQ(co_await room.storage().get<int>("k"), 1);
        EXPECT_EQ(co_await room.storage().get<int>("k", GetOptions().noCache()), 1);
        std::vector<std::string> keys{"k"};
        EXPECT_EQ((co_await room.storage().getMany<int>(keys, GetOptions().noCache())).size(), 1u);
        EXPECT_EQ((co_await room.storage().list<int>(ListOptions().noCache())).size(), 1u);
        EXPECT_EQ((co_await room.storage().list<int>(ListOptions().start("a"))).size(), 1u);
      },
      {{"k", 1}});
  EXPECT_THAT(driver->readsAsked, ElementsAre("k", "-k", "-k", "-..", "a.."));
}
INSTANTIATE_TEST_SUITE_P(Reads, StorageSteps, testing::Values(Reads::now, Reads::later), nameOfReads);

/// Puts 600 bytes for each message, with at most 1,000 not durable.
struct Backpressure : testing::Test {
  Lines log;
  Script script;
  DriverOptions options{.commits = Commits::held};
  Backpressure() {
    options.profile.maxUnflushedBytes = 1'000;
    script.onMessage = [this](Room& room, Message message, Connection) -> Task<> {
      const std::string what(message.text());
      const PutOptions concurrent = PutOptions().allowConcurrency(what == "concurrent");
      if (what == "remove") {
        log.push_back(co_await room.storage().remove("1") ? "removed" : "was not there");
        co_return;
      }
      if (what == "alarm") {
        co_await room.storage().setAlarm(room.now() + 1h);
      } else if (what != "look") {
        co_await room.storage().put(what, std::string(what == "big" ? 2'000 : 600, 'x'), concurrent);
      }
      log.push_back(what);
    };
  }
};

// STORE-083, CP-07, STORE-029
TEST_F(Backpressure, AboveTheLimitAWriterWaitsWithTheGateShutUntilTheDiskHasCaughtUp) {
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  EXPECT_THAT(log, ElementsAre("1")) << "below the limit a put is ready at once";
  room.message(ann, "2");
  room.message(ann, "look");
  EXPECT_THAT(log, ElementsAre("1"));
  EXPECT_TRUE(room.status().gateShut);
  EXPECT_EQ(room.undurable(), 2u) << "both have been issued";
  room.commitThrough(1);
  EXPECT_THAT(log, ElementsAre("1", "2", "look")) << "one of them is durable, so 601 bytes are not";
  EXPECT_FALSE(room.status().gateShut);
}

// STORE-083
TEST_F(Backpressure, ACommitThatLeavesTooMuchKeepsTheWriterWaiting) {
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.message(ann, "big");
  room.commitThrough(1);
  EXPECT_THAT(log, ElementsAre("1"));
  EXPECT_TRUE(room.status().gateShut);
  room.commitThrough(2);
  EXPECT_THAT(log, ElementsAre("1", "big"));
}

// STORE-083, STORE-030: removals and the alarm too; a removal still says what was there
TEST_F(Backpressure, RemovalsAndTheAlarmWaitLikePuts) {
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.message(ann, "2");
  room.message(ann, "alarm");
  room.commitThrough(1);
  room.message(ann, "3");
  EXPECT_THAT(log, ElementsAre("1", "2", "alarm"));
  room.message(ann, "remove");
  room.commitThrough(2);
  EXPECT_THAT(log, ElementsAre("1", "2", "alarm", "3", "removed"));
}

// STORE-070, GATE-008
TEST_F(Backpressure, AWriterThatAllowsConcurrencyLetsOthersInWhileItWaits) {
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.message(ann, "concurrent");
  room.message(ann, "look");
  EXPECT_THAT(log, ElementsAre("1", "look"));
  room.commit();
  EXPECT_THAT(log, ElementsAre("1", "look", "concurrent"));
}

// STORE-084: what is overwritten before it is durable counts once
TEST_F(Backpressure, AKeyWrittenAgainCountsOnce) {
  script.onMessage = [this](Room& room, Message, Connection) -> Task<> {
    for (int i = 0; i < 10; ++i) co_await room.storage().put("k", std::string(600, 'x'));
    log.push_back("done");
  };
  RoomDriver room(script, options);
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(log, ElementsAre("done"));
}

// CP-07: 0 is a legal threshold, every write waits for the disk
TEST_F(Backpressure, AtALimitOfZeroEveryWriteWaitsForTheDisk) {
  options.profile.maxUnflushedBytes = 0;
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  for (const char* what : {"1", "2"}) {
    room.message(ann, what);
    EXPECT_TRUE(room.status().gateShut);
    room.commit();
    EXPECT_EQ(log.back(), what);
  }
}

// A Pending that nobody awaits forgets the answer, not the wait.
TEST_F(Backpressure, AWriteNobodyAwaitsKeepsOtherEventsOutAllTheSame) {
  script.onMessage = [this](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "put") room.storage().put("k", std::string(2'000, 'x'));
    log.emplace_back(message.text());
    co_return;
  };
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "put");
  room.message(ann, "next");
  EXPECT_THAT(log, ElementsAre("put"));
  room.commit();
  EXPECT_THAT(log, ElementsAre("put", "next"));
  EXPECT_EQ(room.status().operations, 0u);
}

// STORE-083, STORE-088, INV-06
TEST_F(Backpressure, AWriterThatWaitsNeverResumesWhenTheDiskFails) {
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.message(ann, "2");
  room.failUnit();
  EXPECT_THAT(log, ElementsAre("1"));
  EXPECT_FALSE(room.status().gateShut);
  const Client bob = room.connect("bob");
  room.message(bob, "look");
  EXPECT_THAT(log, ElementsAre("1", "look"));
}

// STORE-083, STORE-112: a transaction's writes count from its end on, and its caller waits
TEST_F(Backpressure, ATransactionWaitsAtItsEndAndNotWithin) {
  script.onMessage = [this](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "transaction") {
      const auto body = [this](Transaction transaction) -> Task<int> {
        co_await transaction.put("a", std::string(2'000, 'x'));
        log.push_back("within");
        co_return 3;
      };
      log.push_back("gives " + std::to_string(co_await room.storage().transaction(body)));
    } else {
      log.emplace_back(message.text());
    }
  };
  RoomDriver room(script, options);
  const Client ann = room.connect("ann");
  room.message(ann, "transaction");
  room.message(ann, "look");
  EXPECT_THAT(log, ElementsAre("within"));
  room.commit();
  EXPECT_THAT(log, ElementsAre("within", "gives 3", "look"));
}

}  // namespace
}  // namespace Party::Test
