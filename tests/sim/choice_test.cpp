#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fixed_life.h"
#include "world_parties.h"

/// What a world draws, and that every draw is on record and can be fixed.

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

/// Sets three timers at once and tells everyone when they fire; "long" holds the gate for ever.
class Timers : public Server {
 public:
  using Server::Server;
  Task<> onMessage(Message message, Connection) override {
    if (message.text() == "long") {
      co_await room().blockConcurrencyWhile([this]() -> Task<> { co_await room().sleep(1h); });
      co_return;
    }
    for (const int milliseconds : {300, 100, 200, 100}) {
      room().setTimeout(std::chrono::milliseconds(milliseconds),
                        [this, milliseconds] { room().broadcast(std::to_string(milliseconds)); });
    }
  }
};

/// Says what its clock shows, in milliseconds since 2025.
class Watch : public Server {
 public:
  using Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<> onMessage(Message, Connection sender) override {
    const Time start = WorldOptions().startTime();
    sender.send(std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(room().now() - start).count()));
    return {};
  }
};

struct Choices : testing::Test {
  World world{Seed{17}};
};

// CP-11, GATE-011: late, and in the order of their times
TEST_F(Choices, TimersAreAsLateAsTheOptionsAllowAndKeepTheirOrder) {
  world.party<Timers>("main");
  std::set<Time> ends;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    world.reset(Seed{seed}, WorldOptions().timerLateness({0ms, 1s}).latency({0ms, 0ms}));
    auto ann = world.connect("main", "r");
    world.runUntilQuiet();
    const Time sent = world.now();
    ann.send("go");
    world.advance(3s);
    ASSERT_EQ(ann.received(), (Messages{"100", "100", "200", "300"}));
    const std::vector<Duration> due{100ms, 100ms, 200ms, 300ms};
    for (std::size_t i = 0; i < 4; ++i) {
      ASSERT_GE(ann.frames()[i + 1].at - sent, due[i]);
      ASSERT_LE(ann.frames()[i + 1].at - sent, due[i] + 1s);
    }
    ends.insert(ann.frames().back().at - (sent - Time()));
  }
  EXPECT_GT(ends.size(), 20u);
}

// CP-14, GATE-022: never early
TEST_F(Choices, ACriticalSectionEndsAtItsLimitOrLater) {
  world.party<Timers>("main");
  world.reset(Seed{2}, WorldOptions().timerLateness({5s, 5s}));
  auto ann = world.connect("main", "r");
  world.runUntilQuiet();
  ann.send("long");
  world.advance(34s);
  EXPECT_TRUE(ann.open());
  world.advance(2s);
  EXPECT_TRUE(ann.closed());
}

// CP-10: within the most it may differ, and forwards within one process
TEST_F(Choices, AProcessHasAClockThatMayDiffer) {
  world.party<Watch>("main");
  std::set<long> skews;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    world.reset(Seed{seed},
                WorldOptions().clockSkew(1s).latency({0ms, 0ms}).startTime(WorldOptions().startTime() + 1h));
    auto ann = world.connect("main", "r");
    for (int i = 0; i < 4; ++i) {
      world.advance(1s);
      if (i == 2) {
        world.crash();
        world.runUntilQuiet();
        ann.reconnect();
      }
      ann.send("?");
      world.runUntilQuiet();
      const long shown = std::stol(std::string(ann.received().back().text()));
      const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(world.now() - WorldOptions().startTime());
      ASSERT_LE(std::abs(shown - now.count()), 1001);
      skews.insert(shown - now.count());
    }
  }
  EXPECT_GT(skews.size(), 50u);
}

