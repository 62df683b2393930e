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

TEST(World, CarriesAMessageFromOneClientToAnother) {
  World world{Seed{7}};
  world.party<Shout>("main");
  auto ann = world.connect("main", "lobby");
  auto bob = world.connect("main", "lobby");
  ann.send("hi");
  world.runUntilQuiet();
  EXPECT_EQ(bob.received(), Messages{"hi"});
}

}  // namespace
