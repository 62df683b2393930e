#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// MESSAGE-1, MESSAGE-2, WS-001, WS-030
TEST(RoomMessage, TextAndBytesArriveInTheOrderOfTheirFramesWithTheSender) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message message, Connection sender) -> Task<> {
    log.push_back(std::string(sender.id()) + (message.isText() ? " text " : " bytes ") +
                  std::string(message.content()));
    sender.send(message);
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(ann, "hello");
  room.message(bob, Message::bytes("\1\2"));
  room.message(ann, "");
  room.message(ann, Message::bytes(""));

  EXPECT_THAT(log, ElementsAre("ann text hello", "bob bytes \1\2", "ann text ", "ann bytes "));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "hello", "", "bytes:"));
}

/// Begins with "<name>{", ends with "<name>}"; what it awaits in between is the message's text.
Script interleaving(Lines& log) {
  Script script;
  script.onMessage = [&log](Room& room, Message message, Connection sender) -> Task<> {
    const std::string name(sender.id());
    log.push_back(name + "{");
    if (message.text() == "sleep") co_await room.sleep(200ms);
    if (message.text() == "read") {
      for (int i = 0; i < 5; ++i) co_await room.storage().get<int>("k");
    }
    if (message.text() == "write") {
      for (int i = 0; i < 3; ++i) co_await room.storage().put("k", i);
    }
    if (message.text() == "ready") {
      co_await room.storage().put("k", 1);
      co_await room.storage().getMany<int>({});
      co_await Task<>();
    }
    log.push_back(name + "}");
  };
  script.onRequest = [&log](Room& room, Request request) -> Task<Response> {
    log.push_back("request{");
    if (request.query("sleep")) co_await room.sleep(50ms);
    log.push_back("request}");
    co_return Response("done");
  };
  return script;
}

// MESSAGE-3, MESSAGE-6, GATE-006, GATE-013
TEST(RoomMessage, WhileAHandlerSleepsOtherMessagesAndRequestsBegin) {
  Lines log;
  RoomDriver room(interleaving(log));
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(ann, "sleep");
  room.message(ann, "at once");
  room.message(bob, "at once");
  const Ask ask = room.request("/party/r?sleep=1");
  room.advance(50ms);
  EXPECT_EQ(room.response(ask), "200 done");
  EXPECT_THAT(log, ElementsAre("ann{", "ann{", "ann}", "bob{", "bob}", "request{", "request}"));

  room.advance(150ms);
  EXPECT_EQ(log.back(), "ann}");
}

// MESSAGE-4, GATE-003, GATE-004
TEST(RoomMessage, WhileAHandlerAwaitsStorageNoEventOfAnyKindBegins) {
  Lines log;
  Script script = interleaving(log);
  script.onConnect = [&](Room&, Connection, ConnectionContext) -> Task<> {
    log.push_back("connect");
    co_return;
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  script.onAlarm = [&](Room&) -> Task<> {
    log.push_back("alarm");
    co_return;
  };
  RoomDriver room(script, {.reads = Reads::held, .alarm = Time(1'700'000'000s)});
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.message(cyd, "sleep");
  log.clear();

  room.message(ann, "read");
  room.message(ann, "second");
  room.message(bob, "third");
  room.request();
  room.connect("dan");
  room.lose(bob);
  room.alarmDue();
  room.advance(200ms);
  EXPECT_THAT(log, ElementsAre("ann{"));
  EXPECT_TRUE(room.status().gateShut);

  while (room.readsWaiting() > 0) room.completeReads();
  EXPECT_THAT(log, ElementsAre("ann{", "ann}", "ann{", "ann}", "bob{", "bob}", "request{", "request}", "connect",
                               "close", "alarm", "cyd}"));
  EXPECT_FALSE(room.status().gateShut);
}

// GATE-005: the gate opens with the last of several reads, and what they wake runs meanwhile.
TEST(RoomMessage, SeveralReadsTogetherKeepTheGateShutUntilTheLastIsAnswered) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    if (message.text() != "read") co_return;
    auto first = room.storage().get<int>("a");
    auto second = room.storage().get<int>("b");
    auto third = room.storage().get<int>("c");
    co_await std::move(first);
    log.push_back("first");
    co_await std::move(second);
    log.push_back("second");
  };
  RoomDriver room(script, {.reads = Reads::held});
  const Client ann = room.connect("ann");
  room.message(ann, "read");
  room.message(ann, "next");
  EXPECT_EQ(room.readsWaiting(), 3u) << "each read is issued when it is called";
  EXPECT_THAT(log, ElementsAre("read"));

  room.completeReads();
  EXPECT_THAT(log, ElementsAre("read", "first", "second", "next"));
}

// MESSAGE-5, GATE-001, STORE-081: in one event, so nothing can come between.
TEST(RoomMessage, AwaitingWhatIsReadyDoesNotEndTheTurn) {
  Lines log;
  RoomDriver room(interleaving(log), {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "ready");
  EXPECT_THAT(log, ElementsAre("ann{", "ann}"));
  room.message(ann, "write");
  EXPECT_THAT(log, ElementsAre("ann{", "ann}", "ann{", "ann}"));
  EXPECT_EQ(room.undurable(), 2u) << "one unit for each turn";
}

// MESSAGE-7, GATE-046, D-26
TEST(RoomMessage, AThrowIsReportedAndTheConnectionAndTheRoomGoOn) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    if (message.text() == "late") co_await room.sleep(1s);
    if (message.text() != "fine") throw std::runtime_error("bad " + std::string(message.text()));
    sender.send("fine");
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "early");
  room.message(ann, "late");
  room.message(ann, "fine");
  room.advance(1s);
  room.message(ann, "fine");

  EXPECT_THAT(room.failures, ElementsAre("onMessage: bad early", "onMessage: bad late"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "fine", "fine"));
  EXPECT_THAT(room.life, ElementsAre("started 1"));
}

// MESSAGE-7: a handler that is no coroutine throws before there is a task.
TEST(RoomMessage, AThrowOfAnOrdinaryFunctionIsReportedToo) {
  Script script;
  script.onMessage = [](Room&, Message, Connection) -> Task<> { throw std::runtime_error("at once"); };
  RoomDriver room(script);
  room.message(room.connect("ann"), "x");
  EXPECT_THAT(room.failures, ElementsAre("onMessage: at once"));
  EXPECT_EQ(room.status().handlers, 0u);
}

// MESSAGE-8
TEST(RoomMessage, AHandlerThatNeverEndsBlocksNobody) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    while (message.text() == "forever") co_await room.sleep(24h);
    log.emplace_back(message.text());
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "forever");
  room.message(ann, "next");
  room.advance(48h);
  EXPECT_THAT(log, ElementsAre("next"));
  EXPECT_EQ(room.status().handlers, 1u);
}

