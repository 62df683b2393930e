#include <gtest/gtest.h>
#include <party/sim/world.h>

#include "fixed_life.h"
#include "world_core.h"

// What may never happen (behaviour-storage 8.9): the rules are tested in core; here, that a world keeps watch.

namespace {

using namespace Party;
using namespace Party::Sim;
using Sim::Detail::WorldCore;

// INV-07
TEST(NeverLegal, AFrameThatOvertakesAnother) {
  WorldCore world{WorldTests::allParties(), Seed{1}, WorldOptions().throwOnViolation(false)};
  Sim::Detail::Link link;
  world.checkOrderUp(link, 0);
  world.checkOrderUp(link, 2);
  EXPECT_EQ(world.violations_.size(), 0u);
  world.checkOrderUp(link, 1);
  world.checkOrderDown(link, 10);
  world.checkOrderDown(link, 9);
  ASSERT_EQ(world.violations_.size(), 2u);
  EXPECT_EQ(world.violations_[0].rule, "INV-07");
  EXPECT_EQ(world.violations_[1].rule, "INV-07");
}

TEST(NeverLegalInAWorld, IsThrownByTheVerbThatRuns) {
  WorldCore world{WorldTests::allParties(), Seed{1}, WorldOptions()};
  world.connect("main", "a", ClientOptions());
  world.violate("INV-02", 0, "made up");
  EXPECT_THROW(world.step(), Sim::NeverLegal);
  EXPECT_EQ(world.violations_.size(), 1u);
}

TEST(NeverLegalInAWorld, IsNotSeenInLivesFullOfFaults) {
  World world(WorldTests::allParties());
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    world.reset(Seed{seed}, WorldTests::stressed());
    ASSERT_NO_THROW(WorldTests::liveFixedLife(world)) << "seed " << seed << '\n' << world.describe();
  }
}

}  // namespace
