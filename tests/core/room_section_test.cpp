#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// GATE-020, GATE-021, INV-15, LIFE-22
TEST(RoomSection, NoEventFromOutsideIsAdmittedUntilItEndsThenItsCallerGoesOnFirst) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() != "block") {
      log.emplace_back(message.text());
      co_return;
    }
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      log.push_back("b1");
      co_await room.sleep(1s);
      log.push_back("b2");
    });
    log.push_back("b3");
  };
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    co_await room.sleep(500ms);
    log.push_back("sleeper");
    co_return Response();
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.request();
  room.message(ann, "block");
  room.message(ann, "m1");
  room.connect("bob");
  room.message(ann, "m2");
  room.advance(999ms);
  EXPECT_THAT(log, ElementsAre("b1")) << "not even the timer of a handler outside";
  room.advance(1ms);
  EXPECT_THAT(log, ElementsAre("b1", "b2", "b3", "m1", "m2", "sleeper"));
  EXPECT_THAT(room.timersSet(), IsEmpty()) << "the limit's timer is cleared";
}

// GATE-020: it begins when the caller yields, and before events that already wait.
TEST(RoomSection, BeginsWhenTheCallerYieldsAndBeforeEventsThatWaitAlready) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    if (message.text() != "block") co_return;
    auto section = room.blockConcurrencyWhile([&] { log.push_back("section"); });
    log.push_back("caller goes on");
    co_await room.storage().get<int>("k");
    log.push_back("read");
    co_await std::move(section);
    log.push_back("after");
  };
  RoomDriver room(script, {.reads = Reads::held});
  const Client ann = room.connect("ann");
  room.message(ann, "block");
  room.message(ann, "waiting");
  EXPECT_THAT(log, ElementsAre("block", "caller goes on")) << "the read holds the gate";
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("block", "caller goes on", "read", "section", "after", "waiting"));
}

// CP-13
TEST(RoomSection, SeveralAskedForTogetherRunOneAfterTheOtherInOrder) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    const std::string name(message.text());
    auto first = room.blockConcurrencyWhile([&]() -> Task<> {
      log.push_back(name + "1{");
      co_await room.sleep(1s);
      log.push_back(name + "1}");
    });
    auto second = room.blockConcurrencyWhile([&]() -> Task<> {
      log.push_back(name + "2{");
      co_await room.sleep(1s);
      log.push_back(name + "2}");
    });
    co_await std::move(second);
    co_await std::move(first);
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "a");
  room.message(ann, "b");
  room.advance(4s);
  EXPECT_THAT(log, ElementsAre("a1{", "a1}", "a2{", "a2}", "b1{", "b1}", "b2{", "b2}"));
}

// GATE-011, GATE-026: timers and work begun inside pass the gate, and belong to the parent afterwards.
TEST(RoomSection, WhatWasBegunInsideRunsInsideAndBelongsToTheParentAfterwards) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    log.emplace_back(message.text());
    if (message.text() == "block again") {
      co_await room.blockConcurrencyWhile([&]() -> Task<> { co_await room.sleep(5s); });
      log.push_back("again over");
    }
    if (message.text() != "block") co_return;
    std::optional<Pending<void>> sync;
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      room.setTimeout(500ms, [&] { log.push_back("timer inside"); });
      room.setTimeout(3s, [&] { log.push_back("timer outside"); });
      room.waitUntil([](Room& within, Lines& lines) -> Task<> {
        co_await within.sleep(4s);
        lines.push_back("background");
      }(room, log));
      co_await room.sleep(1s);
      room.storage().put("k", 1);
      sync.emplace(room.storage().sync());
    });
    log.push_back("over");
    co_await std::move(*sync);
    log.push_back("synced");
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.message(ann, "block");
  room.message(ann, "block again");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("block", "timer inside", "over", "block again"));
  room.commit();
  room.advance(4s);
  EXPECT_EQ(log.size(), 4u) << "all that is left waits for the second section";
  room.advance(10s);
  EXPECT_THAT(log, testing::ElementsAre("block", "timer inside", "over", "block again", "again over", "synced",
                                        "timer outside", "background"));
  EXPECT_EQ(room.blocker(), "a socket of a room that does not hibernate is open") << "nothing else is left";
}

// GATE-022
TEST(RoomSection, AfterThirtySecondsTheRoomIsResetWithPlatformsText) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    try {
      co_await room.blockConcurrencyWhile([&]() -> Task<> {
        co_await room.sleep(1h);
        log.push_back("slept");
      });
    } catch (...) {
      log.push_back("caught");
    }
    co_return Response();
  };
  RoomDriver room(script);
  const Ask caller = room.request();
  const Ask queued = room.request();
  room.advance(29'999ms);
  EXPECT_EQ(room.response(queued), "");
  room.advance(1ms);
  const std::string text =
      "500 A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the "
      "Durable Object was reset.";
  EXPECT_EQ(room.response(caller), text);
  EXPECT_EQ(room.response(queued), text);
  EXPECT_THAT(log, IsEmpty());
  EXPECT_THAT(room.timersSet(), IsEmpty());
}