// CP-60: between the two, and each time anew
TEST_F(Choices, IdleRoomsGoToSleepAfterATimeThatIsDrawn) {
  world.party<Shout>("main");
  std::set<long> slept;
  world.reset(Seed{17}, WorldOptions().hibernateAfter(Between{1s, 20s}));
  auto ann = world.connect("main", "r");
  world.runUntilQuiet();
  for (int i = 0; i < 20; ++i) {
    ann.send("x");
    world.runUntilQuiet();
    const Time last = world.now();
    while (world.status(0).instance) world.advance(100ms);
    ASSERT_GE(world.now() - last, 900ms);
    ASSERT_LE(world.now() - last, 20s + 100ms);
    slept.insert((world.now() - last).count() / 1'000'000);
  }
  EXPECT_GT(slept.size(), 8u);
}

// CP-64, EVICT-013: 0 to 200 ms, or what the options say
TEST_F(Choices, SocketsEndSomeTimeAfterAReset) {
  world.party<Shout>("main");
  for (const Duration most : {Duration(200ms), Duration(5s)}) {
    WorldOptions options;
    if (most != 200ms) options.resetDropDelay({0ms, most});
    Duration longest{};
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      world.reset(Seed{seed}, options);
      auto ann = world.connect("main", "r");
      world.runUntilQuiet();
      const Time then = world.now();
      world.resetRoom("main", "r");
      world.runUntilQuiet();
      ASSERT_EQ(ann.closeCode(), 1006);
      longest = std::max(longest, ann.frames().back().at - then);
    }
    EXPECT_LE(longest, most);
    EXPECT_GT(longest, most * 3 / 4);
  }
}

// CP-01, CP-41: in any order, but for what comes over one socket
TEST_F(Choices, WhatIsReadyAtTheSameTimeComesInAnOrderThatIsDrawn) {
  world.party<Shout>("main");
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    world.reset(Seed{seed}, WorldOptions().latency({1ms, 1ms}).shuffledEvents(true));
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(world.connect("main", "r"));
    world.runUntilQuiet();
    for (const char* text : {"1", "2"}) {
      for (std::size_t i = 0; i < 3; ++i) clients[i].send(std::string(1, static_cast<char>('a' + i)) + text);
    }
    world.runUntilQuiet();
    std::string order;
    for (const Message& message : clients[0].received()) order += message.content();
    ASSERT_EQ(order.size(), 12u);
    for (const char who : {'a', 'b', 'c'}) {
      ASSERT_LT(order.find(std::string(1, who) + "1"), order.find(std::string(1, who) + "2")) << order;
    }
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 30u) << "of 90";
}

// 8.10: arrival order
TEST_F(Choices, WithoutAWordWhatIsReadyAtTheSameTimeComesInOrderOfArrival) {
  world.party<Shout>("main");
  world.reset(Seed{1}, WorldOptions().latency({1ms, 1ms}).recordChoices(true));
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(world.connect("main", "r"));
  world.runUntilQuiet();
  const auto say = [&] {
    for (std::size_t i = 0; i < 3; ++i) clients[i].send(std::string(1, static_cast<char>('a' + i)));
    world.runUntilQuiet();
  };
  world.withCause(50);
  say();
  EXPECT_EQ(clients[0].received(), (Messages{"a", "b", "c"}));
  const auto choice = std::ranges::find_if(
      world.choices(), [&](const ChoicePoint& point) { return point.purpose == Choice::eventOrder && point.n == 0; });
  ASSERT_NE(choice, world.choices().end()) << "there was a choice, and it is on record";
}

/// A life in which what is rare is drawn: an alarm that is given up, and one that was moved; new code; a turn too long.
void liveRareLife(World& world) {
  auto ann = world.connect("clock", "tower", ClientOptions().id("ann"));
  world.runUntilQuiet();
  ann.send("fail");
  ann.send("100");
  world.advance(1h);
  ann.reconnect();
  ann.send("mend");
  ann.send("1000");
  world.runUntilQuiet();
  world.holdCommits("clock", "tower");
  ann.send("60000");
  world.advance(1min);
  world.releaseCommits("clock", "tower");
  auto bob = world.connect("main", "lobby", ClientOptions().id("bob"));
  world.runUntilQuiet();
  world.exceedCpu("main", "lobby");
  bob.send("x");
  world.runUntilQuiet();
  world.redeploy();
  world.runUntilQuiet();
}

