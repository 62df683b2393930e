#include <gmock/gmock.h>

#include <string>

#include "room_driver.h"
#include "socket_caller.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// PARTIES-8, PARTIES-3, D-20
TEST(RoomSocket, AsksTheOtherRoomForAWebSocketAndIsOpenWhenItAccepts) {
  Caller caller;
  RoomDriver room(caller.script());
  const Ask ask = room.request();
  EXPECT_THAT(room.sockets, ElementsAre(asked));
  EXPECT_TRUE(room.socketRequests[0].isWebSocketUpgrade());
  EXPECT_EQ(room.socketRequests[0].headers(), Headers().set("upgrade", "websocket"));
  EXPECT_EQ(room.response(ask), "");
  room.openSocket(1);
  EXPECT_EQ(room.response(ask), "200 open");
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 1);
}

// PARTIES-8: the path may have a query, and headers go along
TEST(RoomSocket, AsksWithTheGivenPathAndHeaders) {
  Script script;
  script.onRequest = [](Room& own, Request) -> Task<Response> {
    const Stub stub = own.context().parties("other").get("a b");
    (void)stub.socket("/sub?_pk=me", RequestInit().header("x-a", "1").header("Upgrade", "h2c"));
    (void)stub.socket(RequestInit().header("x-b", "2"));
    co_return Response("asked");
  };
  RoomDriver room(script);
  room.request();
  EXPECT_THAT(room.sockets, ElementsAre("GET http://house.test/parties/other/a%20b/sub?_pk=me -> 1/a b",
                                        "GET http://house.test/parties/other/a%20b -> 1/a b"));
  EXPECT_EQ(room.socketRequests[0].headers(), Headers().set("x-a", "1").set("upgrade", "websocket"));
  EXPECT_EQ(room.socketRequests[1].headers(), Headers().set("x-b", "2").set("upgrade", "websocket"));
}

// PARTIES-4, PARTIES-9, PARTIES-14
TEST(RoomSocket, FailsWithoutAskingAnybodyForAPathWithoutItsSlashAndForAnEmptyId) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request) -> Task<Response> {
    for (const char* path : {"sub", "?q=1", "", "/good"}) {
      std::string failure;
      const std::string id = path == std::string("/good") ? "" : "x";
      try {
        [[maybe_unused]] const WebSocket never = co_await own.context().parties("other").get(id).socket(path);
        log.push_back("opened");
      } catch (const Error& error) {
        failure = error.message();
      }
      log.push_back(failure);
    }
    co_return Response("x");
  };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()), "200 x");
  EXPECT_THAT(log, ElementsAre("Path must start with /", "Path must start with /", "Path must start with /",
                               "Expected a websocket response"));
  EXPECT_THAT(room.sockets, IsEmpty());
}

// PARTIES-9
TEST(RoomSocket, FailsWhenTheOtherRoomAnswersOtherwise) {
  Caller caller;
  RoomDriver room(caller.script());
  const Ask ask = room.request();
  room.answerSocket(1, Response("no", 403));
  EXPECT_EQ(room.response(ask), "200 Expected a websocket response; it was answered 403");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 released"));
}

// EVICT-012, CP-92
TEST(RoomSocket, FailsWithTheReasonWhenItIsLostBeforeItIsOpen) {
  Caller caller;
  RoomDriver room(caller.script());
  const Ask ask = room.request();
  room.loseSocket(1, "Network connection lost.");
  EXPECT_EQ(room.response(ask), "200 Network connection lost.");
  room.openSocket(1);
  room.socketMessage(1, "late");
  EXPECT_THAT(caller.log, IsEmpty());
}

// LIFE-16, PARTIES-17
TEST(RoomSocket, IsOutOfReachInOnAlarmAsAllPartiesAre) {
  Lines log;
  Script script;
  script.onAlarm = [&](Room& own) -> Task<> {
    try {
      (void)openOther(own);
    } catch (const Error& error) {
      log.push_back(error.message().substr(0, 46));
    }
    co_return;
  };
  RoomDriver room(script, {.alarm = Time(1'700'000'001s)});
  room.alarmDue();
  EXPECT_THAT(log, ElementsAre("You can not access `Party.context.parties` in "));
  EXPECT_THAT(room.sockets, IsEmpty());
}

// PARTIES-17: also in the constructor's and onStart's time
TEST(RoomSocket, OpenedInOnStartIsHeardBeforeTheStartHasEnded) {
  Lines log;
  Script script;
  script.onStart = [&](Room& own) -> Task<> {
    const WebSocket socket = co_await openOther(own);
    noteAll(socket, log);
    co_await own.sleep(1s);
    log.push_back("started");
  };
  script.onMessage = [&](Room&, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    co_return;
  };
  RoomDriver room(script);
  const Client a = room.connect("a");
  room.message(a, "from a");
  room.openSocket(1);
  room.socketMessage(1, "early");
  EXPECT_THAT(log, ElementsAre("message early")) << "what belongs to the start may pass, a client's message may not";
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("message early", "started", "from a"));
  room.socketMessage(1, "later");
  EXPECT_EQ(log.back(), "message later");
}

TEST(RoomSocket, WhatTheOtherRoomSendsReachesEveryListenerInOrderAndWithItsKind) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request) -> Task<Response> {
    const WebSocket socket = co_await openOther(own);
    for (const char* name : {"first ", "second "}) {
      socket.addEventListener(EventType::message, [&log, name](const SocketEvent& event) {
        log.push_back(name + std::string(event.data.content()) + (event.data.isText() ? "" : " (bytes)"));
      });
    }
    co_return Response("open");
  };
  RoomDriver room(script);
  room.request();
  room.openSocket(1);
  room.socketMessage(1, "a");
  room.socketMessage(1, Message::bytes("b"));
  EXPECT_THAT(log, ElementsAre("first a", "second a", "first b (bytes)", "second b (bytes)"));
}