// GATE-022: the limit counts from the section's own beginning.
TEST(RoomSection, TheLimitCountsFromTheBeginningOfEachSection) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    for (int i = 0; i < 3; ++i) {
      co_await room.blockConcurrencyWhile([&]() -> Task<> { co_await room.sleep(29s); });
    }
    co_return Response("done");
  };
  RoomDriver room(script);
  const Ask ask = room.request();
  room.advance(87s);
  EXPECT_EQ(room.response(ask), "200 done");
}

// GATE-023, LIFE-23, CLOSE-27
TEST(RoomSection, AThrowResetsTheRoomTheCallersCatchNeverRunsAndQueuedRequestsFailWithItsText) {
  Lines log;
  Script script;
  script.onStart = [&](Room&) -> Task<> {
    log.push_back("start");
    co_return;
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    try {
      co_await room.blockConcurrencyWhile([&]() -> Task<> {
        co_await room.sleep(1s);
        throw std::runtime_error("section broke");
      });
    } catch (...) {
      log.push_back("caught");
    }
  };
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("fine"); };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  const Ask ask = room.request();
  const Client bob = room.connect("bob");
  room.advance(1s);
  EXPECT_EQ(room.response(ask), "500 section broke");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "dropped"));
  EXPECT_THAT(room.seen(bob), ElementsAre("http 500 section broke"));
  EXPECT_EQ(room.response(room.request()), "200 fine");
  EXPECT_THAT(log, ElementsAre("start", "start"));
  EXPECT_THAT(room.life, ElementsAre("started 1", "reset 1", "room reset: section broke", "started 2"));
}

// GATE-024
TEST(RoomSection, NestsSixtyFourDeepAndRefusesTheNext) {
  Lines log;
  std::size_t deepest = 0;
  Script script;
  std::function<Task<>(Room&, std::size_t)> nest = [&](Room& room, std::size_t depth) -> Task<> {
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      deepest = depth;
      co_await room.sleep(1ms);
      co_await nest(room, depth + 1);
    });
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    try {
      co_await nest(room, 1);
    } catch (const Error&) {
      log.push_back("caught outside");
    }
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.advance(1s);
  EXPECT_EQ(deepest, 64u);
  EXPECT_THAT(room.life.back(), "room reset: blockConcurrencyWhile() calls are nested too deeply.")
      << "the error leaves the innermost section, and that resets";
  EXPECT_THAT(log, IsEmpty());
}

// GATE-024: the error is the caller's to catch, inside the innermost section.
TEST(RoomSection, TheErrorOfTooDeepNestingCanBeCaughtInside) {
  Lines log;
  Script script;
  Profile profile;
  profile.maxSectionDepth = 2;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      co_await room.blockConcurrencyWhile([&]() -> Task<> {
        try {
          co_await room.blockConcurrencyWhile([&] { log.push_back("too deep"); });
        } catch (const Error& error) {
          log.push_back(error.message());
        }
      });
    });
    log.push_back("done");
  };
  RoomDriver room(script, {.profile = profile});
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(log, ElementsAre("blockConcurrencyWhile() calls are nested too deeply.", "done"));
}

// GATE-024, GATE-020: the inner blocks the outer's own timers too.
TEST(RoomSection, AnInnerSectionHoldsBackTheOuterOnesTimers) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      room.setTimeout(1s, [&] { log.push_back("outer's timer"); });
      co_await room.blockConcurrencyWhile([&]() -> Task<> {
        co_await room.sleep(2s);
        log.push_back("inner over");
      });
      co_await room.sleep(1s);
      log.push_back("outer over");
    });
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(10s);
  EXPECT_THAT(log, ElementsAre("inner over", "outer's timer", "outer over"));
}

// GATE-025
TEST(RoomSection, OneThatWaitsForAnOutsideEventEndsInTheReset) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    auto outside = room.sleep(1s);
    co_await room.blockConcurrencyWhile([&]() -> Task<> { co_await std::move(outside); });
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.advance(31s);
  EXPECT_EQ(room.life.size(), 3u);
}

// GATE-021
TEST(RoomSection, GivesItsCallerWhatItsBodyReturns) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    const auto task = [&room]() -> Task<std::string> {
      co_await room.sleep(1s);
      co_return "task";
    };
    log.push_back(co_await room.blockConcurrencyWhile(task));
    log.push_back(co_await room.blockConcurrencyWhile([] { return std::string("value"); }));
    const auto pending = [&room] { return room.storage().get<int>("k"); };
    log.push_back(std::to_string((co_await room.blockConcurrencyWhile(pending)).value_or(0)));
    const auto nothing = [&room] { return room.storage().put("k", 2); };
    co_await room.blockConcurrencyWhile(nothing);
  };
  RoomDriver room(script, {.reads = Reads::later, .stored = {{"k", encodeValue(1)}}});
  room.message(room.connect("ann"), "go");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("task", "value", "1"));
  EXPECT_EQ(room.stored<int>("k"), 2);
}

}  // namespace
}  // namespace Party::Test