WorldOptions everythingDrawn() {
  return WorldOptions::stress()
      .flush({0ms, 20ms})
      .commitFailures({1, 50})
      .lostAcks({1, 50})
      .alarmLateness({0ms, 100ms})
      .latency({1ms, 2ms})
      .hibernateAfter(Between{1s, 3s})
      .lifetime({10s, 200s})
      .trace(TraceMode::hashOnly)
      .recordChoices(true);
}

// 8.8 item 1
TEST_F(Choices, OfEveryKindAreOnRecordAndCanBeFixed) {
  const auto live = [](World& life, std::uint64_t seed) { seed % 2 == 0 ? liveFixedLife(life) : liveRareLife(life); };
  const auto options = [](std::uint64_t seed) {
    WorldOptions each = everythingDrawn();
    if (seed % 4 == 0) each.ranked(true);
    return seed % 2 == 0 ? each : each.lifetime({24h, 25h}).commitFailures({}).lostAcks({});
  };
  std::map<Choice, std::pair<std::uint64_t, ChoicePoint>> first;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    World life(allParties(), Seed{seed}, options(seed));
    live(life, seed);
    for (const ChoicePoint& point : life.choices()) first.emplace(point.purpose, std::pair(seed, point));
  }
  for (std::size_t i = 0; i < choices; ++i) {
    const auto purpose = static_cast<Choice>(static_cast<std::uint32_t>(Choice::latencyUp) + i);
    if (purpose == Choice::callOutcome) continue;  // AnOutcomeOfACallCanBeFixed
    ASSERT_TRUE(first.contains(purpose)) << "choice " << i << " is never drawn";
    const auto& [seed, point] = first.at(purpose);
    const std::uint64_t least = purpose == Choice::mergedUnits ? 1 : 0;
    World life(allParties(), Seed{seed}, options(seed));
    life.override(point.purpose, point.cause, point.n, point.value == least ? least + 1 : least);
    live(life, seed);
    const auto fixed = std::ranges::find_if(life.choices(), [&](const ChoicePoint& drawn) {
      return drawn.purpose == point.purpose && drawn.cause == point.cause && drawn.n == point.n;
    });
    ASSERT_NE(fixed, life.choices().end());
    EXPECT_NE(fixed->value, point.value) << "choice " << i;
  }
}

/// Asks somebody outside, and says what came of it.
class Asker : public Server {
 public:
  using Server::Server;
  Task<> onMessage(Message, Connection sender) override {
    std::string heard = "nothing";
    try {
      heard = (co_await room().fetch("https://out.example/")).body();
    } catch (const std::exception&) {
    }
    sender.send(heard);
  }
};

// CP-92
TEST_F(Choices, AnOutcomeOfACallCanBeFixed) {
  world.party<Asker>("main");
  world.peer("https://out.example", [](const Request&) { return Response("an answer"); });
  const auto ask = [&] {
    auto ann = world.connect("main", "r");
    ann.send("x");
    world.runUntilQuiet();
    return ann.received();
  };
  world.reset(Seed{1}, WorldOptions().recordChoices(true));
  EXPECT_EQ(ask(), Messages{"an answer"});
  const auto point = std::ranges::find(world.choices(), Choice::callOutcome, &ChoicePoint::purpose);
  ASSERT_NE(point, world.choices().end());
  const ChoicePoint call = *point;
  world.reset(Seed{1});
  world.override(call.purpose, call.cause, call.n, 1);
  EXPECT_EQ(ask(), Messages{"nothing"});
}

// CP-92: it may have been heard all the same
TEST_F(Choices, ACallMayNeverBeAnswered) {
  world.party<Asker>("main");
  int heard = 0;
  world.peer("https://out.example", [&heard](const Request&) { return ++heard, Response("an answer"); });
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    world.reset(Seed{seed}, WorldOptions().unansweredCalls({1, 1}));
    auto ann = world.connect("main", "r");
    ann.send("x");
    EXPECT_TRUE(world.runUntilQuiet());
    world.advance(1h);
    ASSERT_TRUE(ann.received().empty());
    ASSERT_EQ(world.status(0).handlers, 1u);
  }
  EXPECT_GT(heard, 5);
  EXPECT_LT(heard, 35);
}