// What arrives behind the 101 waits for a turn of its own, so it finds the listener.
TEST(RoomSocket, AListenerAddedBeforeTheNextAwaitMissesNothingAndALaterOneDoes) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request request) -> Task<Response> {
    const WebSocket socket = co_await openOther(own);
    if (request.query("late")) co_await own.sleep(1s);
    noteAll(socket, log);
    co_await own.storage().get<int>("k");
    co_return Response("listens");
  };
  RoomDriver room(script, {.reads = Reads::held});
  room.request();
  room.request("/party/r?late=1");
  room.openSocket(1);
  room.socketMessage(1, "at once");
  EXPECT_THAT(log, IsEmpty()) << "GATE-004: a read is under way";
  room.openSocket(2);
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("message at once"));
  room.socketMessage(2, "too early");
  room.advance(1s);
  room.completeReads();
  room.socketMessage(2, "in time");
  EXPECT_THAT(log, ElementsAre("message at once", "message in time"));
}

// GATE-020, GATE-026
TEST(RoomSocket, ItsEventsBelongToTheSectionItWasOpenedInAndOthersWait) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request request) -> Task<Response> {
    if (request.query("outside")) {
      const WebSocket socket = co_await openOther(own);
      noteAll(socket, log);
      co_return Response("x");
    }
    if (request.query("read")) {
      co_await own.storage().get<int>("k");
      co_return Response("x");
    }
    auto section = [&own, &log]() -> Task<> {
      const WebSocket socket = co_await own.context().parties("other").get("y").socket();
      socket.addEventListener(EventType::message, [&log](const SocketEvent& event) {
        log.push_back("inside " + std::string(event.data.text()));
      });
      co_await own.sleep(1s);
    };
    co_await own.blockConcurrencyWhile(section);
    log.push_back("after");
    co_return Response("x");
  };
  RoomDriver room(script, {.reads = Reads::held});
  room.request("/party/r?outside=1");
  room.openSocket(1);
  room.request();
  room.openSocket(2);
  room.socketMessage(1, "outside");
  room.socketMessage(2, "one");
  EXPECT_THAT(log, ElementsAre("inside one"));
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("inside one", "after", "message outside"));
  room.request("/party/r?read=1");
  room.socketMessage(2, "two");
  EXPECT_EQ(log.back(), "message outside") << "GATE-004: a read is under way";
  room.completeReads();
  EXPECT_EQ(log.back(), "inside two") << "the room has taken it over";
}

// GATE-031, GATE-036
TEST(RoomSocket, TheOpeningLeavesOnceTheWritesBeforeItAreDurableAndNotWhenTheyFail) {
  Script script;
  script.onRequest = [](Room& own, Request) -> Task<Response> {
    own.storage().put("k", 1);
    (void)openOther(own);
    co_return Response("x");
  };
  RoomDriver room(script, {.commits = Commits::held});
  room.request();
  EXPECT_THAT(room.sockets, IsEmpty());
  room.commit();
  EXPECT_THAT(room.sockets, ElementsAre(asked));

  RoomDriver unlucky(script, {.commits = Commits::held});
  unlucky.request();
  unlucky.failUnit();
  EXPECT_THAT(unlucky.sockets, IsEmpty()) << "neither asked nor released";
}

// GATE-031, GATE-033, GATE-034
TEST(RoomSocket, WhatItSendsAndItsCloseWaitForTheWritesBeforeThemAndKeepTheirOrder) {
  Caller caller;
  RoomDriver room(Caller::acting(caller.script(),
                                 [&](Room& own) {
                                   caller.sockets.at(0).send("before");
                                   own.storage().put("k", 1);
                                   caller.sockets.at(0).send("behind");
                                   caller.sockets.at(0).close(1000, "bye");
                                 }),
                  {.commits = Commits::held});
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.message(a, "go");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 < before"));
  room.commit();
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 < before", "1 < behind", "1 close 1000 bye"));
}

// GATE-036: nothing that waited leaves, and the other room sees the connection lost
TEST(RoomSocket, AFailedUnitDiscardsWhatTheSocketWasToSend) {
  Caller caller;
  RoomDriver room(Caller::acting(caller.script(),
                                 [&](Room& own) {
                                   own.storage().put("k", 1);
                                   caller.sockets.at(0).send("never");
                                 }),
                  {.commits = Commits::held});
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.message(a, "go");
  room.failUnit();
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 released"));
}

// A listener is a handler: its error is its own, its draws are its own, and it may await.
TEST(RoomSocket, AListenerThatThrowsOrWaitsKeepsNothingFromTheOthers) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request) -> Task<Response> {
    const WebSocket socket = co_await openOther(own);
    socket.addEventListener(EventType::message, [](const SocketEvent&) { throw Error("broken"); });
    socket.addEventListener(EventType::message, [&own, &log](const SocketEvent& event) -> Task<> {
      co_await own.sleep(1s);
      log.push_back("slow " + std::string(event.data.text()));
    });
    noteAll(socket, log);
    co_return Response("open");
  };
  RoomDriver room(script);
  room.request();
  room.openSocket(1);
  room.socketMessage(1, "a");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("message a", "slow a"));
  EXPECT_THAT(room.failures, ElementsAre("listener: broken"));
}

}  // namespace
}  // namespace Party::Test
