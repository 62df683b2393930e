#include "rooms/wall_clock.h"

#include <gtest/gtest.h>

namespace Party::Serve {
namespace {

using namespace std::chrono_literals;

const Time start = timeOfMilliseconds(1'700'000'000'000);
const WallClock::Steady zero{};

TEST(WallClock, GoesWithTheSteadyClockFromWhereTheSystemsClockStood) {
  const WallClock clock(start, zero);
  EXPECT_EQ(clock.at(zero + 5s), start + 5s);
}

// GATE-011: timers that are due together fire in the order in which they were set
TEST(WallClock, OneMomentHasOneSteadyTimeWheneverItIsAskedFor) {
  const WallClock clock;
  const Time due = clock.now() + 10s;
  const WallClock::Steady first = clock.steadyFor(due);
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(clock.steadyFor(due), first) << "asked again after " << i << " times";
  EXPECT_EQ(clock.at(first), due);
  EXPECT_LT(clock.steadyFor(due - 1us), first);
}

// GATE-011
TEST(WallClock, WhatIsDueAlreadyIsDueNowAndWhatIsFarIsLookedAtInAnHour) {
  const WallClock clock;
  const auto before = std::chrono::steady_clock::now();
  const auto past = clock.steadyFor(clock.now() - 1s);
  const auto far = clock.steadyFor(Time::max());
  const auto after = std::chrono::steady_clock::now();
  EXPECT_TRUE(before <= past && past <= after);
  EXPECT_TRUE(before + 1h <= far && far <= after + 1h);
}

TEST(WallClock, FollowsAClockThatIsSetForwardAtOnce) {
  WallClock clock(start, zero);
  clock.follow(start + 1h, zero + 1s);
  EXPECT_EQ(clock.at(zero + 1s), start + 1h);
  EXPECT_EQ(clock.at(zero + 2s), start + 1h + 1s);
}

TEST(WallClock, NeverGoesBackAndIsCaughtUpWithAtHalfSpeed) {
  WallClock clock(start, zero);
  Time last = start;
  int seconds = 0;
  for (; seconds < 1'000; ++seconds) {
    const Time now = clock.at(zero + seconds * 1s);
    ASSERT_GE(now, last);
    last = now;
    const Time system = start - 60s + seconds * 1s;  // set back by a minute
    clock.follow(system, zero + seconds * 1s);
    if (clock.at(zero + seconds * 1s) <= system) break;
  }
  EXPECT_GT(seconds, 60);
  EXPECT_LT(seconds, 130);
}

}  // namespace
}  // namespace Party::Serve
