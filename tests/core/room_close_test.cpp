#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Notes what ends a connection; onMessage does what its text says.
Script ending(Lines& log) {
  Script script;
  script.onClose = [&log](Room& room, Connection connection) -> Task<> {
    log.push_back("close " + std::string(connection.id()) + ", listed " +
                  std::to_string(room.getConnections().count()));
    co_return;
  };
  script.onError = [&log](Room& room, Connection connection, Error error) -> Task<> {
    log.push_back("error " + std::string(connection.id()) + ": " + error.message() + ", listed " +
                  std::to_string(room.getConnections().count()));
    co_return;
  };
  script.onMessage = [&log](Room&, Message message, Connection sender) -> Task<> {
    log.emplace_back(message.text());
    if (message.text() == "close") sender.close();
    if (message.text() == "close 4001") sender.close(4001, "enough");
    co_return;
  };
  return script;
}

// CLOSE-1, CLOSE-2, CLOSE-3, CLOSE-6, HIBER-060, HIBER-067, D-8
TEST(RoomClose, AClientsCloseCallsOnCloseOnceAndIsAnsweredWithItsOwnCodeAndReason) {
  Lines log;
  RoomDriver room(ending(log));
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.close(ann, 4000, "bye");
  room.close(bob, 1005);
  room.close(cyd, 1001);

  EXPECT_THAT(log, ElementsAre("close ann, listed 2", "close bob, listed 1", "close cyd, listed 0"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "answer 4000 bye"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "answer")) << "an empty frame is answered by an empty one";
  EXPECT_THAT(room.seen(cyd), ElementsAre("open", "answer 1001"));
  EXPECT_TRUE(room.released(ann));
}

// D-8, HIBER-064: the answer follows the whole handler, not its first await.
TEST(RoomClose, TheAnswerWaitsUntilOnCloseHasEnded) {
  Script script;
  script.onClose = [](Room& room, Connection) -> Task<> { co_await room.sleep(1s); };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.close(ann, 4000);
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  room.advance(1s);
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "answer 4000"));
}

