#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "world_parties.h"

/// What a platform may do with an alarm, by hand and by draw.

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

/// Notes when the handler of alarms began, and how many alarms were given up.
struct Runs : Observer {
  std::vector<Time> at;
  std::vector<Time> abandoned;
  void onEffect(Time now, RoomIndex, const Host::Effect& effect) override {
    const auto* began = std::get_if<Host::HandlerBegan>(&effect.body);
    if (began != nullptr && began->handler == Host::HandlerKind::onAlarm) at.push_back(now);
  }
  void onEvent(Time now, RoomIndex, const Host::Event& event) override {
    if (std::holds_alternative<Host::AlarmAbandoned>(event.body)) abandoned.push_back(now);
  }
};

struct AlarmControls : testing::Test {
  World world{Seed{6}};
  Runs runs;
  Client ann = start();
  Client start() {
    world.party<Clock>("main");
    return restart(Seed{6}, WorldOptions());
  }
  Client restart(Seed seed, const WorldOptions& options) {
    world.reset(seed, options);
    runs = Runs();
    world.observe(runs);
    return world.connect("main", "tower");
  }
  int stored() { return decodeValue<int>(world.disk("main", "tower").entries.at("runs")); }
  bool isSet() { return world.disk("main", "tower").alarm.has_value(); }
};

// CP-40, ALARM-021
TEST_F(AlarmControls, TheNextAlarmMayBeDelayedWhetherItIsSetOrNot) {
  world.delayNextAlarm("main", "tower", 30s);
  ann.send("1000");
  world.advance(30s);
  EXPECT_TRUE(runs.at.empty());
  world.advance(2s);
  EXPECT_EQ(runs.at.size(), 1u);
  ann.send("1000");
  world.runUntilQuiet();
  world.delayNextAlarm("main", "tower", 10s);
  world.advance(10s);
  EXPECT_EQ(runs.at.size(), 1u);
  world.advance(2s);
  EXPECT_EQ(runs.at.size(), 2u);
  ann.send("1000");
  world.advance(2s);
  EXPECT_EQ(runs.at.size(), 3u) << "one alarm is delayed once";
}

// CP-45, ALARM-043
TEST_F(AlarmControls, AnAlarmThatDoesNotReachItsRoomComesLaterAndUsesUpNoRetry) {
  ann.send("fail");
  ann.send("1000");
  world.runUntilQuiet();
  const Time due = *world.disk("main", "tower").alarm;
  world.missNextAlarm("main", "tower");
  world.missNextAlarm("main", "tower");
  world.advance(1h);
  ASSERT_EQ(runs.at.size(), 7u);
  EXPECT_GE(runs.at.front() - due, 2s + 4s);
  EXPECT_LE(runs.at.front() - due, 8s);
  EXPECT_TRUE(world.violations().empty());
}

// CP-42, ALARM-027
TEST_F(AlarmControls, AnAlarmWhoseRemovalIsNotDurableWhenItsProcessDiesComesAgain) {
  ann.send("1000");
  world.runUntilQuiet();
  world.dropNextAlarmRemoval("main", "tower");
  world.advance(10s);
  EXPECT_EQ(runs.at.size(), 2u);
  EXPECT_EQ(ann.closeCode(), 1006);
  EXPECT_EQ(stored(), 1) << "the first run's write went with the removal";
  EXPECT_FALSE(isSet());
}

// CP-42: as often as the options say, without any crash
TEST_F(AlarmControls, RunsAreMadeAgainAsOftenAsTheOptionsSay) {
  int twice = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    ann = restart(Seed{seed}, WorldOptions().alarmRepeats({1, 2}));
    ann.send("1000");
    world.advance(10s);
    ASSERT_GE(runs.at.size(), 1u);
    ASSERT_LE(runs.at.size(), 2u);
    ASSERT_EQ(stored(), static_cast<int>(runs.at.size()));
    twice += runs.at.size() == 2 ? 1 : 0;
  }
  EXPECT_GT(twice, 30);
  EXPECT_LT(twice, 70);
}

// CP-43: the shortest or the longest
TEST_F(AlarmControls, DelaysOfRetriesCanBeExtremes) {
  ann = restart(Seed{6}, WorldOptions().extremeRetryDelays(true).alarmLateness({0ms, 0ms}));
  ann.send("fail");
  ann.send("1000");
  world.advance(1h);
  ASSERT_EQ(runs.at.size(), 7u);
  bool shortest = false;
  bool longest = false;
  for (std::size_t i = 1; i < runs.at.size(); ++i) {
    const Duration least = 1s * (std::int64_t{1} << i);
    const Duration delay = runs.at[i] - runs.at[i - 1];
    shortest = shortest || delay < least + 10ms;
    longest = longest || delay > least * 5 / 4 - 10ms;
    EXPECT_TRUE(delay < least + 10ms || delay > least * 5 / 4 - 10ms) << i;
  }
  EXPECT_TRUE(shortest && longest);
}

