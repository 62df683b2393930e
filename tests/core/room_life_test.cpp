#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// CONNECT-9, LIFE-1, LIFE-5
TEST(RoomLife, AFirstConnectionConstructsThenStartsThenTagsThenConnectsAndOnlyThenIsOpen) {
  Lines log;
  Script script;
  script.constructor = [&](Room&) { log.push_back("constructor"); };
  script.onStart = [&](Room& room) -> Task<> {
    log.push_back("onStart");
    co_await room.sleep(1s);
    log.push_back("started");
  };
  script.getConnectionTags = [&](Room& room, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
    log.push_back("tags");
    co_await room.sleep(1s);
    co_return std::vector<std::string>();
  };
  script.onConnect = [&](Room& room, Connection, ConnectionContext) -> Task<> {
    log.push_back("onConnect");
    co_await room.sleep(1s);
    log.push_back("connected");
  };
  RoomDriver room(script);
  EXPECT_THAT(room.life, IsEmpty()) << "nothing is constructed before the first event";

  const Client ann = room.connect("ann");
  room.advance(2999ms);
  EXPECT_THAT(log, ElementsAre("constructor", "onStart", "started", "tags", "onConnect"));
  EXPECT_THAT(room.seen(ann), IsEmpty());

  room.advance(1ms);
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));

  log.clear();
  room.connect("bob");
  room.advance(2s);
  EXPECT_THAT(log, ElementsAre("tags", "onConnect", "connected")) << "the room is warm";
  EXPECT_THAT(room.life, ElementsAre("started 1"));
}

// LIFE-1, LIFE-5, REQUEST-1
TEST(RoomLife, ARequestWakesTheRoomAndIsAnsweredAfterItsStart) {
  Lines log;
  Script script;
  script.constructor = [&](Room& room) { log.push_back("constructor of " + room.id() + " of " + room.name()); };
  script.onStart = [&](Room&) -> Task<> {
    log.push_back("onStart");
    co_return;
  };
  script.onRequest = [&](Room&, Request) -> Task<Response> {
    log.push_back("onRequest");
    co_return Response("hello");
  };
  RoomDriver room(script);

  EXPECT_EQ(room.response(room.request()), "200 hello");
  EXPECT_EQ(room.response(room.request()), "200 hello");

  EXPECT_THAT(log, ElementsAre("constructor of r of main", "onStart", "onRequest", "onRequest"));
}

// LIFE-4
TEST(RoomLife, OptionsAreReadOnceForEachInstanceAfterTheConstructorAndBeforeOnStart) {
  Lines log;
  Script script;
  script.options = {.hibernate = true};
  script.constructor = [&](Room&) { log.push_back("constructor"); };
  script.onOptions = [&](Room&) { log.push_back("options"); };
  script.onStart = [&](Room&) -> Task<> {
    log.push_back("onStart");
    co_return;
  };
  RoomDriver room(script);

  const Client ann = room.connect("ann");
  room.message(ann, "hello");
  EXPECT_THAT(log, ElementsAre("constructor", "options", "onStart"));

  room.hibernate();
  room.message(ann, "hello");
  EXPECT_THAT(log, ElementsAre("constructor", "options", "onStart", "constructor", "options", "onStart"));
}

