#include "never_legal.h"

#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <memory>
#include <string>
#include <utility>

#include "fixed_life.h"
#include "world_core.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using Sim::Detail::NeverLegalList;
using Sim::Detail::RoomHost;
using Sim::Detail::WorldCore;

/// A list that is told of events and effects that no machine made.
struct NeverLegal : testing::Test {
  WorldCore world{WorldTests::allParties(), Seed{1}, WorldOptions().throwOnViolation(false)};
  RoomHost& room = world.roomFor(0, "a");
  NeverLegalList list;
  Host::ConnectionKey first{0, 1};

  NeverLegal() { list.addRoom(); }
  void event(Host::Event::Body body) { list.event(world, room, Host::Event({1}, std::move(body))); }
  void effect(Host::Effect::Body body, Host::Unit unit = 0) {
    list.effect(world, room, Host::Effect({1}, 0, unit, std::move(body)));
  }
  void connected() {
    event(Host::ConnectRequested{first, Request("GET", "/party/a")});
    effect(Host::ConnectionAccepted{first});
  }
  std::string found() const {
    std::string rules;
    for (const Violation& violation : world.violations_) rules += violation.rule + ' ';
    return rules;
  }
};

TEST_F(NeverLegal, FindsNothingInAnOrdinaryLife) {
  effect(Host::InstanceStarted{1});
  connected();
  event(Host::MessageReceived{first, Message("x")});
  effect(Host::HandlerBegan{Host::HandlerKind::onMessage, 0});
  effect(Host::UnitIssued{1, std::make_unique<Host::UnitWrites>()});
  event(Host::UnitCommitted{1});
  effect(Host::MessageSent{first, 0, Message("y")}, 1);
  effect(Host::ConnectionClosed{first});
  effect(Host::ConnectionReleased{first});
  effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  EXPECT_EQ(found(), "");
}

// INV-02
TEST_F(NeverLegal, AnOutputBeforeItsUnitIsDurable) {
  connected();
  effect(Host::UnitIssued{1, std::make_unique<Host::UnitWrites>()});
  effect(Host::MessageSent{first, 0, Message("early")}, 1);
  EXPECT_EQ(found(), "INV-02 ");
}

// INV-04
TEST_F(NeverLegal, AUnitThatIsSkipped) {
  effect(Host::UnitIssued{2, std::make_unique<Host::UnitWrites>()});
  EXPECT_EQ(found(), "INV-04 ");
}

// INV-08
TEST_F(NeverLegal, AMessageBehindACloseFrameOrAfterTheEnd) {
  connected();
  effect(Host::ConnectionClosed{first});
  effect(Host::MessageSent{first, 0, Message("late")});
  EXPECT_EQ(found(), "INV-08 ");
  effect(Host::ConnectionReleased{first});
  effect(Host::MessageSent{first, 0, Message("later")});
  EXPECT_EQ(found(), "INV-08 INV-08 ");
}

// INV-08
TEST_F(NeverLegal, AnUpgradeAnsweredTwiceAndTwoCloseFrames) {
  connected();
  effect(Host::ConnectionRefused{first});
  EXPECT_EQ(found(), "INV-08 ");
  effect(Host::ConnectionClosed{first});
  effect(Host::ConnectionClosed{first});
  EXPECT_EQ(found(), "INV-08 INV-08 ");
}

// INV-09
TEST_F(NeverLegal, AnAlarmBeforeItsTimeAndTwoRunsAtOnce) {
  event(Host::AlarmDue{world.now() + Duration(1)});
  EXPECT_EQ(found(), "INV-09 ");
  effect(Host::HandlerBegan{Host::HandlerKind::onAlarm, 0});
  effect(Host::HandlerEnded{Host::HandlerKind::onAlarm, 0});
  effect(Host::HandlerBegan{Host::HandlerKind::onAlarm, 0});
  EXPECT_EQ(found(), "INV-09 ");
  effect(Host::HandlerBegan{Host::HandlerKind::onAlarm, 1});
  EXPECT_EQ(found(), "INV-09 INV-09 ");
}

// INV-10
TEST_F(NeverLegal, AnEighthRunOfAnAlarmThatFails) {
  for (int run = 0; run < 7; ++run) effect(Host::AlarmSettled{world.now(), false});
  EXPECT_EQ(found(), "");
  effect(Host::AlarmSettled{world.now(), false});
  EXPECT_EQ(found(), "INV-10 ");
}

// INV-11
TEST_F(NeverLegal, HibernatingWithAUnitOrATimerPending) {
  effect(Host::InstanceStarted{1});
  room.units.push_back({1, {1}, std::make_unique<Host::UnitWrites>()});
  room.timers.push_back(1);
  effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  EXPECT_EQ(found(), "INV-11 INV-11 ");
}

// INV-13
TEST_F(NeverLegal, TwoInstancesAtOnceOrOneTwice) {
  effect(Host::InstanceStarted{1});
  effect(Host::InstanceStarted{2});
  EXPECT_EQ(found(), "INV-13 ");
  effect(Host::InstanceEnded{2, Host::InstanceEnd::reset});
  effect(Host::InstanceEnded{2, Host::InstanceEnd::reset});
  EXPECT_EQ(found(), "INV-13 INV-13 ");
}

// INV-17
TEST_F(NeverLegal, AMessageHandledTwice) {
  connected();
  event(Host::MessageReceived{first, Message("x")});
  effect(Host::HandlerBegan{Host::HandlerKind::onMessage, 0});
  effect(Host::HandlerBegan{Host::HandlerKind::onMessage, 0});
  EXPECT_EQ(found(), "INV-17 ");
}

// INV-07
TEST_F(NeverLegal, AFrameThatOvertakesAnother) {
  Sim::Detail::Link link;
  list.arrivedUp(world, link, 0);
  list.arrivedUp(world, link, 2);
  EXPECT_EQ(found(), "");
  list.arrivedUp(world, link, 1);
  list.arrived(world, link, 10);
  list.arrived(world, link, 9);
  EXPECT_EQ(found(), "INV-07 INV-07 ");
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

// INV-11
TEST_F(NeverLegal, HibernatingWhileACallIsUnderWay) {
  effect(Host::InstanceStarted{1});
  room.calls.push_back(1);
  effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  EXPECT_EQ(found(), "INV-11 ");
}

}  // namespace