// MESSAGE-9, WS-032, D-11, CLOSE-12
TEST(RoomMessage, OneByteOverTheLimitCloses1009AndCallsOnErrorOnly) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message message, Connection) -> Task<> {
    log.push_back(std::to_string(message.size()));
    co_return;
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  script.onError = [&](Room& room, Connection connection, Error error) -> Task<> {
    log.push_back(std::string(connection.id()) + ": " + error.message() +
                  (room.getConnections().empty() ? ", gone" : ", listed"));
    connection.send("too late");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, std::string(1'048'576, 'x'));
  room.message(ann, Message::bytes(std::string(1'048'577, 'x')));
  room.message(ann, "afterwards");
  room.close(ann, 1009);
  room.lose(ann);

  EXPECT_THAT(log, ElementsAre("1048576", "ann: Message is too large: 1048577 > 1048576, gone"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "close 1009 Message is too large: 1048577 > 1048576"));
  EXPECT_TRUE(room.released(ann));
}

// MESSAGE-18, WS-036
TEST(RoomMessage, FramesAfterTheClientsCloseAreIgnored) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    co_return;
  };
  script.onClose = [&](Room& room, Connection) -> Task<> { co_await room.sleep(1s); };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.close(ann, 1000);
  room.message(ann, "ignored");
  room.advance(1s);
  EXPECT_THAT(log, IsEmpty());
}

// CP-01: an event for a connection that has gone, or for an earlier tenant of its index, reaches nobody.
TEST(RoomMessage, EventsForAStaleKeyAreIgnored) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message message, Connection sender) -> Task<> {
    log.push_back(std::string(sender.id()) + " " + std::string(message.text()));
    co_return;
  };
  script.onClose = [&](Room&, Connection connection) -> Task<> {
    log.push_back("close " + std::string(connection.id()));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.lose(ann);
  const Client bob = room.connect("bob");
  ASSERT_EQ(room.keyOf(ann).index, room.keyOf(bob).index);
  log.clear();
  room.message(ann, "from the dead");
  room.close(ann);
  room.lose(ann);
  room.give(Host::MessageReceived{{4'000'000'000u, 1}, "from nowhere"});
  room.message(bob, "alive");
  EXPECT_THAT(log, ElementsAre("bob alive"));
}

// WS-003, WS-004, MESSAGE-12: what the buffer becomes afterwards is not what was sent
TEST(RoomMessage, WhatIsSentIsACopyOfAnySize) {
  Script script;
  script.onMessage = [](Room&, Message, Connection sender) -> Task<> {
    std::string buffer(5'000'000, 'a');
    sender.send(buffer);
    buffer.assign(buffer.size(), 'b');
    std::string bytes = "bytes";
    sender.send(Message::bytes(bytes));
    bytes = "other";
    sender.send("");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  EXPECT_TRUE(room.seen(ann) == Lines({"open", std::string(5'000'000, 'a'), "bytes:bytes", ""}));
}

// GATE-009, GATE-010, GATE-004: however many there are, and whether they take time or not
TEST(RoomMessage, ThousandsOfAwaitedReadsInALoopLetNoEventIn) {
  for (const Reads reads : {Reads::now, Reads::held}) {
    Lines log;
    Script script;
    script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
      for (int i = 0; message.text() == "loop" && i < 2'000; ++i) {
        const auto value = co_await room.storage().get<int>("k");
        co_await room.storage().put("k", value.value_or(0) + 1);
      }
      log.emplace_back(message.text());
    };
    RoomDriver room(script, {.reads = reads});
    const Client ann = room.connect("ann");
    const Client bob = room.connect("bob");
    room.message(ann, "loop");
    room.message(bob, "other");
    room.completeReads();
    EXPECT_THAT(log, testing::ElementsAre("loop", "other"));
    EXPECT_EQ(room.stored<int>("k"), 2'000);
  }
}

}  // namespace
}  // namespace Party::Test
