#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;

struct Chance : testing::Test {
  World world{Seed{21}};
  Chance() { world.party<Shout>("main"); }

  /// Three clients talk; `fault` happens in the middle.
  template <class Fault>
  std::vector<std::vector<Frame>> live(const Fault& fault) {
    world.reset(world.seed());
    for (std::uint64_t i = 0; i < 3; ++i) {
      world.withCause(i);
      world.connect("main", "lobby");
    }
    world.advance(100ms);
    for (std::uint64_t step = 10; step < 30; ++step) {
      world.withCause(step);
      world.client(static_cast<std::uint32_t>(step % 3)).send(std::to_string(step));
      world.advance(1ms);
      if (step == 20) {
        world.withCause(1000);
        fault();
      }
    }
    world.runUntilQuiet();
    std::vector<std::vector<Frame>> frames;
    for (std::uint32_t i = 0; i < 3; ++i) {
      frames.emplace_back(world.client(i).frames().begin(), world.client(i).frames().end());
    }
    return frames;
  }
  static std::vector<Time> times(const std::vector<Frame>& frames) {
    std::vector<Time> result;
    for (const Frame& frame : frames) result.push_back(frame.at);
    return result;
  }
};

TEST_F(Chance, OneVerbMoreShiftsNoOtherDraw) {
  const auto base = live([] {});
  const auto withStranger = live([&] { world.connect("main", "elsewhere").send("hello"); });
  const auto withHibernation = live([&] { world.hibernate("main", "lobby"); });
  const auto withDrop = live([&] { world.client(2).drop(); });
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(times(withStranger[i]), times(base[i]));
    EXPECT_EQ(withStranger[i], base[i]);
  }
  EXPECT_EQ(withHibernation, base);
  // What the others said reaches them as before, or earlier: it need not wait behind a frame of the third.
  for (std::size_t i = 0; i < 2; ++i) {
    for (const Frame& frame : withDrop[i]) {
      const auto same = std::ranges::find(base[i], frame);
      ASSERT_NE(same, base[i].end());
      EXPECT_LE(frame.at, same->at);
    }
  }
}

TEST_F(Chance, EveryDrawOfALifeHasItsOwnKey) {
  world.reset(Seed{21}, WorldOptions().recordChoices(true));
  for (int i = 0; i < 5; ++i) world.connect("main", "lobby");
  for (int round = 0; round < 20; ++round) {
    for (std::uint32_t i = 0; i < 5; ++i) world.client(i).send("x");
    world.runUntilQuiet();
  }
  std::set<std::tuple<Choice, std::uint64_t, std::uint64_t>> keys;
  for (const ChoicePoint& point : world.choices()) {
    EXPECT_TRUE(keys.emplace(point.purpose, point.cause, point.n).second);
  }
  EXPECT_GT(keys.size(), 500u);
}

TEST_F(Chance, AnOverrideReplacesOneDrawAndNoOther) {
  world.reset(Seed{21}, WorldOptions().recordChoices(true));
  world.withCause(1);
  world.connect("main", "lobby");
  world.runUntilQuiet();
  const std::vector<ChoicePoint> before(world.choices().begin(), world.choices().end());
  ASSERT_GE(before.size(), 3u);
  for (const ChoicePoint& changed : before) {
    world.reset(Seed{21}, WorldOptions().recordChoices(true));
    world.override(changed.purpose, changed.cause, changed.n, changed.value == 1234 ? 4321 : 1234);
    world.withCause(1);
    world.connect("main", "lobby");
    world.runUntilQuiet();
    std::size_t different = 0;
    for (const ChoicePoint& point : world.choices()) different += std::ranges::count(before, point) == 0 ? 1u : 0u;
    EXPECT_EQ(different, 1u);
  }
}

TEST_F(Chance, AnOverrideIsBroughtIntoTheLegalRange) {
  const Host::Cause connect = World::causeOf(1);
  world.override(Choice::latencyEdge, connect.value, 0, 1'000'000'000);
  world.override(Choice::latencyEdge, connect.value, 1, 0);
  world.withCause(1);
  auto ann = world.connect("main", "lobby");
  world.runUntilQuiet();
  const Duration length = ann.frames()[0].at - world.options().startTime();
  EXPECT_GE(length, 5ms + 1ms + 1ms);
  EXPECT_LE(length, 5ms + 1ms + 5ms);
}

TEST_F(Chance, AWithheldFrameNeverReachesItsRoomAndTheOthersDo) {
  const auto base = live([] {});
  world.reset(world.seed());
  const auto frames = [&] {
    world.reset(world.seed());
    world.withhold(World::causeOf(15));
    for (std::uint64_t i = 0; i < 3; ++i) {
      world.withCause(i);
      world.connect("main", "lobby");
    }
    world.advance(100ms);
    for (std::uint64_t step = 10; step < 30; ++step) {
      world.withCause(step);
      world.client(static_cast<std::uint32_t>(step % 3)).send(std::to_string(step));
      world.advance(1ms);
    }
    world.runUntilQuiet();
    return std::vector<Frame>(world.client(0).frames().begin(), world.client(0).frames().end());
  }();
  std::vector<Frame> expected = base[0];
  EXPECT_EQ(std::erase_if(expected, [](const Frame& frame) { return frame.content == Message("15"); }), 1u);
  EXPECT_EQ(frames, expected);
}

}  // namespace
