#include <gmock/gmock.h>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const DriverOptions heldCommits{.commits = Commits::held};

// GATE-030, GATE-033, GATE-038, MESSAGE-23
TEST(RoomOutputGate, ASendAfterAPutWaitsForTheDiskAndASendBeforeItDoesNot) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection sender) -> Task<> {
    sender.send("before");
    co_await room.storage().put("k", 1);
    sender.send("after");
    log.push_back("went on");
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "before"));
  EXPECT_THAT(log, ElementsAre("went on")) << "the code does not wait, its outputs do";
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "before", "after"));
}

// GATE-031: everything that leaves the room
TEST(RoomOutputGate, HoldsMessagesBroadcastsClosesResponsesAcceptancesAndRefusals) {
  Script script;
  script.onConnect = [](Room&, Connection connection, ConnectionContext) -> Task<> {
    if (connection.id() == "eve") throw Error("no");
    co_return;
  };
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    room.storage().put("k", 1);
    sender.send("1");
    room.broadcast("2", {"cyd"});
    sender.close(4000);
    co_return;
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("done"); };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  const Client cyd = room.connect("cyd");
  room.trace.clear();
  room.message(ann, "go");
  const Ask ask = room.request();
  const Client dan = room.connect("dan");
  const Client eve = room.connect("eve");
  room.close(cyd, 1000);
  EXPECT_THAT(room.trace, ElementsAre("unit 1: +k"));
  EXPECT_EQ(room.status().heldOutputs, 9u);
  EXPECT_EQ(room.blocker(), "writes are not durable yet");

  room.commit();
  EXPECT_THAT(room.trace, ElementsAre("unit 1: +k", "ann < 1", "ann < 2", "ann < close 4000", "200 done", "open dan",
                                      "refuse eve close 1011 no", "release eve", "cyd < answer 1000", "release cyd"));
  EXPECT_EQ(room.response(ask), "200 done");
  EXPECT_THAT(room.seen(dan), ElementsAre("open"));
  EXPECT_THAT(room.seen(eve), ElementsAre("open", "close 1011 no"));
  EXPECT_EQ(room.status().heldOutputs, 0u);
}

// GATE-032
TEST(RoomOutputGate, DoesNotHoldTimersLogsOrFurtherEvents) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    room.storage().put("k", 1);
    room.log(LogLevel::info, "said");
    room.setTimeout(1s, [&] { log.push_back("timeout"); });
    log.emplace_back(message.text());
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.message(ann, "2");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("1", "2", "timeout", "timeout"));
  EXPECT_THAT(room.logs, ElementsAre("said", "said"));
}

// GATE-033, GATE-034, GATE-035: each output waits for the units before it, never for later ones
TEST(RoomOutputGate, ReleasesInOrderAsUnitsBecomeDurable) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    room.storage().put("k", message.text());
    sender.send(message);
    co_return;
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("r"); };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(ann, "1");
  room.message(bob, "2");
  const Ask ask = room.request();
  room.message(ann, "3");
  room.commitThrough(1);
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open"));
  room.commitThrough(2);
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "2"));
  EXPECT_EQ(room.response(ask), "200 r");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1"));
  room.commitThrough(3);
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1", "3"));
}

// GATE-034: per connection FIFO, though the later message alone would not have to wait
TEST(RoomOutputGate, AHeldMessageHoldsEveryLaterOneOfItsConnection) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    if (message.text() == "held") room.storage().put("k", 1);
    sender.send(message);
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "free");
  room.message(ann, "held");
  room.message(ann, "behind");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "free"));
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "free", "held", "behind"));
}

// Wall 1: who joins while a broadcast is held does not get it, who left does not stall it, who is excepted stays so.
TEST(RoomOutputGate, AHeldBroadcastReachesThoseWhoWereThereAndStillAre) {
  Script script;
  script.getConnectionTags = [](Room&, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
    co_return std::vector<std::string>{"all"};
  };
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    room.storage().put("k", 1);
    room.broadcast("held");
    room.broadcast("not for cyd", {"cyd", "bob"});
    room.getConnections("all").send("tag");
    room.getConnections("bob").send("bob");
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.message(ann, "go");
  const Client dan = room.connect("dan");
  room.lose(bob);
  const Client eve = room.connect("cyd");
  room.commit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "held", "not for cyd", "tag"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open"));
  EXPECT_THAT(room.seen(cyd), ElementsAre("open", "held", "tag"));
  EXPECT_THAT(room.seen(dan), ElementsAre("open"));
  EXPECT_THAT(room.seen(eve), ElementsAre("open"));
}

