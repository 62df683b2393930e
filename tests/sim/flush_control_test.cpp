#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/sim/world.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "world_parties.h"

/// When commits begin, what they cover, and when what waited for them leaves.

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

struct Flushes : testing::Test {
  World world{Seed{4}};
  Flushes() { world.party<Counter>("main"); }
  Client start(const WorldOptions& options) {
    world.reset(world.seed(), options);
    auto ann = world.connect("main", "safe");
    world.runUntilQuiet();
    return ann;
  }
  int durable() {
    const auto& entries = world.disk("main", "safe").entries;
    return entries.empty() ? 0 : decodeValue<int>(entries.at("count"));
  }
};

// CP-20, CP-22, 8.8 item 4
TEST_F(Flushes, HeldCommitsWaitAndAreReleasedOneSomeOrAll) {
  auto ann = start(WorldOptions());
  world.holdCommits("main", "safe");
  for (int i = 0; i < 6; ++i) ann.send("x");
  EXPECT_TRUE(world.runUntilQuiet()) << "what waits for a hand keeps no world busy";
  EXPECT_EQ(durable(), 0);
  EXPECT_TRUE(ann.received().empty());
  world.releaseCommits("main", "safe", 1);
  world.runUntilQuiet();
  EXPECT_EQ(durable(), 1);
  EXPECT_EQ(ann.received(), Messages{"1"});
  world.releaseCommits("main", "safe", 3);
  world.runUntilQuiet();
  EXPECT_EQ(durable(), 4);
  world.releaseCommits("main", "safe");
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(durable(), 7);
}

// CP-21, CP-23d, INV-04: units that are released together are durable together
TEST_F(Flushes, UnitsReleasedTogetherAreLostOrKeptTogether) {
  std::map<int, int> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    world.reset(Seed{seed}, WorldOptions().flush({100ms, 100ms}));
    auto ann = world.connect("main", "safe");
    world.runUntilQuiet();
    world.holdCommits("main", "safe");
    for (int i = 0; i < 5; ++i) ann.send("x");
    world.runUntilQuiet();
    world.releaseCommits("main", "safe", 3);
    world.advance(50ms);
    world.crash();
    ++seen[durable()];
  }
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_GT(seen[0], 10);
  EXPECT_GT(seen[3], 10);
}

// CP-27: each phase by itself
TEST_F(Flushes, ARemovalOfAllKeysIsACommitByItselfHoweverManyAreReleased) {
  world.party<Wiper>("wiper");
  world.reset(Seed{4});
  auto ann = world.connect("wiper", "r");
  ann.send("put");
  world.runUntilQuiet();
  world.holdCommits("wiper", "r");
  ann.send("wipe");
  world.runUntilQuiet();
  const auto keys = [&] {
    std::string all;
    for (const auto& [key, value] : world.disk("wiper", "r").entries) all += key + " ";
    return all;
  };
  for (const char* expected : {"before old ", "", "after "}) {
    world.releaseCommits("wiper", "r", 1);
    world.runUntilQuiet();
    EXPECT_EQ(keys(), expected);
  }
  EXPECT_EQ(ann.received(), Messages{"wiped"});
}

// CP-20: a flush that begins late takes along what was written meanwhile
TEST_F(Flushes, ThatBeginLateCoverWhatWasWrittenMeanwhile) {
  auto ann = start(WorldOptions().flushStart({100ms, 100ms}).flush({10ms, 10ms}).latency({0ms, 0ms}));
  for (int i = 0; i < 4; ++i) {
    ann.send("x");
    world.advance(20ms);
  }
  world.advance(25ms);
  EXPECT_EQ(durable(), 0);
  world.advance(6ms);
  EXPECT_EQ(durable(), 4) << "at 110 ms, as one";
}

// CP-20: the process may die before a flush has begun
TEST_F(Flushes, ThatHaveNotBegunAreLostInACrash) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    world.reset(Seed{seed}, WorldOptions().flushStart({100ms, 100ms}));
    auto ann = world.connect("main", "safe");
    ann.send("x");
    world.advance(50ms);
    ASSERT_TRUE(world.vulnerable(0));
    world.crash();
    world.runUntilQuiet();
    EXPECT_EQ(durable(), 0);
  }
}

