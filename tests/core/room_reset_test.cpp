#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Guard {
  Lines& log;
  std::string name;
  ~Guard() { log.push_back(name); }
};

// EVICT-011, INV-06
TEST(RoomReset, DestroysSuspendedFramesYoungestFirstAndNoLineOrCatchRuns) {
  Lines log;
  Script script;
  script.destructor = [&](Room&) { log.push_back("party"); };
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    const Guard outer{log, std::string(message.text()) + " outer"};
    const auto inner = [&]() -> Task<> {
      const Guard guard{log, std::string(message.text()) + " inner"};
      try {
        co_await room.sleep(1h);
        log.push_back("resumed");
      } catch (...) {
        log.push_back("caught");
      }
    };
    co_await inner();
    log.push_back("resumed");
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  for (const char* name : {"1", "2", "3"}) room.message(ann, name);
  room.advance(1min);
  room.reset("new code");
  EXPECT_THAT(log, ElementsAre("3 inner", "3 outer", "2 inner", "2 outer", "1 inner", "1 outer", "party"));
  EXPECT_THAT(room.timersSet(), IsEmpty());
  EXPECT_EQ(room.status().operations, 0u);
}

// Teardown: what a callback captured goes while the instance is muted and the party still stands.
TEST(RoomReset, WhatTimersAndSectionsCapturedIsDestroyedBeforeThePartyAndReachesNobody) {
  Lines log;
  struct Speaker {
    Room& room;
    Lines& log;
    Speaker(Room& within, Lines& lines) : room(within), log(lines) {}
    ~Speaker() {
      room.broadcast("from a capture");
      log.push_back("capture");
    }
  };
  Script script;
  script.destructor = [&](Room&) { log.push_back("party"); };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    auto forTimer = std::make_shared<Speaker>(room, log);
    auto forSection = std::make_shared<Speaker>(room, log);
    auto timer = [captured = std::move(forTimer)] {};
    auto section = [captured = std::move(forSection), &room]() -> Task<> { co_await room.sleep(1h); };
    room.setInterval(1h, std::move(timer));
    auto first = room.blockConcurrencyWhile([&room]() -> Task<> { co_await room.sleep(1h); });
    co_await room.blockConcurrencyWhile(std::move(section));
  };
  for (const bool crash : {false, true}) {
    log.clear();
    std::optional<RoomDriver> room(std::in_place, script);
    const Client ann = room->connect("ann");
    room->message(ann, "go");
    if (crash) {
      room.reset();
    } else {
      room->reset("new code");
      EXPECT_THAT(room->seen(ann), ElementsAre("open", "dropped"));
    }
    EXPECT_THAT(log, ElementsAre("capture", "capture", "party")) << (crash ? "crash" : "reset");
  }
}

// EVICT-012, EVICT-013, EVICT-014, EVICT-018, 8.7
TEST(RoomReset, DropsSocketsWithoutACloseFailsRequestsWithTheReasonAndTheNextEventStartsAnew) {
  Lines log;
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    if (message.text() == "sleep") co_await room.sleep(1h);
    sender.send(message);
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  script.onError = [&](Room&, Connection, Error) -> Task<> {
    log.push_back("error");
    co_return;
  };
  script.onRequest = [](Room& room, Request request) -> Task<Response> {
    if (request.query("sleep")) co_await room.sleep(1h);
    co_return Response("fine");
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "sleep");
  const Ask ask = room.request("/party/r?sleep=1");
  room.reset("new code");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "dropped"));
  EXPECT_TRUE(room.released(ann));
  EXPECT_EQ(room.response(ask), "500 new code");
  EXPECT_THAT(log, IsEmpty());

  room.message(ann, "in flight");
  room.lose(ann);
  EXPECT_EQ(room.response(room.request()), "200 fine");
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(room.status().connections, 0u);
  EXPECT_THAT(room.life, ElementsAre("started 1", "reset 1", "room reset: new code", "started 2"));
}

