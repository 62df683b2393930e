#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/sim/world.h>

#include <chrono>
#include <string>
#include <vector>

#include "world_parties.h"

/// Resets for reasons of the platform's own: a turn that takes too long, new code, the end of a lifetime.

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

/// Says three things, writes, and says a fourth.
class Busy : public Server {
 public:
  using Server::Server;
  Task<> onMessage(Message, Connection sender) override {
    for (const char* word : {"one", "two", "three"}) sender.send(word);
    room().storage().put("written", true);
    sender.send("four");
    return {};
  }
};

/// What `Counter` is in its next version: it tells the count on connecting.
class NewCounter : public Server {
 public:
  using Server::Server;
  Task<> onConnect(Connection newcomer, ConnectionContext) override {
    const auto saved = co_await room().storage().get<int>("count");
    newcomer.send("counted " + std::to_string(saved.value_or(0)));
  }
};

struct Accidents : testing::Test {
  World world{Seed{12}};
};

// EVICT-010, EVICT-013, CP-29, CP-64: what the turn wrote is gone with what waited for it, a first part of the rest is
// out
TEST_F(Accidents, OfATurnThatExceedsItsCpuTimeNothingIsWrittenAndAFirstPartOfWhatItSaidHasLeft) {
  world.party<Busy>("main");
  const Messages all{"one", "two", "three"};
  std::vector<int> seen(4);
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    world.reset(Seed{seed});
    auto ann = world.connect("main", "r");
    world.runUntilQuiet();
    world.exceedCpu("main", "r");
    ann.send("go");
    world.runUntilQuiet();
    ASSERT_TRUE(world.disk("main", "r").entries.empty());
    ASSERT_EQ(ann.closeCode(), 1006);
    const Messages got = ann.received();
    ASSERT_LE(got.size(), 3u);
    ASSERT_EQ(got, Messages(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(got.size())));
    ++seen[got.size()];
    ann.reconnect();
    ann.send("again");
    world.runUntilQuiet();
    ASSERT_EQ(ann.received().size(), got.size() + 4) << "the next turn has time enough";
    ASSERT_TRUE(world.disk("main", "r").entries.contains("written"));
  }
  for (const int times : seen) EXPECT_GT(times, 5);
}

// EVICT-016, CP-23: what an earlier turn has in flight is durable or lost, whole
TEST_F(Accidents, ATurnThatExceedsItsCpuTimeLeavesOrLosesTheCommitInFlight) {
  world.party<Counter>("main");
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    world.reset(Seed{seed}, WorldOptions().flush({100ms, 100ms}));
    auto ann = world.connect("main", "r");
    world.runUntilQuiet();
    ann.send("x");
    world.advance(50ms);
    world.exceedCpu("main", "r");
    ann.send("x");
    world.runUntilQuiet();
    EXPECT_TRUE(ann.received().empty());
    const auto& entries = world.disk("main", "r").entries;
    const int count = entries.empty() ? 0 : decodeValue<int>(entries.at("count"));
    ASSERT_LE(count, 1) << "the second turn wrote nothing";
    kept += count;
  }
  EXPECT_GT(kept, 20);
  EXPECT_LT(kept, 80);
}

// ALARM-044: that it takes too long is the party's own doing
TEST_F(Accidents, AnAlarmThatExceedsItsCpuTimeUsesUpItsRetries) {
  world.party<Clock>("main");
  auto ann = world.connect("main", "r");
  ann.send("100");
  world.runUntilQuiet();
  for (int i = 0; i < 7; ++i) world.exceedCpu("main", "r");
  world.advance(1h);
  EXPECT_FALSE(world.disk("main", "r").alarm) << "the seventh failure was the last";
  EXPECT_FALSE(world.disk("main", "r").entries.contains("runs"));
}

TEST_F(Accidents, OfTurnsNeedAWorldThatSeesThem) {
  world.party<Counter>("main");
  world.reset(Seed{1}, WorldOptions().observeHandlers(false));
  EXPECT_THROW(world.exceedCpu("main", "r"), Error);
  EXPECT_THROW(world.dropNextAlarmRemoval("main", "r"), Error);
}

// CP-65, EVICT-032: as a reset of every room, awake or asleep
TEST_F(Accidents, NewCodeDropsTheSocketsOfEveryRoomAndKeepsDisksAndAlarms) {
  world.party<Clock>("main");
  world.party<Counter>("counter");
  auto ann = world.connect("main", "a");
  auto bob = world.connect("counter", "b");
  ann.send("60000");
  bob.send("x");
  world.runUntilQuiet();
  ASSERT_TRUE(world.hibernate("main", "a"));
  world.redeploy();
  world.runUntilQuiet();
  EXPECT_EQ(ann.closeCode(), 1006);
  EXPECT_EQ(bob.closeCode(), 1006);
  bob.reconnect();
  bob.send("x");
  ann.reconnect();
  world.advance(61s);
  EXPECT_EQ(bob.received(), (Messages{"1", "2"}));
  EXPECT_EQ(ann.received(), Messages{"ring 1"});
}

// CP-65: deferred for each room by itself
TEST_F(Accidents, NewCodeReachesRoomsAsLateAsTheOptionsSay) {
  world.party<Shout>("main");
  world.reset(Seed{3}, WorldOptions().deployDelay({10s, 300s}));
  auto ann = world.connect("main", "a");
  auto bob = world.connect("main", "b");
  world.runUntilQuiet();
  world.redeploy();
  world.advance(9s);
  EXPECT_TRUE(ann.open() && bob.open());
  world.runUntilQuiet();
  EXPECT_TRUE(ann.closed() && bob.closed());
  EXPECT_NE(ann.frames().back().at, bob.frames().back().at);
}

// CP-65, EVICT-032
TEST_F(Accidents, NewCodeFindsWhatTheOldCodeStored) {
  world.party<Counter>("main");
  auto ann = world.connect("main", "r");
  for (int i = 0; i < 3; ++i) ann.send("x");
  world.runUntilQuiet();
  world.redeploy(Party::parties<NewCounter>("main"));
  world.runUntilQuiet();
  ASSERT_TRUE(ann.closed());
  ann.reconnect();
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"1", "2", "3", "counted 3"}));
  EXPECT_THROW(world.redeploy(Party::parties<NewCounter>("other")), Error);
  EXPECT_THROW(world.redeploy(Party::parties<NewCounter, Shout>("main", "more")), Error);
}

// CP-67, EVICT-004
TEST_F(Accidents, AnInstanceLivesNoLongerThanTheOptionsAllow) {
  world.party<Sleeper>("main");
  world.reset(Seed{3}, WorldOptions().lifetime({60s, 90s}).neverHibernate());
  auto ann = world.connect("main", "r");
  EXPECT_TRUE(world.runUntilQuiet()) << "the end that awaits every instance keeps no world busy";
  world.advance(59s);
  EXPECT_TRUE(ann.open());
  world.advance(32s);
  EXPECT_EQ(ann.closeCode(), 1006);
  ann.reconnect();
  ann.send("x");
  world.advance(50s);
  EXPECT_EQ(ann.received(), Messages{"x"});
}

}  // namespace
