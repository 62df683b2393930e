#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <chrono>
#include <string>
#include <vector>

#include "world_parties.h"

/// Connections on which nothing passes for a while.

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;

struct Holds : testing::Test {
  World world{Seed{8}};
  Client ann = start();
  Client bob = world.connect("main", "lobby");
  Client start() {
    world.party<Shout>("main");
    return world.connect("main", "lobby");
  }
  Holds() { world.runUntilQuiet(); }
};

// CP-74, 8.8 item 7: what a client does not read waits, and comes in order when it does
TEST_F(Holds, AClientThatReadsNothingGetsEverythingInOrderWhenItReads) {
  bob.hold(Direction::down);
  for (int i = 0; i < 5; ++i) ann.send(std::to_string(i));
  bob.send("from bob");
  EXPECT_TRUE(world.runUntilQuiet()) << "what is held keeps no world busy";
  EXPECT_TRUE(bob.received().empty());
  EXPECT_EQ(bob.held(Direction::down), 6u);
  EXPECT_EQ(bob.held(Direction::up), 0u);
  EXPECT_EQ(ann.received().size(), 6u) << "the others get theirs, and what bob says";
  bob.release(Direction::down);
  world.runUntilQuiet();
  EXPECT_EQ(bob.received(), ann.received());
}

// CP-74: of a frame released alone nothing overtakes and nothing follows
TEST_F(Holds, FramesAreReleasedOneByOneInOrder) {
  bob.hold(Direction::down);
  for (int i = 0; i < 3; ++i) ann.send(std::to_string(i));
  world.runUntilQuiet();
  bob.release(Direction::down, 1);
  world.runUntilQuiet();
  EXPECT_EQ(bob.received(), Messages{"0"});
  bob.release(Direction::down, 2);
  ann.send("3");
  world.runUntilQuiet();
  EXPECT_EQ(bob.received(), (Messages{"0", "1", "2"}));
  bob.release(Direction::down);
  world.runUntilQuiet();
  EXPECT_EQ(bob.received(), (Messages{"0", "1", "2", "3"}));
}

// CP-72, CP-74: a partition hides the end of the other side too, and it has an end that a busy world waits for
TEST_F(Holds, APartitionLetsNothingThroughEitherWayUntilItEnds) {
  const Time end = world.now() + 3s;
  bob.hold(Direction::both, 3s);
  ann.send("to bob");
  bob.send("from bob");
  world.advance(2s);
  EXPECT_EQ(ann.received(), Messages{"to bob"});
  EXPECT_TRUE(bob.received().empty());
  world.crash();
  world.advance(500ms);
  EXPECT_TRUE(ann.closed());
  EXPECT_TRUE(bob.open()) << "its side has not heard of it";
  EXPECT_TRUE(world.runUntilQuiet());
  EXPECT_GE(world.now(), end);
  EXPECT_EQ(bob.received(), Messages{"to bob"}) << "what had come before the loss comes before it";
  EXPECT_EQ(bob.closeCode(), 1006);
  EXPECT_EQ(world.status(0).instances, 0u) << "what bob had sent found no connection any more";
}

// CP-73, CP-74: a new connection takes another way, and the room hears of the old one's end later
TEST_F(Holds, WhoReconnectsDuringAPartitionIsListedTwiceUntilItEnds) {
  bob.hold(Direction::both, 2s);
  bob.reconnect();
  world.advance(1s);
  EXPECT_TRUE(bob.open());
  EXPECT_EQ(world.status(0).connections, 3u);
  world.runUntilQuiet();
  EXPECT_EQ(world.status(0).connections, 2u);
}

// CP-74: two holds that overlap end with the later one
TEST_F(Holds, AHoldThatIsMadeLongerEndsAtItsLaterEnd) {
  bob.hold(Direction::down, 2s);
  world.advance(1s);
  bob.hold(Direction::down, 3s);
  ann.send("x");
  world.advance(2s);
  EXPECT_TRUE(bob.received().empty());
  world.advance(2s);
  EXPECT_EQ(bob.received(), Messages{"x"});
}

// CP-74, INV-07: also where everything happens in one instant nothing is overtaken
TEST_F(Holds, NothingOvertakesWhatIsReleased) {
  world.reset(Seed{8}, WorldOptions().latency({0ms, 0ms}));
  ann = world.connect("main", "lobby");
  world.runUntilQuiet();
  ann.hold(Direction::up);
  std::vector<Message> said;
  for (int i = 0; i < 20; ++i) {
    said.emplace_back(std::to_string(i));
    ann.send(said.back());
    if (i % 5 == 2) ann.release(Direction::up, 2);
    if (i == 15) ann.release(Direction::up);
  }
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), said);
  EXPECT_EQ(ann.held(Direction::both), 0u);
}

// CP-74: a verb that makes no sense does nothing
TEST_F(Holds, OfAConnectionThatHasEndedHoldNothing) {
  bob.close();
  world.runUntilQuiet();
  bob.hold(Direction::both);
  bob.release(Direction::both);
  bob.reconnect();
  world.runUntilQuiet();
  ann.send("x");
  world.runUntilQuiet();
  EXPECT_EQ(bob.received(), Messages{"x"});
}

}  // namespace