// CP-21: any run of units that begins with the oldest, by draw
TEST_F(Flushes, CoverAsManyOfTheUnitsThatWaitAsIsDrawn) {
  std::map<int, int> seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    world.reset(Seed{seed},
                WorldOptions().flushStart({100ms, 100ms}).flush({10ms, 10ms}).latency({0ms, 0ms}).partialCommits(true));
    auto ann = world.connect("main", "safe");
    world.runUntilQuiet();
    for (int i = 0; i < 4; ++i) ann.send("x");
    world.advance(115ms);
    ++seen[durable()];
    world.runUntilQuiet();
    ASSERT_EQ(durable(), 4);
    ASSERT_EQ(ann.received(), (Messages{"1", "2", "3", "4"}));
  }
  ASSERT_EQ(seen.size(), 4u);
  for (const auto& [count, times] : seen) EXPECT_GT(times, 10) << count;
}

// CP-24: pure delay, at most four times
TEST_F(Flushes, ThatAreTriedAgainTakeLongerAndDoNotFail) {
  auto ann = start(WorldOptions().flush({10ms, 10ms}).flushRetries({1, 1}).latency({0ms, 0ms}));
  ann.send("x");
  world.advance(49ms);
  EXPECT_EQ(durable(), 0);
  world.advance(1ms);
  EXPECT_EQ(durable(), 1);
  EXPECT_TRUE(ann.open());
}

// CP-25: each channel by itself and in its own order
TEST_F(Flushes, ReleaseWhatWaitedInAnyOrderAcrossSocketsAndInOrderOnEach) {
  world.party<Ledger>("ledger");
  int annFirst = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    world.reset(Seed{seed}, WorldOptions().releaseDelay({0ms, 1s}).latency({0ms, 0ms}));
    auto ann = world.connect("ledger", "r");
    auto bob = world.connect("ledger", "r");
    world.runUntilQuiet();
    const Time sent = world.now();
    ann.send("x");
    world.runUntilQuiet();
    ASSERT_EQ(ann.received(), (Messages{"first x", "second x"}));
    ASSERT_EQ(bob.received(), ann.received());
    ASSERT_LE(world.now() - sent, 1s + 5ms);
    annFirst += ann.frames()[1].at < bob.frames()[1].at ? 1 : 0;
  }
  EXPECT_GT(annFirst, 15);
  EXPECT_LT(annFirst, 45);
}

// CP-07
TEST_F(Flushes, WithNoRoomForWhatIsNotDurableEveryWriterWaits) {
  Profile profile;
  profile.maxUnflushedBytes = 0;
  world.party<Ledger>("ledger");
  world.reset(Seed{4}, WorldOptions().profile(profile).flush({100ms, 100ms}).latency({0ms, 0ms}));
  auto ann = world.connect("ledger", "r");
  world.runUntilQuiet();
  ann.send("x");
  ann.send("y");
  world.advance(99ms);
  EXPECT_EQ(world.status(0).handlers, 1u);
  EXPECT_EQ(world.status(0).waitingEvents, 1u) << "the gate is shut meanwhile";
  world.runUntilQuiet();
  EXPECT_EQ(ann.received().size(), 4u);
}

// CP-08: whatever comes in runs while a handler waits for its write to be durable
TEST_F(Flushes, LetOthersInWhileAHandlerWaitsForThem) {
  world.party<Ledger>("ledger");
  world.reset(Seed{4}, WorldOptions().flush({100ms, 100ms}).latency({0ms, 0ms}));
  auto ann = world.connect("ledger", "r");
  world.runUntilQuiet();
  ann.send("sync");
  ann.send("quick");
  world.advance(50ms);
  EXPECT_EQ(world.status(0).handlers, 1u) << "the first waits, the second has run";
  EXPECT_EQ(world.status(0).waitingEvents, 0u);
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"first sync", "first quick", "second quick", "second sync"}));
}

}  // namespace
