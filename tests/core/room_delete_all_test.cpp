#include "storage_steps.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using RoomDeleteAll = StorageSteps;
INSTANTIATE_TEST_SUITE_P(Reads, RoomDeleteAll, testing::Values(Reads::now, Reads::later), nameOfReads);

// STORE-033, STORE-037
TEST_P(RoomDeleteAll, LeavesAnEmptyStoreToLaterReadsAndTheAlarmAsItIs) {
  run(
      [](Room& room) -> Task<> {
        const Time at = room.now() + 1h;
        room.storage().put("d", 4);
        room.storage().setAlarm(at);
        co_await room.storage().deleteAll();
        EXPECT_EQ(co_await room.storage().get<int>("a"), std::nullopt);
        EXPECT_EQ(co_await room.storage().get<int>("d"), std::nullopt);
        EXPECT_EQ(co_await listed(room), "");
        EXPECT_EQ(co_await listed(room, ListOptions().limit(1).reverse()), "");
        std::vector<std::string> keys{"a", "d"};
        EXPECT_TRUE((co_await room.storage().getMany<int>(keys)).empty());
        EXPECT_FALSE(co_await room.storage().remove("b"));
        EXPECT_EQ(co_await room.storage().removeMany(keys), 0u);
        co_await room.storage().put("b", 20);
        EXPECT_EQ(co_await listed(room), "b=20 ");
        EXPECT_EQ(co_await room.storage().getAlarm(), at);
      },
      {{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_EQ(driver->disk.size(), 1u);
  EXPECT_EQ(driver->stored<int>("b"), 20);
  EXPECT_TRUE(driver->durableAlarm);
}

// STORE-015
TEST_P(RoomDeleteAll, AReadIssuedBeforeItSeesWhatWasThere) {
  run(
      [](Room& room) -> Task<> {
        room.storage().put("b", 2);
        auto one = room.storage().get<int>("a");
        auto all = room.storage().list<int>();
        room.storage().deleteAll();
        room.storage().put("c", 3);
        EXPECT_EQ(co_await std::move(one), 1);
        const auto before = co_await std::move(all);
        EXPECT_EQ(lineOf(before), "a=1 b=2 ");
        EXPECT_EQ(co_await listed(room), "c=3 ");
      },
      {{"a", 1}});
}

Script stepsOnMessage(std::function<void(Room&, std::string_view)> steps) {
  Script script;
  script.onMessage = [steps = std::move(steps)](Room& room, Message message, Connection) -> Task<> {
    steps(room, message.text());
    co_return;
  };
  return script;
}

// STORE-034, CP-27
TEST(RoomDeleteAllUnits, WhatWasWrittenBeforeTheRemovalAndWhatIsWrittenLaterAreThreeUnits) {
  RoomDriver room(stepsOnMessage([](Room& within, std::string_view) {
                    within.storage().put("a", 1);
                    within.storage().setAlarm(within.now() + 1h);
                    within.storage().deleteAll();
                    within.storage().put("b", 1);
                    within.storage().deleteAlarm();
                  }),
                  {.commits = Commits::held, .stored = {{"old", encodeValue(0)}}});
  const Client ann = room.connect("ann");
  room.trace.clear();
  room.message(ann, "go");
  EXPECT_THAT(room.trace, ElementsAre("unit 1: +a alarm", "unit 2: all gone", "unit 3: +b no alarm"));
  room.commitThrough(1);
  EXPECT_EQ(room.disk.size(), 2u);
  room.commitThrough(2);
  EXPECT_EQ(room.disk.size(), 0u);
  EXPECT_TRUE(room.durableAlarm) << "the removal of keys does not touch it";
  room.commitThrough(3);
  EXPECT_EQ(room.disk.size(), 1u);
  EXPECT_FALSE(room.durableAlarm);
}

// STORE-035
TEST(RoomDeleteAllUnits, WhatIsWrittenBetweenTwoOfThemInATurnIsNeverStoredButItsAlarmIs) {
  RoomDriver room(stepsOnMessage([](Room& within, std::string_view) {
    within.storage().deleteAll();
    within.storage().put("between", 1);
    within.storage().setAlarm(within.now() + 1h);
    within.storage().deleteAll();
    within.storage().put("after", 1);
    within.storage().deleteAll();
    within.storage().deleteAll();
  }));
  const Client ann = room.connect("ann");
  room.trace.clear();
  room.message(ann, "go");
  EXPECT_THAT(room.trace, ElementsAre("unit 1: all gone", "unit 2: alarm"));
  EXPECT_THAT(room.disk, IsEmpty());
}

// STORE-035, GATE-033: what was sent behind a write that is then never stored must not wait for ever
TEST(RoomDeleteAllUnits, AnOutputBehindAWriteThatIsNeverStoredLeavesAllTheSame) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    room.storage().deleteAll();
    room.storage().put("between", 1);
    sender.send("after the put");
    room.storage().deleteAll();
    co_return;
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "after the put"));
}

