#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* asked = "GET http://house.test/parties/other/x -> 1/x";

Pending<WebSocket> openOther(Room& own) { return own.context().parties("other").get("x").socket(); }

std::string described(const SocketEvent& event) {
  if (event.type == EventType::message) return "message " + std::string(event.data.content());
  if (event.type == EventType::error) return "error " + event.reason;
  std::string text = "close " + std::to_string(event.code);
  if (!event.reason.empty()) text += " " + event.reason;
  return text + (event.wasClean ? "" : " unclean");
}

void noteAll(const WebSocket& socket, Lines& log) {
  for (const EventType type : {EventType::message, EventType::close, EventType::error}) {
    socket.addEventListener(type, [&log](const SocketEvent& event) { log.push_back(described(event)); });
  }
}

/// Opens a socket at every request, keeps it here, and notes all that comes.
struct Caller {
  Lines log;
  std::vector<WebSocket> sockets;

  Script script() {
    Script script;
    script.onRequest = [this](Room& own, Request) -> Task<Response> {
      std::string failure;
      try {
        const WebSocket socket = co_await openOther(own);
        sockets.push_back(socket);
        noteAll(socket, log);
      } catch (const Error& error) {
        failure = error.message() + (error.detail().empty() ? "" : "; " + error.detail());
      }
      co_return Response(failure.empty() ? "open" : failure);
    };
    return script;
  }
  /// Runs `act` as a turn of the room.
  static Script acting(Script script, std::function<void(Room&)> act) {
    script.onMessage = [act = std::move(act)](Room& own, Message, Connection) -> Task<> {
      act(own);
      co_return;
    };
    return script;
  }
};

int stateOf(const WebSocket& socket) { return static_cast<int>(socket.readyState()); }

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
  RoomDriver room(script);
  room.request("/party/r?outside=1");
  room.openSocket(1);
  room.request();
  room.openSocket(2);
  room.socketMessage(1, "outside");
  room.socketMessage(2, "one");
  EXPECT_THAT(log, ElementsAre("inside one"));
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("inside one", "after", "message outside"));
  room.socketMessage(2, "two");
  EXPECT_EQ(log.back(), "inside two") << "the parent has taken it over";
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

// PARTIES-11, CLOSE-13
TEST(RoomSocket, ItsCloseEventComesWhenTheOtherRoomHasAnswered) {
  Caller caller;
  RoomDriver room(Caller::acting(caller.script(), [&](Room&) { caller.sockets.at(0).close(4000, "done"); }));
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.message(a, "close");
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 2);
  room.socketMessage(1, "still comes");  // HIBER-068
  EXPECT_THAT(caller.log, ElementsAre("message still comes"));
  room.closeSocket(1, 4000, "done");
  EXPECT_THAT(caller.log, ElementsAre("message still comes", "close 4000 done"));
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 3);
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 close 4000 done", "1 released"));
}

// D-8
TEST(RoomSocket, ACloseOfTheOtherRoomIsToldAndThenAnsweredWithItsOwnCodeAndReason) {
  Caller caller;
  RoomDriver room(caller.script());
  room.request();
  room.openSocket(1);
  room.request();
  room.openSocket(2);
  room.closeSocket(1, 4001, "bye");
  room.closeSocket(2);
  EXPECT_THAT(caller.log, ElementsAre("close 4001 bye", "close 1005"));
  EXPECT_THAT(room.sockets, ElementsAre(asked, asked, "1 answer 4001 bye", "1 released", "2 answer", "2 released"));
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 3);
}

// D-8
TEST(RoomSocket, AListenerOfTheCloseEventMayAnswerItselfAndItsMessagesAreDropped) {
  std::vector<int> states;
  Script script;
  script.onRequest = [&](Room& own, Request) -> Task<Response> {
    const WebSocket socket = co_await openOther(own);
    socket.addEventListener(EventType::close, [&states, socket](const SocketEvent&) {
      states.push_back(stateOf(socket));
      socket.send("too late");
      socket.close(4002, "own");
      states.push_back(stateOf(socket));
    });
    co_return Response("open");
  };
  RoomDriver room(script);
  room.request();
  room.openSocket(1);
  room.closeSocket(1, 4001, "bye");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 answer 4002 own", "1 released"));
  EXPECT_THAT(states, ElementsAre(2, 3));
  EXPECT_THAT(room.logs, ElementsAre("a message of 8 bytes was dropped: the other room has closed its socket"));
}