// EVICT-016, INV-05: units in flight settle before the next instance reads; writes of the broken turn are dropped.
TEST(RoomReset, UnitsInFlightSettleBeforeTheNextInstanceReads) {
  Lines log;
  Script script;
  script.onStart = [&](Room& room) -> Task<> {
    const auto value = co_await room.storage().get<int>("k");
    const auto alarm = co_await room.storage().getAlarm();
    log.push_back("start with " + std::to_string(value.value_or(0)) + (alarm ? " and an alarm" : ""));
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    room.storage().put("k", 1);
    room.storage().setAlarm(room.now() + 1h);
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      room.storage().put("k", 2);
      throw std::runtime_error("broken");
      co_return;
    });
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("fine"); };
  RoomDriver room(script, {.commits = Commits::held});
  room.message(room.connect("ann"), "go");
  EXPECT_EQ(room.undurable(), 1u) << "the section's own unit had not been issued";
  const Ask ask = room.request();
  EXPECT_EQ(room.response(ask), "");
  EXPECT_EQ(room.status().waitingEvents, 1u);
  room.commit();
  EXPECT_EQ(room.response(ask), "200 fine");
  EXPECT_THAT(log, ElementsAre("start with 0", "start with 1 and an alarm"));
}

// EVICT-016: should the unit in flight fail after all, whoever waited is told and another machine opens the room.
TEST(RoomReset, AUnitThatFailsAfterAResetEndsWhoWaitedForIt) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    room.storage().put("k", 1);
    co_return;
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("fine"); };
  RoomDriver room(script, {.commits = Commits::held});
  room.message(room.connect("ann"), "go");
  room.reset("first");
  const Ask ask = room.request();
  const Client bob = room.connect("bob");
  room.failUnit("second");
  EXPECT_THAT(room.response(ask), testing::StartsWith("500 Internal error in Durable Object storage write"));
  EXPECT_THAT(room.seen(bob), ElementsAre("http " + room.response(ask)));
  EXPECT_EQ(room.response(room.request()), "200 fine");
  EXPECT_THAT(room.disk, IsEmpty());
}

// EVICT-011: reads put off by the old instance answer nobody in the new one.
TEST(RoomReset, ALateAnswerToTheOldInstancesReadIsIgnored) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    const auto value = co_await room.storage().get<int>(message.text());
    log.push_back(std::string(message.text()) + " " + std::to_string(value.value_or(-1)));
  };
  RoomDriver room(script, {.reads = Reads::held, .stored = {{"a", encodeValue(1)}, {"b", encodeValue(2)}}});
  room.message(room.connect("ann"), "a");
  room.reset("new code");
  room.message(room.connect("bob"), "b");
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("b 2"));
  EXPECT_FALSE(room.status().gateShut);
}

// EVICT-010, EVICT-016
TEST(RoomReset, AResetWhileTheRoomSleepsDropsItsSocketsAndKeepsItsAlarm) {
  Script script;
  script.options = {.hibernate = true};
  RoomDriver room(script, {.alarm = Time(1'700'000'100s)});
  const Client ann = room.connect("ann");
  room.hibernate();
  room.reset("new code");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "dropped"));
  EXPECT_THAT(room.life, ElementsAre("started 1", "hibernated 1", "room reset: new code"));
  EXPECT_EQ(room.status().alarm, Time(1'700'000'100s));
}

// EVICT-010: during onStart
TEST(RoomReset, AResetDuringOnStartAnswersWhoWaitedAndTheNextEventStartsAnew) {
  bool slow = true;
  Script script;
  script.onStart = [&](Room& room) -> Task<> {
    if (slow) co_await room.sleep(1h);
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("fine"); };
  RoomDriver room(script);
  const Ask ask = room.request();
  const Client ann = room.connect("ann");
  room.reset("new code");
  slow = false;
  EXPECT_EQ(room.response(ask), "500 new code");
  EXPECT_THAT(room.seen(ann), ElementsAre("http 500 new code"));
  EXPECT_EQ(room.response(room.request()), "200 fine");
}

// EVICT-034: a crash is the end of the machine: frames and party go without a word to anybody.
TEST(RoomReset, ACrashDestroysFramesThenThePartyAndSaysNothing) {
  Lines log;
  Script script;
  script.destructor = [&](Room& room) {
    room.broadcast("last words");
    log.push_back("party");
  };
  script.onMessage = [&](Room& room, Message, Connection sender) -> Task<> {
    const Guard guard{log, "frame"};
    co_await room.sleep(1h);
    sender.send("never");
  };
  {
    RoomDriver room(script);
    room.message(room.connect("ann"), "go");
  }
  EXPECT_THAT(log, ElementsAre("frame", "party"));
}

}  // namespace
}  // namespace Party::Test