// GATE-034: "the game is over" reaches those whom the room closes behind it, whether the disk was quick or not.
TEST(RoomOutputGate, AHeldBroadcastReachesThoseWhomTheRoomItselfClosedAfterIt) {
  Script script;
  script.getConnectionTags = [](Room&, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
    co_return std::vector<std::string>{"player"};
  };
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    room.storage().put("over", true);
    room.broadcast("game over");
    room.broadcast("not for ann", {"ann"});
    room.getConnections("player").send("players");
    room.getConnections("ann").send("ann");
    for (const Connection& connection : room.getConnections()) connection.close(4000, "over");
    room.broadcast("to nobody");
    co_return;
  };
  for (const Commits commits : {Commits::atOnce, Commits::held}) {
    RoomDriver room(script, {.commits = commits});
    const Client ann = room.connect("ann");
    const Client bob = room.connect("bob");
    room.message(ann, "go");
    room.commit();
    EXPECT_THAT(room.seen(ann), ElementsAre("open", "game over", "players", "ann", "close 4000 over"));
    EXPECT_THAT(room.seen(bob), ElementsAre("open", "game over", "not for ann", "players", "close 4000 over"));
  }
}

// GATE-036, INV-02, INV-03, EVICT-013, EVICT-015, EVICT-016, EVICT-018
TEST(RoomOutputGate, AFailedUnitDiscardsWhatWaitedForItForEverAndResetsTheRoom) {
  Lines log;
  Script script;
  script.onStart = [&](Room& room) -> Task<> {
    const auto value = co_await room.storage().get<int>("k");
    log.push_back("start with " + std::to_string(value.value_or(0)));
  };
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    room.storage().put("k", std::stoi(std::string(message.text())));
    sender.send(message);
    co_return;
  };
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    room.storage().put("k", 3);
    co_return Response("done");
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "1");
  room.commit();
  room.message(ann, "2");
  const Ask ask = room.request();
  const Client bob = room.connect("bob");
  room.failUnit("disk full");

  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1", "dropped"));
  const std::string text = room.life.back().substr(std::string("room reset: ").size());
  EXPECT_THAT(text, testing::MatchesRegex("Internal error in Durable Object storage write caused object to be reset; "
                                          "reference = [0-9a-v]{24}"))
      << "STORE-086; the disk's own words are for the log";
  EXPECT_EQ(room.response(ask), "500 " + text);
  EXPECT_THAT(room.seen(bob), ElementsAre("http 500 " + text)) << "its 101 was held, so it can still be refused";
  EXPECT_THAT(room.life, ElementsAre("started 1", "reset 1", "room reset: " + text));
  EXPECT_EQ(room.stored<int>("k"), 1);

  const Client cyd = room.connect("cyd");
  EXPECT_THAT(room.seen(cyd), ElementsAre("open"));
  EXPECT_THAT(log, ElementsAre("start with 0", "start with 1"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1", "dropped"));
}

// GATE-033: the send before the put is out, even when that put fails.
TEST(RoomOutputGate, WhatWasSentBeforeThePutIsOutAlthoughThePutFails) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    sender.send("before");
    room.storage().put("k", 1);
    sender.send("after");
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.failUnit();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "before", "dropped"));
}

// STORE-088, EVICT-011, INV-06
TEST(RoomOutputGate, WhoSyncsOnAFailedUnitNeverResumesAndItsCatchDoesNotRun) {
  Lines log;
  struct Guard {
    Lines& log;
    ~Guard() { log.push_back("destroyed"); }
  };
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    const Guard guard{log};
    try {
      room.storage().put("k", 1);
      co_await room.storage().sync();
      log.push_back("resumed");
    } catch (...) {
      log.push_back("caught");
    }
  };
  RoomDriver room(script, heldCommits);
  room.message(room.connect("ann"), "go");
  room.failUnit();
  EXPECT_THAT(log, ElementsAre("destroyed"));
}

// EVICT-005, STORE-090: one that is no longer the owner takes the same path, and nothing of it is seen
TEST(RoomOutputGate, AfterLosingItsStorageToAnotherOwnerTheRoomIsReset) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
    room.storage().put("k", 1);
    sender.send("never");
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.give(Host::NoLongerOwner());
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "dropped"));
  EXPECT_THAT(room.life, Contains("room reset: another owner holds this room's storage"));
}

// WS-026: a client that closes while its messages are held is answered behind them.
TEST(RoomOutputGate, TheAnswerToACloseQueuesBehindHeldMessages) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    room.storage().put("k", 1);
    sender.send(message);
    co_return;
  };
  RoomDriver room(script, heldCommits);
  const Client ann = room.connect("ann");
  room.message(ann, "held");
  room.close(ann, 1000);
  room.lose(ann);
  EXPECT_FALSE(room.released(ann)) << "its index is not free before its last effect";
  room.commit();
  EXPECT_TRUE(room.released(ann));
  EXPECT_THAT(room.trace, Contains("ann < answer 1000"));
}

}  // namespace
}  // namespace Party::Test
