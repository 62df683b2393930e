#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

Request upgrade(const std::string& url) { return Request("GET", url, Headers().set("upgrade", "websocket")); }

Task<> echo(Room&, Message message, Connection sender) {
  sender.send(message);
  co_return;
}

// CONNECT-5, CONNECT-7
TEST(RoomConnect, TheIdIsTheFirstPkDecodedAndTheUriTheUrlAsReceived) {
  Lines log;
  Script script;
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    log.push_back(std::string(connection.id()) + " | " + std::string(connection.uri()));
    co_return;
  };
  RoomDriver room(script);
  room.connectWith(upgrade("ws://h/party/r?_pk=x%20y%2Fz"), "1");
  room.connectWith(upgrade("ws://h/party/r?_pk=A+b%2Bc"), "2");
  room.connectWith(upgrade("ws://h/party/r?a=1&_pk=first&_pk=second#part"), "3");

  EXPECT_THAT(log, ElementsAre("x y/z | ws://h/party/r?_pk=x%20y%2Fz", "A b+c | ws://h/party/r?_pk=A+b%2Bc",
                               "first | ws://h/party/r?a=1&_pk=first&_pk=second"));
}

// CONNECT-5
TEST(RoomConnect, WithoutPkOrWithAnEmptyOneTheIdIsARandomUuid) {
  Lines ids;
  Script script;
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    ids.emplace_back(connection.id());
    co_return;
  };
  RoomDriver room(script);
  room.connectWith(upgrade("ws://h/party/r"), "1");
  room.connectWith(upgrade("ws://h/party/r?_pk="), "2");

  const auto uuid = MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  EXPECT_THAT(ids, ElementsAre(uuid, uuid));
  EXPECT_NE(ids[0], ids[1]);
}

// CONNECT-8
TEST(RoomConnect, TheContextShowsTheUpgradeRequestToTagsAndToOnConnect) {
  Lines log;
  const auto note = [&log](const ConnectionContext& context) {
    log.push_back(std::string(context.request.method()) + " " + std::string(*context.request.header("x-name")));
  };
  Script script;
  script.getConnectionTags = [&](Room&, Connection, ConnectionContext context) -> Task<std::vector<std::string>> {
    note(context);
    co_return std::vector<std::string>();
  };
  script.onConnect = [&](Room&, Connection, ConnectionContext context) -> Task<> {
    note(context);
    co_return;
  };
  RoomDriver room(script);
  room.connectWith(upgrade("ws://h/party/r").withHeader("X-Name", "ann"), "1");

  EXPECT_THAT(log, ElementsAre("GET ann", "GET ann"));
}

// CONNECT-10, CONNECT-11, CONNECT-13, BCAST-9, GATE-043
TEST(RoomConnect, WhatIsSentWhileOnConnectWaitsArrivesInOrderRightAfterThe101) {
  Script script;
  script.onConnect = [](Room& room, Connection connection, ConnectionContext) -> Task<> {
    connection.send("first");
    room.broadcast("second");
    co_await room.sleep(300ms);
    connection.send("fourth");
  };
  script.onMessage = [](Room& room, Message message, Connection) -> Task<> {
    room.broadcast(message);
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.advance(300ms);
  const Client bob = room.connect("bob");
  room.message(ann, "third");
  EXPECT_THAT(room.seen(bob), IsEmpty());
  EXPECT_EQ(room.status().connections, 2u) << "a pending connection is listed";

  room.advance(300ms);
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "first", "second", "third", "fourth"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "first", "second", "fourth", "second", "third"));
}

