#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/sim/world.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

struct Disk : testing::Test {
  World world{Seed{4}};
  Disk() { world.party<Counter>("main"); }
  int durable() {
    const auto& entries = world.disk("main", "safe").entries;
    const auto found = entries.find("count");
    return found == entries.end() ? 0 : decodeValue<int>(found->second);
  }
};

// GATE-033, INV-02
TEST_F(Disk, AnAnswerLeavesOnlyWhenTheWriteBeforeItIsDurable) {
  world.reset(Seed{4}, WorldOptions().flush({500ms, 500ms}));
  auto ann = world.connect("main", "safe");
  world.runUntilQuiet();
  ann.send("x");
  world.advance(400ms);
  EXPECT_EQ(durable(), 0);
  EXPECT_TRUE(ann.received().empty());
  EXPECT_EQ(world.status(0).heldOutputs, 1u);
  world.runUntilQuiet();
  EXPECT_EQ(durable(), 1);
  EXPECT_EQ(ann.received(), Messages{"1"});
}

// STORE-082, CP-20, CP-21
TEST_F(Disk, UnitsIssuedDuringAFlushAreMergedIntoTheNext) {
  world.reset(Seed{4}, WorldOptions().flush({100ms, 100ms}));
  auto ann = world.connect("main", "safe");
  world.runUntilQuiet();
  for (int i = 0; i < 10; ++i) ann.send("x");
  world.advance(190ms);
  EXPECT_EQ(ann.received(), Messages{"1"});
  world.advance(60ms);
  EXPECT_EQ(ann.received().size(), 10u);
}

// CP-22
TEST_F(Disk, AFlushTakesAsLongAsTheOptionsAllow) {
  world.reset(Seed{4}, WorldOptions().flush({3ms, 30ms}).latency({0ms, 0ms}));
  auto ann = world.connect("main", "safe");
  world.runUntilQuiet();
  Duration shortest = 1h;
  Duration longest{};
  for (int i = 0; i < 100; ++i) {
    const Time sent = world.now();
    ann.send("x");
    world.runUntilQuiet();
    shortest = std::min(shortest, ann.frames().back().at - sent);
    longest = std::max(longest, ann.frames().back().at - sent);
  }
  EXPECT_GE(shortest, 3ms);
  EXPECT_LT(shortest, 6ms);
  EXPECT_LE(longest, 30ms);
  EXPECT_GT(longest, 27ms);
}

// CP-23b, GATE-036, INV-03
TEST_F(Disk, AFailedCommitResetsTheRoomAndNothingOfItIsSeen) {
  auto ann = world.connect("main", "safe");
  ann.send("x");
  world.runUntilQuiet();
  world.failNextCommit("main", "safe");
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(durable(), 1);
  EXPECT_EQ(ann.received(), Messages{"1"});
  EXPECT_EQ(ann.closeCode(), 1006);
  ann.reconnect();
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"1", "2"}));
}

// CP-23c
TEST_F(Disk, ALostAcknowledgementKeepsTheUnitAndNotItsOutputs) {
  auto ann = world.connect("main", "safe");
  ann.send("x");
  world.runUntilQuiet();
  world.loseNextAck("main", "safe");
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(durable(), 2);
  EXPECT_EQ(ann.received(), Messages{"1"});
  EXPECT_EQ(ann.closeCode(), 1006);
  ann.reconnect();
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"1", "3"}));
}

TEST_F(Disk, CommitsFailAsOftenAsTheOptionsSay) {
  int failed = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    world.reset(Seed{seed}, WorldOptions().commitFailures({1, 4}));
    auto ann = world.connect("main", "safe");
    ann.send("x");
    world.runUntilQuiet();
    failed += ann.closed() ? 1 : 0;
  }
  EXPECT_GT(failed, 25);
  EXPECT_LT(failed, 80);
}

// CP-63, CP-23d, INV-04
TEST_F(Disk, ACrashLosesWhatWasNotDurableAndNothingThatAClientSaw) {
  int kept = 0;
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    world.reset(Seed{seed});
    auto ann = world.connect("main", "safe");
    for (int i = 0; i < 5; ++i) ann.send("x");
    world.advance(Duration(static_cast<std::int64_t>(seed) * 100));
    const int before = durable();
    const bool vulnerable = world.roomCount() != 0 && world.vulnerable(0);
    world.crash();
    const int after = durable();
    ASSERT_GE(after, before);
    (after > before ? kept : lost) += vulnerable ? 1 : 0;
    world.runUntilQuiet();
    if (!ann.closed()) continue;  // it was still on its way to the room and noticed nothing
    ASSERT_LE(static_cast<int>(ann.received().size()), after) << "seed " << seed;
    ASSERT_EQ(durable(), after);

    const std::size_t seen = ann.received().size();
    ann.reconnect();
    ann.send("x");
    world.runUntilQuiet();
    ASSERT_EQ(ann.received().size(), seen + 1);
    ASSERT_EQ(ann.received().back(), Message(std::to_string(after + 1)));
  }
  EXPECT_GT(kept, 10) << "an interrupted flush is never durable";
  EXPECT_GT(lost, 10) << "an interrupted flush is always durable";
}