// PARTIES-11, CLOSE-3, CLOSE-5: PartyKit as it runs
TEST(RoomSocket, WithPartyKitsSwitchACloseIsUnansweredUntilThePartyClosesAndMessagesStillGo) {
  Caller caller;
  Profile profile;
  profile.clientCloseUnanswered = true;
  Script script = Caller::acting(caller.script(), [&](Room&) {
    caller.sockets.at(0).send("half open");
    caller.sockets.at(0).close();
  });
  script.options = {.hibernate = true};
  RoomDriver room(script, {.profile = profile});
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.closeSocket(1, 4001, "bye");
  EXPECT_THAT(room.sockets, ElementsAre(asked));
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 2);
  room.message(a, "close");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 < half open", "1 answer", "1 released"));

  room.request();
  room.openSocket(2);
  room.closeSocket(2, 4001, "bye");
  EXPECT_EQ(room.blocker(), "") << "nothing comes any more";
  room.hibernate();
  EXPECT_EQ(room.sockets.back(), "2 released") << "cut off, as clients in that state are";
}

// HIBER-061
TEST(RoomSocket, ALossIsACloseEventWith1006AndNothingIsSentAnyMore) {
  Caller caller;
  RoomDriver room(Caller::acting(caller.script(), [&](Room&) {
    caller.sockets.at(0).send("to nobody");
    caller.sockets.at(0).close();
  }));
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.loseSocket(1);
  EXPECT_THAT(caller.log, ElementsAre("close 1006 WebSocket disconnected without sending Close frame. unclean"));
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 3);
  room.message(a, "go");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 released"));
  EXPECT_THAT(room.failures, IsEmpty());
}

// INV-08
TEST(RoomSocket, HasOneTerminalEventAndNothingBehindIt) {
  Caller caller;
  Profile profile;
  profile.clientCloseUnanswered = true;  // the record stays
  RoomDriver room(caller.script(), {.profile = profile});
  room.request();
  room.openSocket(1);
  room.closeSocket(1, 4001, "bye");
  room.socketMessage(1, "behind");
  room.closeSocket(1, 4002, "again");
  room.openSocket(1);
  room.answerSocket(1, Response("no"));
  room.loseSocket(1);
  room.loseSocket(1);
  EXPECT_THAT(caller.log, ElementsAre("close 4001 bye"));
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 released"));
}

// CLOSE-17, CLOSE-18, CLOSE-20, CLOSE-21, CLOSE-22, D-5
TEST(RoomSocket, ClosesWithTheCodesOfAConnectionAndRefusesTheOthers) {
  Caller caller;
  Lines errors;
  RoomDriver room(Caller::acting(caller.script(), [&](Room&) {
    const auto attempt = [&](auto act) {
      try {
        act(caller.sockets.at(0));
      } catch (const Error& error) {
        errors.push_back(error.message());
      }
    };
    attempt([](const WebSocket& socket) { socket.close(1006); });
    attempt([](const WebSocket& socket) { socket.close(5000); });
    attempt([](const WebSocket& socket) { socket.close(1000, std::string(124, 'r')); });
    attempt([](const WebSocket& socket) { socket.close(1000, "\xff"); });
    attempt([](const WebSocket& socket) { socket.send("still open"); });
    attempt([](const WebSocket& socket) { socket.close(1016, "fine"); });
    attempt([](const WebSocket& socket) { socket.close(1000, "second"); });
    attempt([](const WebSocket& socket) { socket.send("after"); });
  }));
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.message(a, "go");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 < still open", "1 close 1016 fine"));
  EXPECT_THAT(errors, ElementsAre("Invalid WebSocket close code: 1006.", "Invalid WebSocket close code: 5000.",
                                  "WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded.",
                                  "a close reason must be valid UTF-8", "Can't call WebSocket send() after close()."));
}

// MESSAGE-9
TEST(RoomSocket, AMessageLongerThanARoomTakesEndsItWith1009AndAnError) {
  Caller caller;
  Profile profile;
  profile.maxMessageBytes = 8;
  RoomDriver room(caller.script(), {.profile = profile});
  room.request();
  room.openSocket(1);
  room.socketMessage(1, "12345678");
  room.socketMessage(1, "123456789");
  room.socketMessage(1, "behind");
  EXPECT_THAT(caller.log, ElementsAre("message 12345678", "error Message is too large: 9 > 8"));
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 close 1009 Message is too large: 9 > 8", "1 released"));
}

TEST(RoomSocket, OneMoreThanTheProfileAllowsIsRefusedUntilOneHasGone) {
  Caller caller;
  Profile profile;
  profile.maxOutgoingSockets = 2;
  RoomDriver room(caller.script(), {.profile = profile});
  room.request();
  room.request();
  room.openSocket(1);
  const Ask third = room.request();
  EXPECT_EQ(room.response(third), "200 a room may have only 2 sockets of its own open; close one first");
  room.closeSocket(1);
  const Ask fourth = room.request();
  EXPECT_EQ(room.response(fourth), "");
  EXPECT_EQ(room.socketRequests.size(), 3u);
}

