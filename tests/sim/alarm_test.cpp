#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

/// Notes when alarms are delivered, and what for.
struct Rings : Observer {
  std::vector<Time> at;
  std::vector<Time> scheduled;
  int abandoned = 0;
  void onEvent(Time now, RoomIndex, const Host::Event& event) override {
    if (const auto* due = std::get_if<Host::AlarmDue>(&event.body)) {
      at.push_back(now);
      scheduled.push_back(due->scheduled);
    }
    if (std::holds_alternative<Host::AlarmAbandoned>(event.body)) ++abandoned;
  }
};

struct Alarms : testing::Test {
  World world{Seed{6}};
  Rings rings;
  Client ann;
  Alarms() : ann(start()) {}
  Client start() {
    world.party<Clock>("main");
    return restart(WorldOptions());
  }
  Client restart(const WorldOptions& options) {
    world.reset(world.seed(), options);
    rings = Rings();
    world.observe(rings);
    return world.connect("main", "tower");
  }
};

// INV-09, CP-40
TEST_F(Alarms, AreNeverEarlyAndAtMostAsLateAsTheOptionsAllow) {
  Duration latest{};
  for (int i = 0; i < 50; ++i) {
    ann.send(std::to_string(100 + i));
    world.advance(1s);
    ASSERT_EQ(rings.at.size(), static_cast<std::size_t>(i + 1));
    const Duration late = rings.at.back() - rings.scheduled.back();
    EXPECT_GE(late, 0ms);
    EXPECT_LE(late, 3ms);
    latest = std::max(latest, late);
  }
  EXPECT_GT(latest, 1ms);
}

TEST_F(Alarms, InTheFutureDoNotKeepAWorldBusy) {
  ann.send("60000");
  EXPECT_TRUE(world.runUntilQuiet());
  EXPECT_TRUE(rings.at.empty());
  EXPECT_TRUE(world.disk("main", "tower").alarm);
  world.advance(61s);
  EXPECT_EQ(ann.received(), Messages{"ring 1"});
  EXPECT_FALSE(world.disk("main", "tower").alarm);
}

// ALARM-027, 8.7
TEST_F(Alarms, SurviveACrash) {
  ann.send("60000");
  world.runUntilQuiet();
  world.crash();
  world.runUntilQuiet();
  ann.reconnect();
  world.advance(61s);
  EXPECT_EQ(ann.received(), Messages{"ring 1"});
}

// EVICT-032, CLOSE-26, FAULT-3: new code drops the sockets without a close frame; alarm and storage stay
TEST_F(Alarms, SurviveNewCodeThatDropsTheSockets) {
  ann.send("60000");
  world.runUntilQuiet();
  world.resetRoom("main", "tower", "Durable Object reset because its code was updated.");
  world.runUntilQuiet();
  EXPECT_EQ(ann.closeCode(), 1006);
  EXPECT_TRUE(world.disk("main", "tower").alarm);
  ann.reconnect();
  world.advance(61s);
  EXPECT_EQ(ann.received(), Messages{"ring 1"}) << "once, to the new connection";
  EXPECT_EQ(world.status(0).connections, 1u) << "the old one does not come back";
}

// HIBER-040
TEST_F(Alarms, WakeARoomThatSleeps) {
  ann.send("60000");
  world.advance(30s);
  EXPECT_FALSE(world.status(0).instance);
  world.advance(31s);
  EXPECT_EQ(ann.received(), Messages{"ring 1"});
}

// CP-42: the run's own removal of the alarm was not durable.
TEST_F(Alarms, RunAgainWhenACrashCutTheRunOff) {
  int repeated = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    world.reset(Seed{seed});
    ann = restart(WorldOptions().flush({10ms, 10ms}));
    ann.send("100");
    while (rings.at.empty()) world.step();
    ASSERT_TRUE(world.vulnerable(0));
    world.crash();
    world.advance(10s);
    const int runs = decodeValue<int>(world.disk("main", "tower").entries.at("runs"));
    ASSERT_EQ(runs, 1) << "half a unit, or a run that nobody asked for";
    repeated += rings.at.size() == 2 ? 1 : 0;
    ASSERT_FALSE(world.disk("main", "tower").alarm) << "a durable alarm never fired";
  }
  EXPECT_GT(repeated, 10);
  EXPECT_LT(repeated, 40);
}

