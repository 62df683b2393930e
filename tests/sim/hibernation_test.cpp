#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <chrono>
#include <string>
#include <vector>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

/// Keeps what it knows of a connection in tags and state, and a count in memory that hibernation loses.
class Sleepy : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<std::vector<std::string>> getConnectionTags(Connection, ConnectionContext) override {
    return std::vector<std::string>{"guest"};
  }
  Task<> onMessage(Message message, Connection sender) override {
    ++inMemory_;
    sender.setState(sender.state<std::string>().value_or("") + std::string(message.text()));
    sender.send(*sender.state<std::string>() + ' ' + std::to_string(room().getConnections("guest").count()) + ' ' +
                std::to_string(inMemory_));
    return {};
  }

 private:
  int inMemory_ = 0;
};

struct Hibernation : testing::Test {
  World world{Seed{2}};
  RoomIndex room() { return *world.findRoom("main", "den"); }
  bool inMemory() { return world.status(room()).instance; }
};

// HIBER-040, INV-12
TEST_F(Hibernation, KeepsSocketsTagsAndStateAndLosesMemory) {
  world.party<Sleepy>("main");
  auto ann = world.connect("main", "den");
  world.connect("main", "den");
  ann.send("a");
  world.runUntilQuiet();
  EXPECT_TRUE(world.hibernate("main", "den"));
  EXPECT_FALSE(inMemory());
  EXPECT_TRUE(ann.open());
  ann.send("b");
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"a 2 1", "ab 2 1"}));
  EXPECT_EQ(world.status(room()).instances, 2u);
}

// HIBER-041, CP-60
TEST_F(Hibernation, ComesTenIdleSecondsAfterTheLastEventAndNotBefore) {
  world.party<Shout>("main");
  auto ann = world.connect("main", "den");
  world.runUntilQuiet();
  world.advance(6s);
  ann.send("x");
  world.runUntilQuiet();
  const Time last = world.now();
  world.runUntil(last + 9s);
  EXPECT_TRUE(inMemory());
  world.runUntil(last + 11s);
  EXPECT_FALSE(inMemory());
}

TEST_F(Hibernation, ComesAfterEveryEventWhenTheIdleTimeIsZero) {
  world.party<Shout>("main");
  world.reset(Seed{2}, WorldOptions().hibernateAfter(0s));
  auto ann = world.connect("main", "den");
  for (int i = 0; i < 5; ++i) ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(ann.received().size(), 5u);
  EXPECT_EQ(world.status(room()).instances, 6u);
}

TEST_F(Hibernation, NeverComesByItselfWhenSwitchedOff) {
  world.party<Shout>("main");
  world.reset(Seed{2}, WorldOptions().neverHibernate());
  world.connect("main", "den");
  world.advance(24h);
  EXPECT_TRUE(inMemory());
  EXPECT_TRUE(world.hibernate("main", "den"));
}

// INV-11
TEST_F(Hibernation, IsRefusedWhileAHandlerSleepsOrAUnitIsNotDurable) {
  world.party<Sleeper>("main");
  world.party<Counter>("counter");
  auto ann = world.connect("main", "den");
  auto bob = world.connect("counter", "den");
  world.runUntilQuiet();
  ann.send("x");
  bob.send("x");
  bool undurable = false;
  while (!world.quiet()) {
    const auto counter = *world.findRoom("counter", "den");
    const auto status = world.status(counter);
    if (status.lastIssued > status.lastCommitted) {
      undurable = true;
      EXPECT_TRUE(world.vulnerable(counter));
      EXPECT_FALSE(world.hibernate("counter", "den"));
    }
    EXPECT_FALSE(world.status(room()).handlers != 0 && world.hibernate("main", "den"));
    world.step();
  }
  EXPECT_TRUE(undurable);
  EXPECT_FALSE(world.vulnerable(room()));
  EXPECT_EQ(world.hibernateAll(), 2u);
  EXPECT_EQ(world.hibernateAll(), 0u);
}

/// Writes and reads whenever it wakes.
class Diary : public Counter {
 public:
  using Counter::Counter;
  Task<> onStart() override {
    const auto wakes = (co_await room().storage().get<int>("wakes")).value_or(0);
    room().storage().put("wakes", wakes + 1);
    co_await room().storage().sync();
    co_await Counter::onStart();
  }
};

std::vector<std::vector<Frame>> framesOf(World& world) {
  std::vector<std::vector<Frame>> result;
  for (std::uint32_t i = 0; i < world.clientCount(); ++i) {
    const auto frames = world.client(i).frames();
    result.emplace_back(frames.begin(), frames.end());
  }
  return result;
}

// The twin of oracle H: what a wake does costs no virtual time, so not even the times differ.
TEST_F(Hibernation, AFreeWakeShiftsNothingThatClientsSee) {
  world.party<Diary>("main");
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto live = [&](bool hibernating) {
      world.reset(Seed{seed}, WorldOptions().freeWakes(true).delayedReads({1, 2}, {0ms, 3ms}));
      for (std::uint64_t step = 0; step < 12; ++step) {
        world.withCause(step);
        if (step < 3) {
          world.connect("main", "den");
        } else {
          world.client(static_cast<std::uint32_t>(step % 3)).send(std::to_string(step));
        }
        world.advance(Duration(static_cast<std::int64_t>(step % 4) * 3000));
        world.withCause(1000 + step);
        if (hibernating) world.hibernate("main", "den");
      }
      world.runUntilQuiet();
      std::vector<std::int64_t> times;
      for (const auto& frames : framesOf(world)) {
        for (const Frame& frame : frames) times.push_back(frame.at.time_since_epoch().count());
      }
      return std::pair(framesOf(world), times);
    };
    const auto base = live(false);
    const std::uint64_t awake = world.status(room()).instances;
    const auto twin = live(true);
    ASSERT_EQ(twin, base) << "seed " << seed;
    ASSERT_EQ(awake, 1u);
    ASSERT_GT(world.status(room()).instances, 1u) << "the twin never slept";
  }
}

}  // namespace