// CONNECT-12, CONNECT-14, WS-008
TEST(RoomConnect, InGetConnectionTagsAConnectionHasIdAndStateButIsNotListedAndCannotBeSentTo) {
  Lines log;
  Script script;
  script.getConnectionTags = [&](Room& room, Connection connection,
                                 ConnectionContext) -> Task<std::vector<std::string>> {
    connection.setState(5);
    log.push_back(std::string(connection.id()) + (connection.open() ? " open" : " not open"));
    log.push_back(std::to_string(room.getConnections().count()) + (room.getConnection("ann") ? " found" : " unknown"));
    room.broadcast("not for ann");
    try {
      connection.send("too early");
    } catch (const Error& error) {
      log.push_back(error.message());
    }
    co_return std::vector<std::string>();
  };
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    log.push_back("state " + std::to_string(connection.state<int>().value_or(0)));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");

  EXPECT_THAT(log, ElementsAre("ann not open", "0 unknown",
                               "You must call one of accept() or state.acceptWebSocket() on this WebSocket before "
                               "sending messages.",
                               "state 5"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
}

// D-12: closing in getConnectionTags is closing early: the client sees it behind the 101, the room never lists it.
TEST(RoomConnect, AConnectionClosedInGetConnectionTagsIsNeverListedAndSeesItsCloseBehindThe101) {
  Lines log;
  Script script;
  script.getConnectionTags = [](Room&, Connection connection, ConnectionContext) -> Task<std::vector<std::string>> {
    connection.close(4000, "full");
    co_return std::vector<std::string>{"tag"};
  };
  script.onConnect = [&](Room& room, Connection, ConnectionContext) -> Task<> {
    log.push_back(std::to_string(room.getConnections().count() + room.getConnections("tag").count()));
    room.broadcast("to nobody");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  EXPECT_THAT(log, ElementsAre("0"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 4000 full"));
  room.close(ann, 4000);
  EXPECT_TRUE(room.released(ann));
}

// CONNECT-15
TEST(RoomConnect, FramesThatComeBeforeThe101AreHeldAndDeliveredInOrderAfterOnConnect) {
  Lines log;
  Script script;
  script.onConnect = [&](Room& room, Connection connection, ConnectionContext) -> Task<> {
    co_await room.sleep(1s);
    log.push_back("connected " + std::string(connection.id()));
  };
  script.onMessage = [&](Room&, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.message(ann, "2");
  EXPECT_THAT(log, IsEmpty());

  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("connected ann", "1", "2"));
}

// CONNECT-16, D-11, GATE-047
TEST(RoomConnect, AClientLostWhileOnConnectWaitsIsClosedOnceAfterOnConnectHasEnded) {
  Lines log;
  Script script;
  script.onConnect = [&](Room& room, Connection, ConnectionContext) -> Task<> {
    co_await room.sleep(1s);
    log.push_back("connected");
  };
  script.onMessage = [&](Room&, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    co_return;
  };
  script.onClose = [&](Room& room, Connection) -> Task<> {
    log.push_back("close, listed " + std::to_string(room.getConnections().count()));
    co_return;
  };
  script.onError = [&](Room&, Connection, Error) -> Task<> {
    log.push_back("error");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "last words");
  room.lose(ann);
  EXPECT_THAT(log, IsEmpty());

  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("connected", "last words", "close, listed 0"));
  EXPECT_TRUE(room.released(ann));
}

// CONNECT-17, CONNECT-18, CONNECT-19, GATE-044, D-4
TEST(RoomConnect, AThrowInOnConnectShowsTheClientOnlyA1011AndLeavesNoGhost) {
  Lines log;
  Script script;
  script.onConnect = [](Room& room, Connection connection, ConnectionContext) -> Task<> {
    connection.send("never seen");
    room.broadcast("seen by others only");
    if (connection.id() != "ann") throw std::runtime_error("not you");
    co_return;
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    log.push_back(std::to_string(room.getConnections().count()) + (room.getConnection("bob") ? " ghost" : ""));
    room.broadcast("to all");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "close 1011 not you"));
  EXPECT_TRUE(room.released(bob));

  room.message(ann, "who is here?");
  room.lose(bob);
  EXPECT_THAT(log, ElementsAre("1"));
  EXPECT_THAT(room.seen(ann),
              ElementsAre("open", "never seen", "seen by others only", "seen by others only", "to all"));
  EXPECT_THAT(room.failures, ElementsAre("onConnect: not you"));
}

struct Thrown {
  const char* name;
  void (*raise)();
  std::string reason;
};
void PrintTo(const Thrown& thrown, std::ostream* out) { *out << thrown.name; }

class RefusalText : public testing::TestWithParam<Thrown> {};

// CONNECT-17, CONNECT-20, D-5
TEST_P(RefusalText, IsTheErrorsOwnCutToAValidCloseReason) {
  Script script;
  script.onConnect = [](Room&, Connection, ConnectionContext) -> Task<> {
    GetParam().raise();
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");

  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 1011 " + GetParam().reason));
  EXPECT_LE(GetParam().reason.size(), 123u);
}

INSTANTIATE_TEST_SUITE_P(
    RoomConnect, RefusalText,
    testing::Values(Thrown{"AnEmptyMessage", [] { throw Error(""); }, "Uncaught exception when connecting"},
                    Thrown{"AString", [] { throw "a thrown string"; }, "a thrown string"},
                    Thrown{"Exactly123Bytes", [] { throw Error(std::string(123, 'x')); }, std::string(123, 'x')},
                    Thrown{"TooLong", [] { throw Error(std::string(124, 'x')); }, std::string(123, 'x')},
                    Thrown{"ACharacterAtTheCut", [] { throw Error(std::string(122, 'x') + "\xc3\xa9"); },
                           std::string(122, 'x')},
                    Thrown{"AnEmojiAtTheCut", [] { throw Error(std::string(120, 'x') + "\xf0\x9f\x98\x80 and more"); },
                           std::string(120, 'x')},
                    Thrown{"ACharacterThatJustFits", [] { throw Error(std::string(121, 'x') + "\xc3\xa9 and more"); },
                           std::string(121, 'x') + "\xc3\xa9"},
                    Thrown{"NotUtf8", [] { throw Error("broken \xff text"); }, "broken \xef\xbf\xbd text"}),
    [](const auto& tested) { return tested.param.name; });

// CONNECT-21
TEST(RoomConnect, AThrowInGetConnectionTagsRefusesBeforeOnConnect) {
  Lines log;
  Script script;
  script.getConnectionTags = [](Room& room, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
    co_await room.sleep(1s);
    throw std::runtime_error("no tags");
  };
  script.onConnect = [&](Room&, Connection, ConnectionContext) -> Task<> {
    log.push_back("onConnect");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "early");
  room.advance(1s);

  EXPECT_THAT(log, IsEmpty());
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 1011 no tags"));
  EXPECT_EQ(room.status().connections, 0u);
  EXPECT_TRUE(room.released(ann));
}

// CONNECT-42, MESSAGE-21
TEST(RoomConnect, WithoutHandlersConnectionsOpenAndTheirMessagesAreDropped) {
  RoomDriver room((Script()));
  const Client ann = room.connect("ann");
  room.message(ann, "hello?");
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  room.close(ann, 1000, "bye");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "answer 1000 bye"));
  EXPECT_TRUE(room.released(ann));
}

// CONNECT-44, CONNECT-45, CONNECT-46, CONNECT-48, D-3
TEST(RoomConnect, ASecondConnectionWithAnIdInUseIsAcceptedAndBothStayUsable) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    if (message.text() == "newest") {
      room.getConnection("ann")->send("you are");
    } else if (message.text() == "others") {
      room.broadcast(message, {sender.id()});
    } else {
      room.broadcast(message);
    }
    co_return;
  };
  RoomDriver room(script);
  const Client first = room.connect("ann");
  const Client second = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(first, "all");
  room.message(first, "newest");
  room.message(first, "others");  // CONNECT-48
  EXPECT_THAT(room.seen(first), ElementsAre("open", "all"));
  EXPECT_THAT(room.seen(second), ElementsAre("open", "all", "you are"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "all", "others"));

  room.lose(second);
  room.message(first, "newest");
  EXPECT_THAT(room.seen(first), ElementsAre("open", "all", "you are"));

  const Client third = room.connect("ann");
  room.lose(first);
  room.message(bob, "newest");
  EXPECT_THAT(room.seen(third), ElementsAre("open", "you are")) << "CONNECT-46: the older one's end hides nobody";
}

// HIBER-002
TEST(RoomConnect, MoreConnectionsThanTheProfileAllowsAreRefusedWithItsNumber) {
  Profile profile;
  profile.maxConnections = 2;
  Script script;
  script.onMessage = echo;
  RoomDriver room(script, {.profile = profile});
  room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  EXPECT_THAT(room.seen(cyd), ElementsAre("open",
                                          "close 1011 only 2 websockets can be accepted on a single Durable "
                                          "Object instance"));
  room.lose(bob);
  EXPECT_THAT(room.seen(room.connect("dan")), ElementsAre("open"));
}

}  // namespace
}  // namespace Party::Test