// STORE-033, STORE-016, INV-05: over several turns, whatever has been acknowledged meanwhile
TEST(RoomDeleteAllUnits, LaterTurnsSeeAnEmptyStoreUntilTheyWriteWhateverIsDurableMeanwhile) {
  for (const Reads reads : {Reads::now, Reads::later}) {
    Lines log;
    Script script;
    script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
      if (message.text() == "put") room.storage().put("k", 1);
      if (message.text() == "wipe") room.storage().deleteAll();
      log.push_back(co_await listed(room));
    };
    RoomDriver room(script, {.reads = reads, .commits = Commits::held, .stored = {{"old", encodeValue(0)}}});
    const Client ann = room.connect("ann");
    for (const char* step : {"put", "wipe", "look", "put", "wipe", "put", "look"}) room.message(ann, step);
    EXPECT_THAT(log, ElementsAre("k=1 old=0 ", "", "", "k=1 ", "", "k=1 ", "k=1 "));
    log.clear();
    for (Host::Unit unit = 1; unit <= 5; ++unit) {
      room.commitThrough(unit);
      room.message(ann, "look");
    }
    EXPECT_THAT(log, ElementsAre("k=1 ", "k=1 ", "k=1 ", "k=1 ", "k=1 "));
    room.message(ann, "wipe");
    room.commit();
    room.message(ann, "look");
    EXPECT_THAT(room.disk, IsEmpty());
    EXPECT_EQ(log.back(), "");
  }
}

// GATE-030: it is a confirmed write
TEST(RoomDeleteAllUnits, OutputsWaitUntilTheRemovalIsDurable) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    room.storage().put("a", 1, PutOptions().allowUnconfirmed());
    sender.send("before");
    co_await room.storage().deleteAll();
    sender.send(message);
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "gone");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "before"));
  room.commitThrough(1);
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "before"));
  room.commitThrough(2);
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "before", "gone"));
}

// STORE-086
TEST(RoomDeleteAllUnits, ARemovalThatFailsResetsTheRoomWithItsOwnText) {
  for (const bool wipe : {true, false}) {
    RoomDriver room(stepsOnMessage([&](Room& within, std::string_view) {
                      if (wipe) within.storage().deleteAll();
                      if (!wipe) within.storage().put("k", 1);
                    }),
                    {.commits = Commits::held, .stored = {{"old", encodeValue(0)}}});
    room.message(room.connect("ann"), "go");
    room.failUnit();
    EXPECT_THAT(room.life.back(),
                testing::StartsWith(std::string("room reset: Internal error in Durable Object storage ") +
                                    (wipe ? "deleteAll()" : "write") + " caused object to be reset; reference = "));
    EXPECT_EQ(room.disk.size(), 1u);
  }
}

// CP-27, INV-04: a crash between the steps leaves what is durable
TEST(RoomDeleteAllUnits, AFailureBehindTheRemovalLeavesAnEmptyStoreToTheNextInstance) {
  Lines log;
  Script script;
  script.onStart = [&](Room& room) -> Task<> { log.push_back(co_await listed(room)); };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    room.storage().put("a", 1);
    room.storage().deleteAll();
    room.storage().put("b", 1);
    co_return;
  };
  RoomDriver room(script, {.commits = Commits::held, .stored = {{"old", encodeValue(0)}}});
  room.message(room.connect("ann"), "go");
  room.commitThrough(2);
  room.failUnit();
  room.connect("bob");
  EXPECT_THAT(log, ElementsAre("old=0 ", ""));
}

}  // namespace
}  // namespace Party::Test
