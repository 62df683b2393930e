#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "room_driver.h"
#include "socket_caller.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// PARTIES-11, CLOSE-13
TEST(RoomSocketEnd, ItsCloseEventComesWhenTheOtherRoomHasAnswered) {
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
TEST(RoomSocketEnd, ACloseOfTheOtherRoomIsToldAndThenAnsweredWithItsOwnCodeAndReason) {
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
TEST(RoomSocketEnd, AListenerOfTheCloseEventMayAnswerItselfAndItsMessagesAreDropped) {
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
TEST(RoomSocketEnd, WithPartyKitsSwitchACloseIsUnansweredUntilThePartyClosesAndMessagesStillGo) {
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
TEST(RoomSocketEnd, ALossIsACloseEventWith1006AndNothingIsSentAnyMore) {
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
TEST(RoomSocketEnd, HasOneTerminalEventAndNothingBehindIt) {
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

// INV-08: its release waits for the disk, as every output does; what comes meanwhile is not heard
TEST(RoomSocketEnd, WhatComesBetweenItsEndAndItsReleaseIsNotHeard) {
  Caller caller;
  RoomDriver room(Caller::acting(caller.script(), [](Room& own) { own.storage().put("k", 1); }),
                  {.commits = Commits::held});
  const Client a = room.connect("a");
  room.request();
  room.openSocket(1);
  room.message(a, "write");
  room.loseSocket(1);
  room.openSocket(1);
  room.socketMessage(1, "late");
  room.closeSocket(1, 1000);
  EXPECT_THAT(caller.log, ElementsAre("close 1006 WebSocket disconnected without sending Close frame. unclean"));
  EXPECT_THAT(room.sockets, ElementsAre(asked));
  room.commit();
  EXPECT_THAT(room.sockets, ElementsAre(asked, "1 released"));
}

// CLOSE-17, CLOSE-18, CLOSE-20, CLOSE-21, CLOSE-22, D-5
TEST(RoomSocketEnd, ClosesWithTheCodesOfAConnectionAndRefusesTheOthers) {
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
TEST(RoomSocketEnd, AMessageLongerThanARoomTakesEndsItWith1009AndAnError) {
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

TEST(RoomSocketEnd, OneMoreThanTheProfileAllowsIsRefusedUntilOneHasGone) {
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
TEST(RoomSocketEnd, KeepsHibernationAwayFromTheAskingUntilItsEnd) {
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
TEST(RoomSocketEnd, AnOpeningThatNobodyAwaitsKeepsHibernationAwayToo) {
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
TEST(RoomSocketEnd, WhoHasClosedWaitsForTheAnswerBeforeItMaySleep) {
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
TEST(RoomSocketEnd, AValueFromBeforeASleepIsClosedAndNeverALaterSocket) {
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
TEST(RoomSocketEnd, AResetReleasesEveryOneAndNothingOfThemReachesTheNextInstance) {
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
TEST(RoomSocketEnd, AFailedStartReleasesWhatItHadOpenedAndSendsNothingThatItHeld) {
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

}  // namespace
}  // namespace Party::Test
