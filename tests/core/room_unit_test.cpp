#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// STORE-080, STORE-081, STORE-084, ALARM-007
TEST(RoomUnit, TheWritesOfATurnAreOneUnitInTheirOrderWithTheLastValueOfEachKey) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    co_await room.storage().put("b", 1);
    co_await room.storage().put("a", 1);
    room.storage().put("b", 2);
    co_await room.storage().setAlarm(room.now() + 1h);
    std::map<std::string, int> more{{"c", 3}, {"d", 4}};
    co_await room.storage().putMany(more);
    co_await room.storage().remove("e");
    room.storage().put("d", 5);
    co_await room.sleep(1s);
    room.storage().put("f", 6);
    room.storage().deleteAlarm();
    co_return Response();
  };
  RoomDriver room(script);
  room.request();
  EXPECT_THAT(room.trace, ElementsAre("started 1", "unit 1: +b +a +c +d -e alarm"));
  EXPECT_EQ(room.stored<int>("b"), 2);
  EXPECT_EQ(room.stored<int>("d"), 5);
  EXPECT_TRUE(room.durableAlarm);

  room.trace.clear();
  room.advance(1s);
  EXPECT_THAT(room.trace, ElementsAre("unit 2: +f no alarm", "200 "));
  EXPECT_FALSE(room.durableAlarm);
}

// STORE-080: a read that has to wait ends the turn, writes behind it are another unit.
TEST(RoomUnit, AReadThatWaitsDividesTheUnit) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    room.storage().put("a", 1);
    co_await room.storage().get<int>("k");
    room.storage().put("b", 1);
    co_return Response();
  };
  RoomDriver room(script, {.reads = Reads::later});
  room.request();
  EXPECT_THAT(room.trace, ElementsAre("started 1", "unit 1: +a", "unit 2: +b", "200 "));
}

// INV-14, 8.7, ALARM-050
TEST(RoomUnit, AThrowDoesNotUndoTheWritesBeforeIt) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    room.storage().put("k", 1);
    throw std::runtime_error("after the put");
    co_return Response();
  };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()), "500 after the put");
  EXPECT_EQ(room.stored<int>("k"), 1);
}

// STORE-016, INV-05: the overlay outlives the host's commit until the commit is acknowledged, and a newer write
// outlives the acknowledgement of an older one.
TEST(RoomUnit, ReadsSeeWritesWhateverTheHostHasCommittedMeanwhile) {
  for (const Reads reads : {Reads::now, Reads::later}) {
    Lines log;
    Script script;
    script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
      if (message.text() != "read") room.storage().put("k", message.text());
      const auto value = co_await room.storage().get<std::string>("k");
      log.push_back(value.value_or("none"));
    };
    RoomDriver room(script, {.reads = reads, .commits = Commits::held});
    const Client ann = room.connect("ann");
    room.message(ann, "first");
    room.message(ann, "second");
    room.commitThrough(1);
    room.message(ann, "read");
    EXPECT_EQ(room.stored<std::string>("k"), "first");
    room.commitThrough(2);
    room.message(ann, "read");
    EXPECT_THAT(log, ElementsAre("first", "second", "second", "second"));
  }
}

// STORE-087, GATE-007
TEST(RoomUnit, SyncWaitsForTheWritesBeforeItAloneAndLetsEventsInMeanwhile) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "put") room.storage().put("k", 1);
    if (message.text() == "sync") co_await room.storage().sync();
    if (message.text() == "put sync") {
      room.storage().put("k", 2);
      co_await room.storage().sync();
    }
    log.emplace_back(message.text());
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "sync");
  EXPECT_THAT(log, ElementsAre("sync")) << "nothing is pending, so it settles at once";
  room.message(ann, "put");
  room.message(ann, "sync");
  room.message(ann, "put sync");
  room.message(ann, "put");
  EXPECT_THAT(log, ElementsAre("sync", "put", "put"));
  room.commitThrough(1);
  EXPECT_THAT(log, ElementsAre("sync", "put", "put", "sync"));
  room.commitThrough(2);
  EXPECT_EQ(log.back(), "put sync") << "the last put, unit 3, is not waited for";
  EXPECT_EQ(room.undurable(), 1u);
}

// GATE-007: after sync the handler needs the gate again.
TEST(RoomUnit, AfterSyncAHandlerWaitsForTheGateThatAnotherHolds) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "sync") {
      room.storage().put("k", 1);
      co_await room.storage().sync();
    } else {
      co_await room.storage().get<int>("k2");
    }
    log.emplace_back(message.text());
  };
  RoomDriver room(script, {.reads = Reads::held, .commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "sync");
  room.message(ann, "read");
  room.commit();
  EXPECT_THAT(log, IsEmpty());
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("read", "sync"));
}

// The Pending law: an error nobody awaited is reported once, an awaited one belongs to the handler.
TEST(RoomUnit, AnErrorThatNobodyAwaitedIsReportedOnceAndOneThatWasAwaitedIsNot) {
  const std::string longKey(3000, 'k');
  Script script;
  script.onMessage = [&longKey](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "dropped") room.storage().put(longKey, 1);
    if (message.text() == "kept") auto pending = room.storage().remove(longKey);
    if (message.text() == "moved") {
      auto pending = room.storage().remove(longKey);
      auto other = std::move(pending);
      auto third = room.storage().put("fine", 1);
      std::swap(other, pending);
    }
    if (message.text() == "caught") {
      try {
        co_await room.storage().put(longKey, 1);
      } catch (const Error&) {
      }
    }
    if (message.text() == "thrown") co_await room.storage().put(longKey, 1);
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const std::string text = "onMessage: Keys cannot be larger than 2048 bytes. A key of size 3000 was provided.";
  for (const char* how : {"dropped", "kept", "moved", "thrown"}) {
    room.failures.clear();
    room.message(ann, how);
    EXPECT_THAT(room.failures, ElementsAre(text)) << how;
  }
  room.failures.clear();
  room.message(ann, "caught");
  EXPECT_THAT(room.failures, IsEmpty());
}

// STORE-003: a put-off read whose value cannot be decoded fails where it is awaited; unawaited, its error is nobody's.
TEST(RoomUnit, AReadDroppedBeforeItsAnswerStillHoldsTheGateUntilThen) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "drop") {
      auto dropped = room.storage().get<int>("k");
    }
    log.emplace_back(message.text());
    co_return;
  };
  RoomDriver room(script, {.reads = Reads::held});
  const Client ann = room.connect("ann");
  room.message(ann, "drop");
  room.message(ann, "next");
  EXPECT_THAT(log, ElementsAre("drop"));
  EXPECT_EQ(room.status().operations, 1u);
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("drop", "next"));
  EXPECT_EQ(room.status().operations, 0u);
}

}  // namespace
}  // namespace Party::Test
