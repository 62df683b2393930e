#include <gtest/gtest.h>
#include <party/party.h>
#include <party/sim/explore.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;

const Between slow{0ms, 250ms};

/// Both say ten things at the same times; what the room heard, in its order.
std::string heard(std::uint64_t seed, bool ranked) {
  World world{Seed{seed}, WorldOptions().latency(slow).ranked(ranked)};
  world.party<Shout>("main");
  auto ann = world.connect("main", "lobby");
  auto bob = world.connect("main", "lobby");
  world.advance(2s);
  for (int i = 0; i < 10; ++i) {
    ann.send("a");
    bob.send("b");
    world.advance(10ms);
  }
  world.runUntilQuiet();
  std::string order;
  for (const Message& message : ann.received()) order += message.text();
  return order;
}

// CP-01: with priorities one client is behind or ahead of the other for a while.
TEST(Ranks, LetAllThatOneClientSaysComeBeforeAllThatTheOtherSays) {
  const std::string annFirst = std::string(10, 'a') + std::string(10, 'b');
  const std::string bobFirst = std::string(10, 'b') + std::string(10, 'a');
  int apart = 0;
  int apartByChance = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const bool ranked : {true, false}) {
      const std::string order = heard(seed, ranked);
      ASSERT_EQ(order.size(), 20u);
      (ranked ? apart : apartByChance) += order == annFirst || order == bobFirst ? 1 : 0;
    }
  }
  EXPECT_GT(apart, 60);
  EXPECT_LT(apartByChance, apart / 4);
}

TEST(Ranks, ChangeInSomeLives) {
  std::map<bool, int> lives;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world{Seed{seed}, WorldOptions().latency(slow).ranked(true).recordChoices(true)};
    world.party<Shout>("main");
    auto ann = world.connect("main", "lobby");
    for (int i = 0; i < 60; ++i) {
      ann.send("a");
      world.advance(500ms);
    }
    std::set<std::uint64_t> latencies;
    for (const ChoicePoint& point : world.choices()) {
      if (point.purpose != Choice::latencyUp) continue;
      EXPECT_LE(point.value, 250'000u);
      latencies.insert(point.value);
    }
    ++lives[*latencies.rbegin() - *latencies.begin() > 1'500];  // more than the millisecond of its own
  }
  EXPECT_GT(lives[true], 30);
  EXPECT_GT(lives[false], 50);
}

TEST(Ranks, AreDrawnOnceUnderAKeyOfTheirOwnAndCanBeOverridden) {
  const auto play = [](World& world) {
    world.withCause(1);
    auto ann = world.connect("main", "lobby");
    world.withCause(2);
    ann.send("a");
    world.withCause(3);
    ann.send("b");
    world.runUntilQuiet();
  };
  World world{Seed{4}, WorldOptions().latency(slow).ranked(true).recordChoices(true)};
  world.party<Shout>("main");
  play(world);
  const std::vector<ChoicePoint> before(world.choices().begin(), world.choices().end());
  std::set<std::tuple<Choice, std::uint64_t, std::uint64_t>> keys;
  for (const ChoicePoint& point : before) {
    EXPECT_TRUE(keys.emplace(point.purpose, point.cause, point.n).second) << static_cast<int>(point.purpose);
  }
  int rankDraws = 0;
  for (const ChoicePoint& changed : before) {
    if (changed.purpose != Choice::rank) continue;
    ++rankDraws;
    world.reset(Seed{4});
    world.override(Choice::rank, changed.cause, changed.n, changed.value == 0 ? 7 : 0);
    play(world);
    std::size_t different = 0;
    for (const ChoicePoint& point : world.choices()) different += std::ranges::count(before, point) == 0 ? 1u : 0u;
    EXPECT_GE(different, 2u);  // the rank, and what it makes fast or slow
  }
  EXPECT_GE(rankDraws, 4);
}

TEST(Exploring, TakesTheScheduleItIsGiven) {
  EXPECT_EQ(parseSchedule("mixed"), Schedule::mixed);
  EXPECT_EQ(parseSchedule("walk"), Schedule::walk);
  EXPECT_EQ(parseSchedule("pct"), Schedule::pct);
  for (const char* wrong : {"", "PCT", "random"}) EXPECT_THROW(parseSchedule(wrong), Error) << wrong;
  std::map<Schedule, Statistics> played;
  for (const Schedule schedule : {Schedule::mixed, Schedule::walk, Schedule::pct}) {
    ExploreOptions options;
    options.schedule = schedule;
    options.budget.lives = 300;
    options.progress = false;
    const auto result = explore(Property(), parties<Shout>("main"), "main", options);
    EXPECT_EQ(result.verdict, Verdicts::pass);
    played[schedule] = result.statistics;
  }
  EXPECT_NE(played[Schedule::walk].events, played[Schedule::pct].events);
  EXPECT_NE(played[Schedule::mixed].events, played[Schedule::pct].events);
}

}  // namespace
