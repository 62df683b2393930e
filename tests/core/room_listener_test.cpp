#include <gmock/gmock.h>

#include <string>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Notes its handlers, and what the three listeners it adds in onConnect hear.
Script listening(Lines& log) {
  Script script;
  script.options = {.hibernate = true};
  script.onConnect = [&log](Room&, Connection connection, ConnectionContext) -> Task<> {
    connection.addEventListener(EventType::message, [&log](const SocketEvent& event) {
      log.push_back("heard " + std::string(event.data.content()));
    });
    connection.addEventListener(EventType::close, [&log, connection](const SocketEvent& event) {
      log.push_back("heard close " + std::to_string(event.code) + " " + event.reason +
                    (event.wasClean ? " clean" : " unclean") + (connection.open() ? " open" : " gone"));
    });
    connection.addEventListener(EventType::error,
                                [&log](const SocketEvent& event) { log.push_back("heard error " + event.reason); });
    co_return;
  };
  script.onMessage = [&log](Room& room, Message message, Connection) -> Task<> {
    log.push_back("onMessage " + std::string(message.text()));
    co_await room.sleep(1s);
    log.push_back("later");
  };
  script.onClose = [&log](Room& room, Connection) -> Task<> {
    log.push_back("onClose, listed " + std::to_string(room.getConnections().count()));
    co_return;
  };
  script.onError = [&log](Room&, Connection, Error) -> Task<> {
    log.push_back("onError");
    co_return;
  };
  return script;
}

// LEGACY-3, CONNECT-50
TEST(RoomListener, HearsMessagesBehindTheFirstPartOfOnMessageAndThoseOfItsConnectionOnly) {
  Lines log;
  Script script = listening(log);
  bool listens = true;
  const auto onConnect = script.onConnect;
  script.onConnect = [&](Room& room, Connection connection, ConnectionContext context) {
    return std::exchange(listens, false) ? onConnect(room, connection, std::move(context)) : Task<>();
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(ann, "a");
  room.message(bob, "b");
  EXPECT_THAT(log, ElementsAre("onMessage a", "heard a", "onMessage b"));
}

// LEGACY-3, HIBER-060, HIBER-061: removed from the registry, then onClose, then the listener
TEST(RoomListener, HearsACloseBehindOnCloseWithTheClientsCode) {
  Lines log;
  RoomDriver room(listening(log));
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.close(ann, 4000, "bye");
  room.lose(bob);
  EXPECT_THAT(log, ElementsAre("onClose, listed 1", "heard close 4000 bye clean gone", "onClose, listed 0",
                               "heard close 1006 WebSocket disconnected without sending Close frame. unclean gone"));
}

// CLOSE-11, HIBER-062: of an error it hears no close
TEST(RoomListener, HearsAnErrorBehindOnErrorAndNoClose) {
  Lines log;
  RoomDriver room(listening(log));
  room.fail(room.connect("ann"), 1002, "Unknown opcode 3");
  EXPECT_THAT(log, ElementsAre("onError", "heard error Unknown opcode 3"));
}

// LIFE-11, HIBER-043
TEST(RoomListener, IsLostAtHibernationAndAtAReset) {
  Lines log;
  Script script = listening(log);
  script.onMessage = nullptr;
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "a");
  room.hibernate();
  room.message(ann, "b");
  EXPECT_THAT(log, ElementsAre("heard a"));
  EXPECT_THAT(room.life, ElementsAre("started 1", "hibernated 1", "started 2"));
}

TEST(RoomListener, ThatThrowsIsReportedAndKeepsNobodyElseFromHearing) {
  Lines log;
  Script script;
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    connection.addEventListener(EventType::message, [](const SocketEvent&) { throw Error("deaf"); });
    connection.addEventListener(EventType::message, [&](const SocketEvent&) { log.push_back("second"); });
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "a");
  EXPECT_THAT(room.failures, ElementsAre("listener: deaf"));
  EXPECT_THAT(log, ElementsAre("second"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
}

TEST(RoomListener, MayAwaitAndItsEventLivesUntilItHasEnded) {
  Lines log;
  Script script;
  script.onConnect = [&](Room& room, Connection connection, ConnectionContext) -> Task<> {
    const auto listener = [&room, &log](const SocketEvent& event) -> Task<> {
      co_await room.sleep(1s);
      log.emplace_back(event.data.text());
    };
    connection.addEventListener(EventType::message, listener);
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "a rather long message that no small string holds");
  room.close(ann, 4000);
  EXPECT_TRUE(room.released(ann));
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("a rather long message that no small string holds"));
}

// Wall 7: a listener draws as somebody else than the handler in front of it
TEST(RoomListener, DrawsAnotherChanceThanTheHandlerOfTheSameEvent) {
  std::vector<std::uint64_t> drawn;
  Script script;
  script.onConnect = [&](Room& room, Connection connection, ConnectionContext) -> Task<> {
    for (int i = 0; i < 2; ++i) {
      connection.addEventListener(EventType::message,
                                  [&](const SocketEvent&) { drawn.push_back(room.randomInteger(1u << 30)); });
    }
    co_return;
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    drawn.push_back(room.randomInteger(1u << 30));
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "a");
  ASSERT_EQ(drawn.size(), 3u);
  EXPECT_NE(drawn[0], drawn[1]);
  EXPECT_NE(drawn[0], drawn[2]);
  EXPECT_NE(drawn[1], drawn[2]);
}

// CLOSE-8: a connection that has gone takes no listener
TEST(RoomListener, OfAConnectionThatHasEndedIsNeverCalled) {
  Lines log;
  Script script;
  script.onClose = [&](Room&, Connection connection) -> Task<> {
    connection.addEventListener(EventType::close, [&](const SocketEvent&) { log.push_back("heard"); });
    co_return;
  };
  RoomDriver room(script);
  room.close(room.connect("ann"), 4000);
  EXPECT_THAT(log, IsEmpty());
}

// STATE-11, STATE-12, D-14
TEST(RoomAttachment, IsTheStateUnderItsOldName) {
  Lines log;
  Script script;
  script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
    log.push_back(connection.deserializeAttachment<std::string>().value_or("none"));
    connection.serializeAttachment(std::string("written"));
    log.push_back(connection.state<std::string>().value_or("none"));
    connection.setState("changed");
    log.push_back(connection.deserializeAttachment<std::string>().value_or("none"));
    connection.serializeAttachment(nullptr);
    log.push_back(connection.state<std::string>().value_or("none"));
    co_return;
  };
  RoomDriver room(script);
  room.connect("ann");
  EXPECT_THAT(log, ElementsAre("none", "written", "changed", "none"));
}

}  // namespace
}  // namespace Party::Test