// ALARM-041, ALARM-042, INV-10
TEST_F(Alarms, ThatFailAreRetriedSixTimesEverLaterAndThenGivenUp) {
  ann.send("fail");
  ann.send("100");
  world.advance(1h);
  ASSERT_EQ(rings.at.size(), 7u);
  for (std::size_t i = 1; i < rings.at.size(); ++i) {
    const Duration delay = rings.at[i] - rings.at[i - 1];
    const Duration least = 1s * (std::int64_t{1} << i);
    EXPECT_GE(delay, least);
    EXPECT_LE(delay, least * 5 / 4 + 20ms);
    EXPECT_EQ(rings.scheduled[i], rings.scheduled[0]);
  }
  EXPECT_EQ(rings.abandoned, 1);
  EXPECT_FALSE(world.disk("main", "tower").alarm);
  EXPECT_EQ(world.uncaughtErrors().size(), 7u);
  EXPECT_EQ(world.uncaughtErrors()[0].text, "the clock is broken");
}

TEST_F(Alarms, CanBeFiredByHandAtTheirTimeAndNotASecondTime) {
  EXPECT_FALSE(world.fireAlarm("main", "tower"));
  ann.send("60000");
  world.runUntilQuiet();
  const Time before = world.now();
  EXPECT_TRUE(world.fireAlarm("main", "tower"));
  ASSERT_EQ(rings.at.size(), 1u);
  EXPECT_EQ(rings.at[0], rings.scheduled[0]);
  EXPECT_GT(world.now() - before, 59s);
  world.advance(1h);
  EXPECT_EQ(rings.at.size(), 1u);
}

TEST_F(Alarms, ThatAreMovedRingAtTheNewTimeOnly) {
  ann.send("60000");
  world.runUntilQuiet();
  ann.send("5000");
  world.advance(10s);
  EXPECT_EQ(rings.at.size(), 1u);
  world.advance(1h);
  EXPECT_EQ(rings.at.size(), 1u);
}

// ALARM-048, CP-46: a new alarm takes the retry's place, with a budget of its own
TEST_F(Alarms, SetDuringBackOffRingAtTheirOwnTimeAndTheRetryIsCancelled) {
  ann.send("fail");
  ann.send("100");
  world.advance(1s);
  ASSERT_EQ(rings.at.size(), 1u);
  ann.send("mend");
  ann.send("5000");
  world.advance(1h);
  ASSERT_EQ(rings.at.size(), 2u);
  EXPECT_GT(rings.scheduled[1] - rings.scheduled[0], 5s);
  EXPECT_GE(rings.at[1], rings.scheduled[1]);
  EXPECT_LE(rings.at[1] - rings.scheduled[1], 3ms) << "not delayed until the retry's slot";
}

// ALARM-049
TEST_F(Alarms, DeletedDuringBackOffAreNotRetried) {
  ann.send("fail");
  ann.send("100");
  world.advance(1s);
  ASSERT_EQ(rings.at.size(), 1u);
  ann.send("delete");
  world.advance(1h);
  EXPECT_EQ(rings.at.size(), 1u);
  EXPECT_FALSE(world.disk("main", "tower").alarm);
}

// ALARM-043, CP-45: a run that the disk undoes uses up none of the six retries
TEST_F(Alarms, LostToTheDiskAreMadeAgainAndKeepTheirRetries) {
  ann.send("100");
  world.runUntilQuiet();
  for (int lost = 0; lost < 4; ++lost) {
    world.failNextCommit("main", "tower");
    while (rings.at.size() == static_cast<std::size_t>(lost)) world.step();
    world.advance(1s);
  }
  ann.reconnect();
  ann.send("fail");
  world.advance(2h);
  EXPECT_EQ(rings.at.size(), 4u + 7u);
  EXPECT_EQ(rings.abandoned, 1);
  EXPECT_TRUE(world.violations().empty());
}

}  // namespace