// EVICT-004, INV-16
TEST_F(Disk, ACrashOfOneRoomLeavesTheOthers) {
  auto ann = world.connect("main", "safe");
  auto bob = world.connect("main", "other");
  world.runUntilQuiet();
  world.crash("main", "safe");
  world.runUntilQuiet();
  EXPECT_TRUE(ann.closed());
  EXPECT_TRUE(bob.open());
}

// CP-64, EVICT-012
TEST_F(Disk, AResetDropsSocketsAndKeepsTheDisk) {
  auto ann = world.connect("main", "safe");
  ann.send("x");
  world.runUntilQuiet();
  world.resetRoom("main", "safe", "code update");
  world.runUntilQuiet();
  EXPECT_EQ(ann.closeCode(), 1006);
  ann.reconnect();
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"1", "2"}));
}

/// Its keys, in one line.
std::string keysOf(const World& world) {
  std::string keys;
  for (const auto& [key, value] : world.disk("wiper", "r").entries) keys += key + " ";
  return keys;
}

// STORE-034, CP-27: each step has a flush of its own
TEST_F(Disk, DeletingEverythingIsOneStepBetweenWhatWasWrittenBeforeAndAfter) {
  world.party<Wiper>("wiper");
  world.reset(Seed{4}, WorldOptions().flush({100ms, 100ms}).latency({0ms, 0ms}));
  auto ann = world.connect("wiper", "r");
  ann.send("put");
  world.runUntilQuiet();
  ASSERT_EQ(keysOf(world), "old ");
  ann.send("wipe");
  for (const char* keys : {"before old ", "", "after "}) {
    world.advance(100ms);
    EXPECT_EQ(keysOf(world), keys);
  }
  world.runUntilQuiet();
  EXPECT_EQ(ann.received().back(), Message("wiped"));
}

// CP-23d, CP-27, INV-04: a crash falls between any two steps, never within one
TEST_F(Disk, ACrashWhileEverythingIsDeletedLeavesTheStoreOfOneStep) {
  world.party<Wiper>("wiper");
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    world.reset(Seed{seed}, WorldOptions().flush({10ms, 10ms}).latency({0ms, 0ms}));
    auto ann = world.connect("wiper", "r");
    ann.send("put");
    world.runUntilQuiet();
    ann.send("wipe");
    world.advance(Duration(static_cast<std::int64_t>(seed) * 100));
    world.crash();
    ++seen[keysOf(world)];
    EXPECT_TRUE(world.violations().empty());
  }
  ASSERT_EQ(seen.size(), 4u);
  for (const char* keys : {"old ", "before old ", "", "after "}) EXPECT_GT(seen[keys], 10) << keys;
}

// STORE-086
TEST_F(Disk, AFailedCommitTellsClientsTheContractsTextAndNotTheDisks) {
  world.party<Wiper>("wiper");
  world.connect("wiper", "r");
  world.runUntilQuiet();
  world.failNextCommit("wiper", "r");
  const auto failed = world.request("wiper", "r");
  world.runUntilQuiet();
  ASSERT_TRUE(failed.answered());
  EXPECT_EQ(failed.status(), 500);
  EXPECT_TRUE(failed.body().starts_with(
      "Internal error in Durable Object storage write caused object to be reset; reference = "));
}

// CP-05, GATE-004
TEST_F(Disk, ADelayedReadHoldsTheRoomUntilItsValueComes) {
  world.reset(Seed{4}, WorldOptions().delayedReads({1, 1}, {200ms, 200ms}));
  auto ann = world.connect("main", "safe");
  ann.send("x");
  world.advance(150ms);
  EXPECT_FALSE(ann.open());
  world.runUntilQuiet();
  EXPECT_TRUE(ann.open());
  EXPECT_EQ(ann.received(), Messages{"1"});
}

TEST_F(Disk, ACrashDuringADelayedReadForgetsTheRead) {
  world.reset(Seed{4}, WorldOptions().delayedReads({1, 1}, {200ms, 200ms}));
  auto ann = world.connect("main", "safe");
  world.advance(100ms);
  world.crash();
  EXPECT_TRUE(world.runUntilQuiet());
  ann.reconnect();
  EXPECT_TRUE(world.runUntilQuiet());
  EXPECT_TRUE(ann.open());
}

// The C oracle's clean restart.
TEST_F(Disk, ACleanStopFinishesWhatRunsWithoutTimePassing) {
  world.reset(Seed{4}, WorldOptions().flush({1s, 1s}));
  auto ann = world.connect("main", "safe");
  world.runUntilQuiet();
  ann.send("x");
  world.advance(100ms);
  ASSERT_TRUE(world.vulnerable(0));
  const Time before = world.now();
  world.stopCleanly("main", "safe");
  EXPECT_EQ(world.now(), before);
  EXPECT_EQ(durable(), 1);
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), Messages{"1"});
  EXPECT_EQ(ann.closeCode(), 1006);
}

TEST_F(Disk, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_THROW(World(Seed{1}, WorldOptions().flush({5ms, 1ms})), Error);
  EXPECT_THROW(World(Seed{1}, WorldOptions().latency({-1ms, 1ms})), Error);
  EXPECT_THROW(World(Seed{1}, WorldOptions().lostAcks({2, 1})), Error);
  EXPECT_THROW(World(Seed{1}, WorldOptions().commitFailures({0, 0})), Error);
}

}  // namespace