// CP-83, EVICT-035: together, and the room hears nothing of it, ever
TEST_F(Choices, ALostHostTakesTheSocketsOfRoomsThatSleep) {
  world.party<Shout>("main");
  auto ann = world.connect("main", "r");
  auto bob = world.connect("main", "r");
  world.runUntilQuiet();
  ASSERT_TRUE(world.hibernate("main", "r"));
  world.crash();
  world.runUntilQuiet();
  EXPECT_EQ(ann.closeCode(), 1006);
  EXPECT_EQ(bob.closeCode(), 1006);
  EXPECT_FALSE(world.status(0).instance) << "nothing has woken it";
  ann.reconnect();
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(world.status(0).connections, 1u);
  EXPECT_EQ(bob.received(), Messages{});
}

// 8.10
TEST_F(Choices, UnderStressAreWhatTheContractNames) {
  const WorldOptions stress = WorldOptions::stress();
  EXPECT_EQ(stress.flush(), (Between{0s, 10s}));
  EXPECT_EQ(stress.commitFailures(), (Ratio{2, 100}));
  EXPECT_EQ(stress.lostAcks(), (Ratio{1, 100}));
  EXPECT_TRUE(stress.partialCommits());
  EXPECT_EQ(stress.delayedReads(), (Ratio{30, 100}));
  EXPECT_EQ(stress.readLatency(), (Between{0ms, 50ms}));
  EXPECT_EQ(stress.idleBeforeHibernation(), (Between{0s, 0s}));
  EXPECT_EQ(stress.alarmLateness(), (Between{0s, 60s}));
  EXPECT_EQ(stress.alarmRepeats(), (Ratio{5, 100}));
  EXPECT_TRUE(stress.extremeRetryDelays());
  EXPECT_EQ(stress.resetDropDelay(), (Between{0s, 5s}));
  EXPECT_TRUE(stress.shuffledEvents());
  EXPECT_EQ(stress.profile().maxUnflushedBytes, 0u);
  const WorldOptions usual;
  EXPECT_EQ(usual.flush(), (Between{1ms, 5ms}));
  EXPECT_EQ(usual.commitFailures(), Ratio());
  EXPECT_EQ(usual.lostAcks(), Ratio());
  EXPECT_FALSE(usual.partialCommits());
  EXPECT_EQ(usual.delayedReads(), Ratio());
  EXPECT_EQ(usual.idleBeforeHibernation(), (Between{10s, 10s}));
  EXPECT_EQ(usual.alarmLateness(), (Between{0ms, 3ms}));
  EXPECT_EQ(usual.alarmRepeats(), Ratio());
  EXPECT_FALSE(usual.extremeRetryDelays());
  EXPECT_EQ(usual.resetDropDelay(), (Between{0ms, 200ms}));
  EXPECT_FALSE(usual.shuffledEvents());
}

// 8.10: whatever is legal at its extreme breaks no rule
TEST_F(Choices, UnderStressNothingIsDoneThatIsNeverLegal) {
  World life(allParties());
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    life.reset(Seed{seed}, WorldOptions::stress().throwOnViolation(false).lifetime({5s, 500s}));
    liveFixedLife(life);
    ASSERT_TRUE(life.violations().empty()) << seed << ": " << life.violations().front().text;
    events += life.eventCount();
  }
  EXPECT_GT(events, 10'000u);
}

// 8.8 item 1: the same seed, the same life
TEST_F(Choices, UnderStressALifeIsTheSameEachTime) {
  World one(allParties());
  World two(allParties());
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (World* life : {&one, &two}) {
      life->reset(Seed{seed}, WorldOptions::stress());
      liveFixedLife(*life);
    }
    EXPECT_EQ(one.trace().hash(), two.trace().hash());
  }
}

}  // namespace