// HIBER-040, INV-11
TEST(RoomSocket, KeepsHibernationAwayFromTheAskingUntilItsEnd) {
  for (const bool hibernates : {true, false}) {
    Caller caller;
    Script script = caller.script();
    script.options = {.hibernate = hibernates};
    RoomDriver room(script);
    room.request();
    EXPECT_EQ(room.blocker(), "a handler is running");
    room.openSocket(1);
    EXPECT_EQ(room.blocker(), "a socket that the room opened has not been closed");
    EXPECT_EQ(room.status().sockets, 1u);
    room.hibernate();
    EXPECT_THAT(room.life, ElementsAre("started 1"));
    room.socketMessage(1, "heard");
    EXPECT_THAT(caller.log, ElementsAre("message heard"));
    room.closeSocket(1, 1000);
    EXPECT_EQ(room.blocker(), "");
    EXPECT_EQ(room.status().sockets, 0u);
  }
}

// HIBER-040: also an opening that nobody awaits
TEST(RoomSocket, AnOpeningThatNobodyAwaitsKeepsHibernationAwayToo) {
  Script script;
  script.options = {.hibernate = true};
  script.onRequest = [](Room& own, Request) -> Task<Response> {
    (void)openOther(own);
    co_return Response("x");
  };
  RoomDriver room(script);
  room.request();
  EXPECT_EQ(room.blocker(), "an operation is pending");
  room.openSocket(1);
  EXPECT_EQ(room.blocker(), "a socket that the room opened has not been closed");
}

// HIBER-040: a closing one is still pending
TEST(RoomSocket, WhoHasClosedWaitsForTheAnswerBeforeItMaySleep) {
  Caller caller;
  Script script = Caller::acting(caller.script(), [&](Room&) { caller.sockets.at(0).close(); });
  script.options = {.hibernate = true};
  RoomDriver room(script);
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.message(a, "close");
  EXPECT_EQ(room.blocker(), "a socket that the room opened has not been closed");
  room.closeSocket(1);
  EXPECT_EQ(room.blocker(), "");
}

// LIFE-11: after a sleep the number goes on, and an old value finds nothing
TEST(RoomSocket, AValueFromBeforeASleepIsClosedAndNeverALaterSocket) {
  Caller caller;
  Script script = Caller::acting(caller.script(), [&](Room&) { caller.sockets.at(0).send("from an earlier life"); });
  script.options = {.hibernate = true};
  RoomDriver room(script);
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.closeSocket(1);
  room.hibernate();
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 3);
  room.request();
  room.openSocket(2);
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 3);
  EXPECT_EQ(stateOf(caller.sockets.at(1)), 1);
  room.message(a, "go");
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 answer", "1 released", asked));
}

// EVICT-011, EVICT-013, EVICT-014, FAULT-2
TEST(RoomSocket, AResetReleasesEveryOneAndNothingOfThemReachesTheNextInstance) {
  Caller caller;
  RoomDriver room(caller.script());
  room.request();
  room.openSocket(1);
  const Ask opening = room.request();
  room.reset("new code");
  EXPECT_THAT(room.sockets, ElementsAre(asked, asked, "1 released", "2 released"));
  EXPECT_EQ(room.response(opening), "500 new code");
  EXPECT_EQ(stateOf(caller.sockets.at(0)), 3);
  const Ask next = room.request();
  room.openSocket(1);
  room.openSocket(2);
  room.socketMessage(1, "late");
  room.closeSocket(1, 1000);
  room.loseSocket(2, "lost");
  EXPECT_THAT(caller.log, IsEmpty());
  EXPECT_EQ(room.response(next), "");
  room.openSocket(3);
  EXPECT_EQ(room.response(next), "200 open");
}

// D-2: a start that fails leaves nothing behind, held openings among it
TEST(RoomSocket, AFailedStartReleasesWhatItHadOpenedAndSendsNothingThatItHeld) {
  Script script;
  script.onStart = [](Room& own) -> Task<> {
    const WebSocket socket = co_await openOther(own);
    own.storage().put("k", 1);
    socket.send("held");
    (void)own.context().parties("other").get("y").socket();
    throw Error("no");
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("x"); };
  RoomDriver room(script, {.commits = Commits::held});
  const Ask ask = room.request();
  room.openSocket(1);
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 released"));
  room.commit();
  EXPECT_EQ(room.response(ask), "500 no");
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
