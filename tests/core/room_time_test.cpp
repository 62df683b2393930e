#include <gmock/gmock.h>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// GATE-015
TEST(RoomTime, StandsStillWithinATurnInWholeMilliseconds) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    const Time before = room.now();
    co_await room.storage().put("k", 1);
    EXPECT_EQ(room.now(), before);
    EXPECT_EQ(before.time_since_epoch() % 1ms, 0us);
    co_await room.sleep(1500us);
    log.push_back(std::to_string((room.now() - before) / 1ms));
  };
  RoomDriver room(script);
  room.now += 700us;
  room.message(room.connect("ann"), "go");
  room.advance(2ms);
  EXPECT_THAT(log, ElementsAre("2")) << "0.7 ms and 1.5 ms make 2.2";
}

// GATE-011
TEST(RoomTime, TimersFireInOrderOfTheirTimeThenOfTheirCreationEachAsAnEventOfItsOwn) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    room.setTimeout(2s, [&] { log.push_back("2 s"); });
    room.setTimeout(1s, [&]() -> Task<> {
      log.push_back("1 s{");
      co_await room.sleep(5s);
      log.push_back("1 s}");
    });
    room.setTimeout(1s, [&] { log.push_back("1 s, later made"); });
    room.setTimeout(-5s, [&] { log.push_back("at once"); });
    log.push_back("set");
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(log, ElementsAre("set"));
  room.advance(10s);
  EXPECT_THAT(log, ElementsAre("set", "at once", "1 s{", "1 s, later made", "2 s", "1 s}"));
  EXPECT_THAT(room.timersSet(), IsEmpty());
}

// GATE-011: clearing is final, even for one that is due but waits at the gate.
TEST(RoomTime, AClearedTimerNeverFires) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    const TimerId timer = room.setTimeout(1s, [&] { log.push_back("fired"); });
    if (message.text() == "at the gate") {
      co_await room.storage().get<int>("k");
    }
    room.clear(timer);
    room.clear(timer);
    room.clear(0);
    room.clear(123'456);
  };
  RoomDriver room(script, {.reads = Reads::held});
  const Client ann = room.connect("ann");
  room.message(ann, "at once");
  room.message(ann, "at the gate");
  room.advance(2s);
  room.completeReads();
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(room.status().timers, 0u);
}

// LIFE-8
TEST(RoomTime, AnIntervalFiresUntilItIsClearedAlsoFromItsOwnBody) {
  Lines log;
  Script script;
  TimerId timer = 0;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    timer = room.setInterval(1s, [&]() -> Task<> {
      log.push_back(std::to_string(millisecondsOf(room.now()) / 1000 % 100));
      if (log.size() == 3) room.clear(timer);
      co_return;
    });
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(10s);
  EXPECT_THAT(log, ElementsAre("1", "2", "3"));
}

// An interval of no length must not stop time.
TEST(RoomTime, AnIntervalOfZeroTakesAMillisecond) {
  int fired = 0;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    room.setInterval(0s, [&] { ++fired; });
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(5ms);
  EXPECT_EQ(fired, 5);
}

// A throw in a callback is reported as the timer's.
TEST(RoomTime, AThrowInACallbackIsReportedAndAnIntervalGoesOn) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    room.setInterval(1s, [] { throw Error("tick"); });
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(2s);
  EXPECT_THAT(room.failures, ElementsAre("timer: tick", "timer: tick"));
}

// Durations at the end of their type are far away, not in the past.
TEST(RoomTime, TheLongestSleepIsNotOver) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    co_await room.sleep(Duration::max());
    log.push_back("over");
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(24h);
  EXPECT_THAT(log, IsEmpty());
}

// EDGE-12 for rooms: background work goes on after the handler, in order, and its error is reported.
TEST(RoomTime, BackgroundWorkBeginsWhenTheHandlerYieldsAndItsErrorIsReported) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    const auto work = [](Room& within, Lines& lines, const char* name) -> Task<> {
      lines.push_back(name);
      co_await within.sleep(1s);
      throw Error(name);
    };
    room.waitUntil(work(room, log, "first"));
    room.waitUntil(work(room, log, "second"));
    room.waitUntil(Task<>());
    log.push_back("handler");
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(log, ElementsAre("handler", "first", "second"));
  room.advance(1s);
  EXPECT_THAT(room.failures, ElementsAre("background: first", "background: second"));
}

}  // namespace
}  // namespace Party::Test