// CLOSE-4, CLOSE-5, D-8
TEST(RoomClose, InOnCloseTheRoomsOwnCloseWinsAndSendIsDroppedAndLogged) {
  Script script;
  script.onClose = [](Room& room, Connection connection) -> Task<> {
    connection.send("too late");
    room.broadcast("only to others");
    connection.close(4002, "mine");
    connection.close(4003, "no");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.close(ann, 4000, "bye");

  EXPECT_THAT(room.seen(ann), ElementsAre("open", "answer 4002 mine"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "only to others"));
  EXPECT_THAT(room.logs, ElementsAre(testing::HasSubstr("a message of 8 bytes was dropped")));
  EXPECT_THAT(room.failures, IsEmpty());
}

// CLOSE-7, CLOSE-8, D-10
TEST(RoomClose, InOnCloseIdUriAndStateCanBeReadButGetConnectionDoesNotFindIt) {
  for (const bool asleep : {false, true}) {
    Lines log;
    Script script;
    script.options = {.hibernate = true};
    script.onConnect = [](Room&, Connection connection, ConnectionContext) -> Task<> {
      connection.setState(std::string("kept"));
      co_return;
    };
    script.onClose = [&](Room& room, Connection connection) -> Task<> {
      log.push_back(std::string(connection.id()) + " " + std::string(connection.uri()) + " " +
                    *connection.state<std::string>() + (connection.open() ? " open" : " not open") +
                    (room.getConnection("ann") ? " found" : " not found"));
      co_return;
    };
    RoomDriver room(script);
    const Client ann = room.connect("ann");
    if (asleep) room.hibernate();
    room.close(ann);
    EXPECT_THAT(log, ElementsAre("ann ws://example.com/party/r?_pk=ann kept not open not found")) << asleep;
  }
}

// CLOSE-9, HIBER-061, HIBER-063, D-11
TEST(RoomClose, ALostConnectionCallsOnCloseAndNothingIsAnswered) {
  Lines log;
  RoomDriver room(ending(log));
  const Client ann = room.connect("ann");
  room.lose(ann);
  EXPECT_THAT(log, ElementsAre("close ann, listed 0"));
  EXPECT_THAT(room.trace, ElementsAre("started 1", "open ann", "release ann"));
}

// CLOSE-10, CLOSE-11, CLOSE-12, D-11
TEST(RoomClose, AProtocolFaultCallsOnErrorWithItsTextAndNeverOnClose) {
  Lines log;
  RoomDriver room(ending(log));
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.fail(ann, 1002, "Unknown opcode 3");
  room.fail(bob, 1002, "");
  room.lose(ann);
  room.close(bob);
  EXPECT_THAT(log, ElementsAre("error ann: Unknown opcode 3, listed 1", "error bob: internal error, listed 0"));
  EXPECT_TRUE(room.released(ann));
  EXPECT_THAT(room.seen(ann), ElementsAre("open")) << "the transport has sent the close frame";
}

// CLOSE-13, CLOSE-14, CLOSE-15, CLOSE-16, WS-020, D-12, HIBER-068
TEST(RoomClose, AServersCloseLeavesTheListAtOnceAndOnCloseRunsWhenTheClientAnswers) {
  Lines log;
  RoomDriver room(ending(log));
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(ann, "close 4001");
  room.message(bob, "close");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 4001 enough"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "close"));
  EXPECT_EQ(room.status().connections, 0u);
  EXPECT_THAT(log, ElementsAre("close 4001", "close"));

  room.message(ann, "still on its way");
  room.close(ann, 4001, "enough");
  room.lose(bob);
  EXPECT_THAT(log,
              ElementsAre("close 4001", "close", "still on its way", "close ann, listed 0", "close bob, listed 0"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 4001 enough")) << "its answer is not answered again";
  EXPECT_TRUE(room.released(ann));
  EXPECT_TRUE(room.released(bob));
}

struct CodeCase {
  int code;
  bool allowed;
};
void PrintTo(const CodeCase& tested, std::ostream* out) { *out << tested.code; }

class CloseCode : public testing::TestWithParam<CodeCase> {};

// CLOSE-17, CLOSE-20, WS-021
TEST_P(CloseCode, IsSentOrThrowsAndLeavesTheConnectionOpen) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection sender) -> Task<> {
    try {
      sender.close(GetParam().code);
    } catch (const Error& error) {
      log.push_back(error.message());
    }
    room.broadcast("still here");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "close");
  const std::string code = std::to_string(GetParam().code);
  if (GetParam().allowed) {
    EXPECT_THAT(room.seen(ann), ElementsAre("open", "close " + code));
    EXPECT_THAT(log, IsEmpty());
  } else {
    EXPECT_THAT(room.seen(ann), ElementsAre("open", "still here"));
    EXPECT_THAT(log, ElementsAre("Invalid WebSocket close code: " + code + "."));
  }
}

INSTANTIATE_TEST_SUITE_P(RoomClose, CloseCode,
                         testing::Values(CodeCase{0, false}, CodeCase{-1, false}, CodeCase{999, false},
                                         CodeCase{1000, true}, CodeCase{1001, true}, CodeCase{1003, true},
                                         CodeCase{1004, false}, CodeCase{1005, false}, CodeCase{1006, false},
                                         CodeCase{1007, true}, CodeCase{1011, true}, CodeCase{1015, false},
                                         CodeCase{1016, true}, CodeCase{2999, true}, CodeCase{3000, true},
                                         CodeCase{4999, true}, CodeCase{5000, false}, CodeCase{66536, false}));

// CLOSE-19, CLOSE-20, WS-023, D-5
TEST(RoomClose, AReasonOfMoreThan123BytesOrNotUtf8Throws) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message message, Connection sender) -> Task<> {
    try {
      sender.close(4000, message.text() == "broken" ? "\xff" : message.text());
    } catch (const Error& error) {
      log.push_back(error.message());
    }
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, std::string(124, 'x'));
  room.message(ann, "broken");
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  EXPECT_THAT(log, ElementsAre("WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded.",
                               testing::HasSubstr("UTF-8")));
  room.message(ann, std::string(123, 'x'));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 4000 " + std::string(123, 'x')));
}

// CLOSE-21, CLOSE-22, WS-006, WS-024
TEST(RoomClose, AfterCloseASecondCloseIsIgnoredAndSendThrows) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message, Connection sender) -> Task<> {
    sender.close(4001, "first");
    sender.close(4002, "second");
    log.push_back(sender.open() ? "open" : "not open");
    try {
      sender.send("more");
    } catch (const Error& error) {
      log.push_back(error.message());
    }
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 4001 first"));
  EXPECT_THAT(log, ElementsAre("not open", "Can't call WebSocket send() after close()."));
}

// CLOSE-23
TEST(RoomClose, ACloseInOnConnectFollowsTheMessagesBehindThe101AndIsEndedByOnClose) {
  Lines log;
  Script script = ending(log);
  script.onConnect = [](Room&, Connection connection, ConnectionContext) -> Task<> {
    connection.send("hello");
    connection.close(4000, "full");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "hello", "close 4000 full"));
  EXPECT_EQ(room.status().connections, 0u);
  room.close(ann, 4000, "full");
  EXPECT_THAT(log, ElementsAre("close ann, listed 0"));
}