// CP-44, ALARM-042: gone some time after the last failure, also when the process dies in between
TEST_F(AlarmControls, AnAlarmIsGivenUpSomeTimeAfterItsLastFailure) {
  for (const bool crashes : {false, true}) {
    ann = restart(Seed{6}, WorldOptions().alarmLateness({10s, 10s}));
    ann.send("fail");
    ann.send("1000");
    while (runs.at.size() < 7) world.step();
    world.advance(5s);
    EXPECT_TRUE(isSet());
    if (crashes) world.crash(RetryState::kept);
    world.advance(1h);
    EXPECT_FALSE(isSet());
    EXPECT_EQ(runs.at.size(), 7u);
    ASSERT_EQ(runs.abandoned.size(), 1u);
    EXPECT_GE(runs.abandoned[0] - runs.at.back(), 10s);
  }
}

// CP-44, INV-10: an alarm whose removal fails has had its seven runs all the same.
TEST_F(AlarmControls, AnAlarmThatIsGivenUpRunsNoEighthTimeWhenItsRemovalFails) {
  for (const bool crashes : {false, true}) {
    ann = restart(Seed{6}, WorldOptions());
    ann.send("fail");
    ann.send("1000");
    while (runs.at.size() < 7) world.step();
    while (runs.abandoned.empty()) world.step();
    if (!crashes) world.failNextCommit("main", "tower");
    if (crashes) world.crash(RetryState::kept);
    EXPECT_FALSE(world.fireAlarm("main", "tower"));
    world.advance(1h);
    EXPECT_FALSE(isSet());
    EXPECT_EQ(runs.at.size(), 7u);
    EXPECT_GE(runs.abandoned.size(), crashes ? 1u : 2u);
  }
}

// CP-45, ALARM-051: a crash that forgets begins anew, one that does not goes on where it was
TEST_F(AlarmControls, RetriesAreForgottenOrKeptInACrashAsOneSays) {
  for (const auto& [how, expected] : {std::pair{RetryState::kept, 7u}, std::pair{RetryState::forgotten, 4u + 7u}}) {
    ann = restart(Seed{6}, WorldOptions());
    ann.send("fail");
    ann.send("1000");
    while (runs.at.size() < 4) world.step();
    world.advance(1s);
    world.crash("main", "tower", how);
    world.advance(1h);
    EXPECT_EQ(runs.at.size(), expected);
    EXPECT_FALSE(isSet());
  }
}

// CP-47, INV-09: whether it runs or not, the new alarm stands
TEST_F(AlarmControls, ARunOnItsWayMayHappenThoughItsAlarmWasMovedWhenThatIsNotDurable) {
  for (const bool runs_ : {false, true}) {
    ann = restart(Seed{6}, WorldOptions().latency({0ms, 0ms}).flush({10ms, 10ms}).alarmLateness({500ms, 500ms}));
    ann.send("1000");
    world.advance(1490ms);
    world.holdCommits("main", "tower");
    if (runs_) world.runNextReplacedAlarm("main", "tower");
    ann.send("60000");
    world.advance(1s);
    EXPECT_EQ(runs.at.size(), runs_ ? 1u : 0u);
    world.releaseCommits("main", "tower");
    world.runUntilQuiet();
    ASSERT_TRUE(isSet());
    world.advance(2min);
    EXPECT_EQ(runs.at.size(), runs_ ? 2u : 1u);
    EXPECT_FALSE(isSet());
    EXPECT_TRUE(world.violations().empty());
  }
}

// CP-47: by draw
TEST_F(AlarmControls, PhantomRunsHappenAsOftenAsTheOptionsSay) {
  int phantoms = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ann = restart(
        Seed{seed},
        WorldOptions().latency({0ms, 0ms}).flush({10ms, 10ms}).alarmLateness({500ms, 500ms}).phantomRuns({1, 2}));
    ann.send("1000");
    world.advance(1490ms);
    world.holdCommits("main", "tower");
    ann.send("delete");
    world.advance(1s);
    phantoms += static_cast<int>(runs.at.size());
    world.releaseCommits("main", "tower");
    world.advance(1min);
    ASSERT_FALSE(isSet());
  }
  EXPECT_GT(phantoms, 15);
  EXPECT_LT(phantoms, 45);
}

// CP-48, INV-09: the instance is made, the handler waits for its time
TEST_F(AlarmControls, AskedForBeforeItsTimeAnAlarmWakesItsRoomAndDoesNotRun) {
  EXPECT_FALSE(world.wakeEarly("main", "tower"));
  ann.send("60000");
  world.advance(30s);
  ASSERT_FALSE(world.status(0).instance);
  EXPECT_TRUE(world.wakeEarly("main", "tower"));
  EXPECT_TRUE(world.status(0).instance);
  EXPECT_TRUE(runs.at.empty());
  world.advance(15s);
  EXPECT_FALSE(world.status(0).instance) << "it may sleep again";
  world.advance(20s);
  EXPECT_EQ(ann.received(), Messages{"ring 1"});
}

}  // namespace