// BCAST-3, BCAST-13
TEST(RoomLife, InTheConstructorNobodyIsConnectedAndABroadcastDoesNothing) {
  Lines log;
  Script script;
  script.options = {.hibernate = true};
  script.constructor = [&](Room& room) {
    room.broadcast("from the constructor");
    room.getConnections().send("from the constructor");
    log.push_back(std::to_string(room.getConnections().count()) + (room.getConnection("ann") ? " ann" : " nobody"));
  };
  script.onStart = [&](Room& room) -> Task<> {
    log.push_back(std::to_string(room.getConnections().count()) + (room.getConnection("ann") ? " ann" : " nobody"));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.hibernate();
  room.message(ann, "wake");

  EXPECT_THAT(log, ElementsAre("0 nobody", "0 nobody", "0 nobody", "1 ann"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
}

struct GateCase {
  const char* name;
  Reads reads;
};

class StrictStart : public testing::TestWithParam<GateCase> {};

// D-1, LIFE-5, MESSAGE-19, MESSAGE-20
TEST_P(StrictStart, HoldsBackEventsOfEveryKindUntilOnStartHasEndedAndGivesThemInOrderOfArrival) {
  Lines log;
  Script script;
  script.options = {.hibernate = true};
  script.onStart = [&](Room& room) -> Task<> {
    log.push_back("start");
    if (GetParam().reads == Reads::held) {
      co_await room.storage().get<int>("k");
    } else {
      co_await room.sleep(5s);
    }
    log.push_back("started");
  };
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    log.push_back("connect " + std::string(connection.id()));
    co_return;
  };
  script.onMessage = [&](Room&, Message message, Connection sender) -> Task<> {
    log.push_back(std::string(message.text()) + " of " + std::string(sender.id()));
    co_return;
  };
  script.onClose = [&](Room&, Connection connection) -> Task<> {
    log.push_back("close " + std::string(connection.id()));
    co_return;
  };
  script.onError = [&](Room&, Connection connection, Error) -> Task<> {
    log.push_back("error " + std::string(connection.id()));
    co_return;
  };
  script.onRequest = [&](Room&, Request) -> Task<Response> {
    log.push_back("request");
    co_return Response("done");
  };
  script.onAlarm = [&](Room&) -> Task<> {
    log.push_back("alarm");
    co_return;
  };
  const auto finishStart = [](RoomDriver& room) {
    if (GetParam().reads == Reads::held) {
      room.completeReads();
    } else {
      room.advance(5s);
    }
  };
  RoomDriver room(script, {.reads = GetParam().reads, .alarm = Time(1'700'000'001s)});
  const Client ann = room.connect("ann");
  finishStart(room);
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  const Client dan = room.connect("dan");
  room.hibernate();
  log.clear();

  room.message(ann, "1");
  const Client eve = room.connect("eve");
  room.message(bob, "2");
  const Ask ask = room.request();
  room.close(cyd);
  room.message(ann, "3");
  room.alarmDue();
  room.fail(dan, 1002, "Unknown opcode 3");
  room.lose(bob);
  EXPECT_THAT(log, ElementsAre("start"));
  EXPECT_EQ(room.response(ask), "");
  EXPECT_EQ(room.status().waitingEvents, 9u);

  finishStart(room);

  EXPECT_THAT(log, ElementsAre("start", "started", "1 of ann", "connect eve", "2 of bob", "request", "close cyd",
                               "3 of ann", "alarm", "error dan", "close bob"));
  EXPECT_THAT(room.seen(eve), ElementsAre("open"));
  EXPECT_EQ(room.response(ask), "200 done");
}

INSTANTIATE_TEST_SUITE_P(RoomLife, StrictStart,
                         testing::Values(GateCase{"Timer", Reads::now}, GateCase{"Storage", Reads::held}),
                         [](const auto& tested) { return tested.param.name; });

// D-1: the gate that holds others back must not hold back what onStart itself waits for.
TEST(RoomLife, OnStartMayWaitForItsOwnTimersSyncSectionsAndBackgroundWork) {
  Lines log;
  Script script;
  script.onStart = [&](Room& room) -> Task<> {
    room.setTimeout(1s, [&] { log.push_back("timeout"); });
    room.waitUntil([](Room& within, Lines& lines) -> Task<> {
      co_await within.sleep(3s);
      lines.push_back("background");
    }(room, log));
    co_await room.storage().put("k", 1);
    co_await room.storage().sync();
    log.push_back("durable");
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      co_await room.sleep(1s);
      log.push_back("section");
    });
    co_await room.sleep(1s);
    log.push_back("started");
  };
  script.onRequest = [&](Room&, Request) -> Task<Response> { co_return Response("done"); };
  RoomDriver room(script);
  const Ask ask = room.request();

  room.advance(1999ms);
  EXPECT_EQ(room.response(ask), "");
  room.advance(1ms);
  EXPECT_EQ(room.response(ask), "200 done");
  room.advance(10s);

  EXPECT_THAT(log, testing::UnorderedElementsAre("durable", "section", "timeout", "started", "background"));
  EXPECT_EQ(room.status().operations, 0u);
}

// LIFE-22, D-1: a section asked for in the constructor holds back the waking event too, and what a start began goes on
// after it.
TEST(RoomLife, ASectionOfTheConstructorComesBeforeTheWakingEventAndItsBackgroundWorkOutlivesTheStart) {
  Lines log;
  std::optional<Pending<void>> kept;
  Script script;
  script.constructor = [&](Room& room) {
    kept.emplace(room.blockConcurrencyWhile([&]() -> Task<> {
      log.push_back("section");
      co_await room.sleep(1s);
      log.push_back("section over");
    }));
    room.waitUntil([](Room& within, Lines& lines) -> Task<> {
      co_await within.sleep(2s);
      lines.push_back("background over");
    }(room, log));
    room.setTimeout(3s, [&] { log.push_back("timeout"); });
  };
  script.destructor = [&](Room&) { kept.reset(); };
  script.onRequest = [&](Room&, Request) -> Task<Response> {
    log.push_back("request");
    co_return Response();
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    co_await room.blockConcurrencyWhile([&]() -> Task<> { co_await room.sleep(5s); });
    log.push_back("message over");
  };
  RoomDriver room(script);
  room.request();
  room.advance(1s);
  room.message(room.connect("ann"), "shut the gate while the others become due");
  room.advance(10s);

  EXPECT_THAT(log, ElementsAre("section", "section over", "request", "message over", "background over", "timeout"));
  EXPECT_EQ(room.status().waitingEvents, 0u);
}

// LIFE-2, LIFE-3: what a room has without configuration is there from the constructor on
TEST(RoomLife, IdNameInternalIdStorageAndPartiesAreThereFromTheConstructorOn) {
  Lines log;
  const auto note = [&](Room& room) {
    log.push_back(room.id() + " " + room.name() + " " + room.internalID().substr(0, 4) + " " +
                  std::to_string(room.context().parties().size()));
  };
  Script script;
  script.constructor = [&](Room& room) {
    note(room);
    room.storage().put("k", 1);
  };
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    note(room);
    const auto stored = co_await room.storage().get<int>("k");
    co_return Response(std::to_string(stored.value_or(0)));
  };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()), "200 1");
  ASSERT_EQ(log.size(), 2u);
  EXPECT_THAT(log[0], testing::StartsWith("r main "));
  EXPECT_EQ(log[1], log[0]);
}

// LIFE-24, INV-16: two rooms of one class are two objects, each with its own storage and sockets
TEST(RoomLife, TwoRoomsShareNeitherObjectNorStorageNorConnections) {
  std::vector<const Room*> seen;
  Script script;
  script.constructor = [&](Room& room) { seen.push_back(&room); };
  script.onMessage = [](Room& room, Message message, Connection) -> Task<> {
    room.storage().put("k", message.text());
    room.broadcast(message);
    co_return;
  };
  RoomDriver one(script);
  RoomDriver two(script);
  const Client ann = one.connect("ann");
  const Client bob = two.connect("bob");
  one.message(ann, "hi");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_NE(seen[0], seen[1]);
  EXPECT_EQ(one.stored<std::string>("k"), "hi");
  EXPECT_EQ(two.stored<std::string>("k"), std::nullopt);
  EXPECT_THAT(two.seen(bob), ElementsAre("open"));
}

}  // namespace
}  // namespace Party::Test
