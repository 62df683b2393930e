#include <gmock/gmock.h>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Script sleepy() {
  Script script;
  script.options = {.hibernate = true};
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    if (message.text() == "sleep") co_await room.sleep(5s);
    if (message.text() == "timer") room.setTimeout(14s, [] {});
    if (message.text() == "interval") room.setInterval(1s, [] {});
    if (message.text() == "read") {
      auto dropped = room.storage().get<int>("k");
    }
    if (message.text() == "put") room.storage().put("k", 1);
    if (message.text() == "background") {
      room.waitUntil([](Room& within) -> Task<> { co_await within.sleep(1s); }(room));
    }
    sender.send(message);
  };
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    co_await room.sleep(1s);
    co_return Response();
  };
  return script;
}

// HIBER-040, HIBER-042, HIBER-048, EVICT-001, INV-11: each thing that stands against it, by name
TEST(RoomHibernation, IsPreventedByEachThingInProgressAndByNothingElse) {
  RoomDriver room(sleepy(), {.reads = Reads::held, .commits = Commits::held, .alarm = Time(1'700'000'500s)});
  EXPECT_EQ(room.blocker(), "no instance in memory");
  const Client ann = room.connect("ann");
  EXPECT_EQ(room.blocker(), "") << "an open socket and an alarm are no obstacle";

  room.message(ann, "sleep");
  EXPECT_EQ(room.blocker(), "a handler is running");
  room.advance(5s);
  EXPECT_EQ(room.blocker(), "");

  const Ask ask = room.request();
  EXPECT_EQ(room.blocker(), "a handler is running");
  room.advance(1s);
  EXPECT_EQ(room.response(ask), "200 ");

  room.message(ann, "background");
  EXPECT_EQ(room.blocker(), "a handler is running");
  room.advance(1s);

  room.message(ann, "timer");
  EXPECT_EQ(room.blocker(), "a timer is set");
  room.advance(14s);
  EXPECT_EQ(room.blocker(), "");

  room.message(ann, "read");
  EXPECT_EQ(room.blocker(), "an operation is pending");
  room.completeReads();

  room.message(ann, "put");
  EXPECT_EQ(room.blocker(), "writes are not durable yet");
  room.hibernate();
  EXPECT_THAT(room.life, ElementsAre("started 1")) << "a request against an obstacle does nothing";
  room.commit();
  EXPECT_EQ(room.blocker(), "");

  room.message(ann, "interval");
  room.advance(25s);
  EXPECT_EQ(room.blocker(), "a timer is set");
}

// HIBER-040: while onStart runs
TEST(RoomHibernation, IsPreventedByAStartInProgress) {
  Script script = sleepy();
  script.onStart = [](Room& room) -> Task<> { co_await room.sleep(1s); };
  RoomDriver room(script);
  room.connect("ann");
  EXPECT_EQ(room.blocker(), "onStart has not ended");
  room.hibernate();
  room.advance(1s);
  EXPECT_EQ(room.blocker(), "");
  EXPECT_THAT(room.life, ElementsAre("started 1"));
}

// EVICT-002, HIBER-001, LIFE-7
TEST(RoomHibernation, AnOrdinaryRoomIsKeptByItsSocketAndGoesWithoutOne) {
  Script script = sleepy();
  script.options = {};
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  EXPECT_EQ(room.blocker(), "a socket of a room that does not hibernate is open");
  room.lose(ann);
  EXPECT_EQ(room.blocker(), "");
  room.hibernate();
  EXPECT_THAT(room.life, ElementsAre("started 1", "hibernated 1"));
  EXPECT_FALSE(room.status().instance);
}

// HIBER-043, HIBER-045, EVICT-003, LIFE-9, LIFE-10, LIFE-11, CONNECT-50, INV-12
TEST(RoomHibernation, KeepsSocketsIdsTagsStateAndHandlesAndMakesThePartyAnew) {
  Lines log;
  std::optional<Connection> kept;
  int made = 0;
  Script script;
  script.options = {.hibernate = true};
  script.constructor = [&](Room&) { log.push_back("made " + std::to_string(++made)); };
  script.destructor = [&](Room&) { log.push_back("destroyed"); };
  script.onStart = [&](Room& room) -> Task<> {
    log.push_back("start with " + std::to_string(room.getConnections().count()));
    co_return;
  };
  script.getConnectionTags = [](Room&, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
    co_return std::vector<std::string>{"tag"};
  };
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    connection.setState(42);
    kept = connection;
    co_return;
  };
  script.onMessage = [&](Room& room, Message, Connection sender) -> Task<> {
    EXPECT_EQ(sender, *kept);
    kept->send(std::string(sender.id()) + " " + std::string(sender.uri()) + " " + sender.tags()[1] + " " +
               std::to_string(*sender.state<int>()) + " " + std::to_string(room.getConnections("tag").count()));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.hibernate();
  EXPECT_THAT(room.seen(ann), ElementsAre("open")) << "the client notices nothing";
  EXPECT_EQ(room.status().connections, 1u);
  room.message(ann, "wake");
  EXPECT_THAT(log, ElementsAre("made 1", "start with 0", "destroyed", "made 2", "start with 1"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "ann ws://example.com/party/r?_pk=ann tag 42 1"));
}

// HIBER-045, LIFE-9: every kind of event wakes
TEST(RoomHibernation, EveryKindOfEventWakesTheRoomAndReachesItsHandler) {
  Lines log;
  Script script = sleepy();
  script.onMessage = [&](Room&, Message, Connection) -> Task<> {
    log.push_back("message");
    co_return;
  };
  script.onConnect = [&](Room&, Connection, ConnectionContext) -> Task<> {
    log.push_back("connect");
    co_return;
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  script.onError = [&](Room&, Connection, Error) -> Task<> {
    log.push_back("error");
    co_return;
  };
  script.onRequest = [&](Room&, Request) -> Task<Response> {
    log.push_back("request");
    co_return Response();
  };
  script.onAlarm = [&](Room&) -> Task<> {
    log.push_back("alarm");
    co_return;
  };
  RoomDriver room(script, {.alarm = Time(1'700'000'000s)});
  const auto sleepThen = [&](auto&& event) {
    room.hibernate();
    EXPECT_FALSE(room.status().instance);
    event();
  };
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  log.clear();
  sleepThen([&] { room.message(ann, "hi"); });
  sleepThen([&] { room.close(ann); });
  sleepThen([&] { room.lose(bob); });
  sleepThen([&] { room.fail(cyd, 1002, "fault"); });
  sleepThen([&] { room.request(); });
  sleepThen([&] { room.alarmDue(); });
  sleepThen([&] { room.connect("dan"); });
  EXPECT_THAT(log, ElementsAre("message", "close", "close", "error", "request", "alarm", "connect"));
}

// HIBER-043: a destructor may speak, but reaches nobody and changes nothing.
TEST(RoomHibernation, ADestructorReachesNobodyAndIsLogged) {
  std::optional<Connection> kept;
  Script script = sleepy();
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    connection.setState(1);
    kept = connection;
    co_return;
  };
  script.destructor = [&](Room& room) {
    room.broadcast("from the grave");
    room.getConnections().send("from the grave");
    kept->send("from the grave");
    kept->close(4000);
    kept->setState(2);
    room.storage().put("k", 1);
    room.storage().setAlarm(room.now() + 1h);
    room.setTimeout(1s, [] {});
    room.waitUntil([](Room& within) -> Task<> { co_await within.sleep(1s); }(room));
    (void)room.random();
    (void)room.randomUUID();
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.hibernate();
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  EXPECT_THAT(room.disk, IsEmpty());
  EXPECT_EQ(room.durableAlarm, std::nullopt);
  EXPECT_THAT(room.timersSet(), IsEmpty());
  EXPECT_THAT(room.logs,
              testing::Contains(testing::HasSubstr("a destructor of a discarded instance called broadcast")));
  EXPECT_EQ(room.logs.size(), 9u);
  EXPECT_EQ(kept->state<int>(), 1);
}

// Numbers go on after a sleep: what is late from before must not be taken for what is new.
TEST(RoomHibernation, WhatIsLateFromBeforeASleepFindsNothingOfTheNextInstance) {
  Lines log;
  Script script = sleepy();
  script.onMessage = [&log](Room& room, Message message, Connection) -> Task<> {
    const std::string text(message.text());
    if (text == "timer") room.setTimeout(1s, [&log] { log.push_back("timer"); });
    if (text == "call") log.push_back(std::string((co_await room.fetch("https://a.test/")).body()));
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "timer");
  const Host::TimerKey old = room.timersSet().at(0);
  room.advance(1s);
  room.message(ann, "call");
  room.answerCall(1, Response("first"));
  EXPECT_THAT(log, ElementsAre("timer", "first"));

  room.hibernate();
  ASSERT_FALSE(room.status().instance);
  room.message(ann, "timer");
  room.message(ann, "call");
  room.give(Host::TimerDue{old});
  room.answerCall(1, Response("late"));
  EXPECT_THAT(log, ElementsAre("timer", "first"));
  room.answerCall(2, Response("second"));
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("timer", "first", "second", "timer"));
}

// HIBER-043, BCAST-7, LIFE-10: waking a crowd costs one object, and a send to a tag touches its bearers alone
TEST(RoomHibernation, OfTenThousandSocketsWakesOneObjectAndASendToATagReachesItsBearersAlone) {
  constexpr std::size_t crowd = 10'000, every = 100;
  Script script = sleepy();
  script.getConnectionTags = [](Room&, Connection connection, ConnectionContext) -> Task<std::vector<std::string>> {
    const bool red = connection.id().ends_with("00");
    co_return std::vector<std::string>{red ? "red" : "blue"};
  };
  script.onMessage = [](Room& room, Message message, Connection) -> Task<> {
    room.getConnections("red").send(message);
    co_return;
  };
  RoomDriver room(script);
  std::vector<Client> clients;
  for (std::size_t number = 0; number < crowd; ++number)
    clients.push_back(room.connect(std::to_string(crowd + number)));
  room.hibernate();
  ASSERT_FALSE(room.status().instance);
  EXPECT_EQ(room.status().connections, crowd);
  const std::size_t before = room.trace.size();
  room.message(clients[1], "hello");
  EXPECT_EQ(room.status().instances, 2u) << "constructed once to wake";
  EXPECT_EQ(room.trace.size() - before, 1 + crowd / every) << "the start of the object, and what the bearers get";
  EXPECT_EQ(room.seen(clients[every]).back(), "hello");
  EXPECT_EQ(room.seen(clients[1]).back(), "open");
}

}  // namespace
}  // namespace Party::Test