// CLOSE-24
TEST(RoomClose, AThrowInOnCloseOrOnErrorIsReportedAndTheEndGoesItsWay) {
  Script script;
  script.onClose = [](Room&, Connection) -> Task<> { throw std::runtime_error("in close"); };
  script.onError = [](Room&, Connection, Error) -> Task<> {
    throw std::runtime_error("in error");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.close(ann, 4000, "bye");
  room.fail(bob, 1002, "fault");
  EXPECT_THAT(room.failures, ElementsAre("onClose: in close", "onError: in error"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "answer 4000 bye"));
  EXPECT_TRUE(room.released(ann));
  EXPECT_TRUE(room.released(bob));
}

// CLOSE-25
TEST(RoomClose, ClosedInOneLoopEachGetsItsOnCloseAsItsAnswerArrives) {
  Lines log;
  Script script = ending(log);
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    for (const Connection& connection : room.getConnections()) connection.close(4000);
    co_return Response("closed");
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.request();
  for (const Client client : {ann, bob, cyd}) EXPECT_THAT(room.seen(client), ElementsAre("open", "close 4000"));

  room.close(bob, 4000);
  room.close(ann, 4000);
  room.lose(cyd);
  EXPECT_THAT(log, ElementsAre("close bob, listed 0", "close ann, listed 0", "close cyd, listed 0"));
}

// WS-007: a handle that outlives its connection does nothing, and never means a later one.
TEST(RoomClose, AHandleToAConnectionThatHasGoneDoesNothing) {
  std::optional<Connection> kept;
  Lines log;
  Script script;
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    if (!kept) kept = connection;
    co_return;
  };
  script.onMessage = [&](Room&, Message, Connection) -> Task<> {
    kept->send("to nobody");
    kept->close(4000);
    kept->setState(1);
    log.push_back(std::string(kept->id()) + "|" + std::string(kept->uri()) + "|" + (kept->open() ? "open" : "gone") +
                  (kept->state<int>() ? " with state" : "") + std::to_string(kept->tags().size()));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.lose(ann);
  const Client bob = room.connect("bob");
  ASSERT_EQ(room.keyOf(ann).index, room.keyOf(bob).index);
  room.message(bob, "go");
  EXPECT_THAT(log, ElementsAre("||gone0"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open"));
}

// WS-025, HIBER-065, CONNECT-12, MESSAGE-9: what the handlers see, and what is left of a connection that has gone
TEST(RoomClose, TheReadyStateFollowsTheCloseFramesOfBothSides) {
  for (const bool hibernates : {false, true}) {
    Lines log;
    std::optional<Connection> kept;
    const auto note = [&](const char* where, const Connection& connection) {
      log.push_back(where + std::to_string(static_cast<int>(connection.readyState())));
    };
    Script script;
    script.options = {.hibernate = hibernates};
    script.getConnectionTags = [&](Room&, Connection joining, ConnectionContext) -> Task<std::vector<std::string>> {
      note("tags ", joining);
      co_return {};
    };
    script.onMessage = [&](Room&, Message, Connection sender) -> Task<> {
      note("message ", sender);
      sender.close(4000);
      note("closed ", sender);
      kept = sender;
      co_return;
    };
    script.onClose = [&](Room&, Connection connection) -> Task<> {
      note("onClose ", connection);
      co_return;
    };
    script.onError = [&](Room&, Connection connection, Error) -> Task<> {
      note("onError ", connection);
      co_return;
    };
    RoomDriver room(script);
    const Client ann = room.connect("ann");
    room.message(ann, "close");
    room.close(ann, 4000);
    EXPECT_THAT(log, ElementsAre("tags 1", "message 1", "closed 2", "onClose 3"));
    EXPECT_EQ(kept->readyState(), ReadyState::closed);

    log.clear();
    room.close(room.connect("bob"), 4000);
    room.fail(room.connect("cyd"), 1002, "fault");
    room.lose(room.connect("dan"));
    EXPECT_THAT(log, ElementsAre("tags 1", "onClose 2", "tags 1", "onError 3", "tags 1",
                                 hibernates ? "onClose 2" : "onClose 1"));

    log.clear();
    const Client eve = room.connect("eve");
    room.message(eve, "close");
    room.lose(eve);
    EXPECT_EQ(log.back(), "onClose 3") << "the room had closed first";
  }
}

}  // namespace
}  // namespace Party::Test
