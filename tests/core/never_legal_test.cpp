#include <gtest/gtest.h>
#include <party/host/never_legal.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace {

using namespace Party;
using Host::HandlerKind;

/// A watcher that is told of events and effects which no machine made.
struct NeverLegal : testing::Test {
  Profile profile;
  std::string found;
  Host::NeverLegal watcher{profile, [this](const char* rule, std::string) { found.append(rule).append(" "); }};
  Time now{std::chrono::seconds(100)};
  Host::ConnectionKey first{0, 1};

  void event(Host::Event::Body body) { watcher.event(now, Host::Event({1}, std::move(body))); }
  void effect(Host::Effect::Body body, Host::Unit unit = 0) {
    watcher.effect(Host::Effect({1}, 0, unit, std::move(body)));
  }
  void begin(HandlerKind kind, std::uint32_t slot = 0) { effect(Host::HandlerBegan{kind, slot}); }
  void end(HandlerKind kind, std::uint32_t slot = 0) { effect(Host::HandlerEnded{kind, slot}); }
  void awake() { effect(Host::InstanceStarted{1}); }
  void asleep() {
    event(Host::HibernateRequested{});
    effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  }
  void connected() {
    event(Host::ConnectRequested{first, Request("GET", "/party/a")});
    effect(Host::ConnectionAccepted{first});
  }
  void unit(Host::Unit number) { effect(Host::UnitIssued{number, std::make_unique<Host::UnitWrites>()}); }
};

TEST_F(NeverLegal, FindsNothingInAnOrdinaryLife) {
  awake();
  connected();
  event(Host::MessageReceived{first, Message("x")});
  begin(HandlerKind::onMessage);
  begin(HandlerKind::section, 1);
  effect(Host::TimerSet{{1}, now});
  effect(Host::TimerCleared{{1}});
  effect(Host::CallStarted{{1}, Request("GET", "http://a/"), nullptr});
  end(HandlerKind::section, 1);
  event(Host::CallSettled{{1}, nullptr});
  unit(1);
  end(HandlerKind::onMessage);
  event(Host::UnitCommitted{1});
  effect(Host::MessageSent{first, 0, Message("y")}, 1);
  event(Host::RequestReceived{{7}, Request("GET", "/party/a")});
  begin(HandlerKind::onRequest);
  effect(Host::ResponseHead{{7}, Response("ok", 200)});
  end(HandlerKind::onRequest);
  event(Host::CloseReceived{first});
  begin(HandlerKind::onClose);
  end(HandlerKind::onClose);
  effect(Host::ConnectionClosed{first});
  effect(Host::ConnectionReleased{first});
  asleep();
  EXPECT_EQ(found, "");
}

// INV-02, INV-03
TEST_F(NeverLegal, AnOutputBeforeItsUnitIsDurable) {
  connected();
  unit(1);
  effect(Host::MessageSent{first, 0, Message("early")}, 1);
  EXPECT_EQ(found, "INV-02 ");
}

// INV-02, GATE-031
TEST_F(NeverLegal, ACallBeforeItsUnitIsDurable) {
  unit(1);
  effect(Host::CallStarted{{1}, Request("GET", "http://a/"), nullptr}, 1);
  EXPECT_EQ(found, "INV-02 ");
}

// INV-04
TEST_F(NeverLegal, AUnitThatIsSkipped) {
  unit(2);
  EXPECT_EQ(found, "INV-04 ");
}

// INV-06
TEST_F(NeverLegal, AHandlerOfAnInstanceThatHasGone) {
  awake();
  event(Host::RequestReceived{{1}, Request("GET", "/")});
  begin(HandlerKind::onRequest);
  effect(Host::InstanceEnded{1, Host::InstanceEnd::reset});
  end(HandlerKind::onRequest);
  EXPECT_EQ(found, "INV-06 ");
  event(Host::MessageReceived{first, Message("x")});
  begin(HandlerKind::onMessage);
  EXPECT_EQ(found, "INV-06 INV-06 ");
}

// INV-08
TEST_F(NeverLegal, AMessageBehindACloseFrameOrAfterTheEnd) {
  connected();
  effect(Host::ConnectionClosed{first});
  effect(Host::MessageSent{first, 0, Message("late")});
  EXPECT_EQ(found, "INV-08 ");
  effect(Host::ConnectionReleased{first});
  effect(Host::MessageSent{first, 0, Message("later")});
  EXPECT_EQ(found, "INV-08 INV-08 ");
}

// INV-08, EVICT-013
TEST_F(NeverLegal, AMessageOrACloseFrameBehindADrop) {
  connected();
  effect(Host::ConnectionDropped{first});
  effect(Host::MessageSent{first, 0, Message("late")});
  effect(Host::ConnectionClosed{first});
  EXPECT_EQ(found, "INV-08 INV-08 ");
}

// INV-08
TEST_F(NeverLegal, AnUpgradeAnsweredTwiceAndTwoCloseFrames) {
  connected();
  effect(Host::ConnectionRefused{first});
  EXPECT_EQ(found, "INV-08 ");
  effect(Host::ConnectionClosed{first});
  effect(Host::ConnectionClosed{first});
  EXPECT_EQ(found, "INV-08 INV-08 ");
}

// INV-08, D-11
TEST_F(NeverLegal, TwoEndingsOfOneConnection) {
  awake();
  connected();
  event(Host::CloseReceived{first});
  begin(HandlerKind::onClose);
  end(HandlerKind::onClose);
  EXPECT_EQ(found, "");
  begin(HandlerKind::onError);
  EXPECT_EQ(found, "INV-17 ");
}

// INV-09
TEST_F(NeverLegal, AnAlarmBeforeItsTimeAndTwoRunsAtOnce) {
  awake();
  event(Host::AlarmDue{now + Duration(1)});
  EXPECT_EQ(found, "INV-09 ");
  begin(HandlerKind::onAlarm);
  end(HandlerKind::onAlarm);
  begin(HandlerKind::onAlarm);
  EXPECT_EQ(found, "INV-09 ");
  begin(HandlerKind::onAlarm, 1);
  EXPECT_EQ(found, "INV-09 INV-09 ");
}

// INV-10
TEST_F(NeverLegal, AnEighthRunOfAnAlarmThatFails) {
  for (int run = 0; run < 7; ++run) effect(Host::AlarmSettled{now, false});
  effect(Host::AlarmSettled{now, false, false});
  EXPECT_EQ(found, "");
  effect(Host::AlarmSettled{now, false});
  EXPECT_EQ(found, "INV-10 ");
}

// INV-11
TEST_F(NeverLegal, HibernatingWithAUnitThatIsNotDurable) {
  awake();
  unit(1);
  asleep();
  EXPECT_EQ(found, "INV-11 ");
}

// INV-11
TEST_F(NeverLegal, HibernatingWithATimerSet) {
  awake();
  effect(Host::TimerSet{{1}, now});
  event(Host::HibernateRequested{});
  effect(Host::TimerCleared{{1}});
  effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  EXPECT_EQ(found, "INV-11 ");
}

// INV-11
TEST_F(NeverLegal, HibernatingWhileACallIsUnderWay) {
  awake();
  effect(Host::CallStarted{{1}, Request("GET", "http://a/"), nullptr});
  asleep();
  EXPECT_EQ(found, "INV-11 ");
}

// INV-11
TEST_F(NeverLegal, HibernatingWithARequestUnansweredUnlessNobodyWaitsForIt) {
  awake();
  event(Host::RequestReceived{{1}, Request("GET", "/")});
  asleep();
  EXPECT_EQ(found, "INV-11 ");
  effect(Host::InstanceStarted{2});
  event(Host::RequestAborted{{1}});
  asleep();
  EXPECT_EQ(found, "INV-11 ");
}

// INV-11
TEST_F(NeverLegal, HibernatingWhileAHandlerRuns) {
  awake();
  begin(HandlerKind::timer);
  asleep();
  EXPECT_EQ(found, "INV-11 ");
}

// INV-13
TEST_F(NeverLegal, TwoInstancesAtOnceOrOneTwice) {
  awake();
  effect(Host::InstanceStarted{2});
  EXPECT_EQ(found, "INV-13 ");
  effect(Host::InstanceEnded{2, Host::InstanceEnd::reset});
  effect(Host::InstanceEnded{2, Host::InstanceEnd::reset});
  EXPECT_EQ(found, "INV-13 INV-13 ");
}

// INV-15
TEST_F(NeverLegal, AnEventInsideACriticalSection) {
  awake();
  event(Host::MessageReceived{first, Message("x")});
  event(Host::MessageReceived{first, Message("y")});
  begin(HandlerKind::onMessage);
  begin(HandlerKind::section, 1);
  begin(HandlerKind::onMessage, 2);
  EXPECT_EQ(found, "INV-15 ");
  end(HandlerKind::section, 1);
  event(Host::RequestReceived{{1}, Request("GET", "/")});
  begin(HandlerKind::onRequest, 3);
  EXPECT_EQ(found, "INV-15 ");
}

// INV-15, D-1
TEST_F(NeverLegal, AnEventThatOvertakesOnStartUnlessTheProfileLetsIt) {
  const auto overtake = [this] {
    awake();
    event(Host::MessageReceived{first, Message("x")});
    begin(HandlerKind::onStart);
    begin(HandlerKind::onMessage, 1);
  };
  overtake();
  EXPECT_EQ(found, "INV-15 ");
  const Profile overtaking = Profile::partykit();
  watcher.reset(overtaking, [this](const char*, std::string) { found += "again "; });
  overtake();
  EXPECT_EQ(found, "INV-15 ");
}

// INV-17
TEST_F(NeverLegal, AMessageHandledTwice) {
  awake();
  connected();
  event(Host::MessageReceived{first, Message("x")});
  begin(HandlerKind::onMessage);
  begin(HandlerKind::onMessage, 1);
  EXPECT_EQ(found, "INV-17 ");
}

// INV-17
TEST_F(NeverLegal, ARequestAnsweredTwice) {
  awake();
  event(Host::RequestReceived{{1}, Request("GET", "/")});
  effect(Host::ResponseHead{{1}, Response("a", 200), false});
  effect(Host::ResponseEnd{{1}});
  EXPECT_EQ(found, "");
  effect(Host::ResponseHead{{1}, Response("b", 200)});
  EXPECT_EQ(found, "INV-17 ");
}

// INV-11, HIBER-040
TEST_F(NeverLegal, SleepWhileASocketOfTheRoomsOwnMayBringSomething) {
  awake();
  effect(Host::SocketRequested{{1}, Request("GET", "http://a/"), nullptr});
  effect(Host::SocketRequested{{2}, Request("GET", "http://a/"), nullptr});
  event(Host::SocketOpened{{2}});
  event(Host::SocketLost{{1}, {}});
  effect(Host::SocketReleased{{1}});
  event(Host::HibernateRequested{});
  effect(Host::SocketReleased{{2}});
  effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  EXPECT_EQ(found, "INV-11 ");
  awake();
  found.clear();
  effect(Host::SocketRequested{{3}, Request("GET", "http://a/"), nullptr});
  event(Host::SocketCloseReceived{{3}});
  event(Host::HibernateRequested{});
  effect(Host::SocketReleased{{3}});
  effect(Host::InstanceEnded{1, Host::InstanceEnd::hibernated});
  EXPECT_EQ(found, "") << "nobody waits for one whose other end has closed";
}

// INV-02, INV-08
TEST_F(NeverLegal, AFrameOfASocketThatOutrunsItsWritesOrFollowsItsEnd) {
  awake();
  unit(1);
  effect(Host::SocketRequested{{1}, Request("GET", "http://a/"), nullptr}, 1);
  EXPECT_EQ(found, "INV-02 ");
  event(Host::UnitCommitted{1});
  found.clear();
  effect(Host::SocketMessageSent{{1}, Message("x")}, 1);
  effect(Host::SocketClosed{{1}, 1000, false, {}}, 1);
  EXPECT_EQ(found, "");
  effect(Host::SocketMessageSent{{1}, Message("y")}, 1);
  EXPECT_EQ(found, "INV-08 ");
  effect(Host::SocketReleased{{1}});
  effect(Host::SocketReleased{{1}});
  EXPECT_EQ(found, "INV-08 INV-08 ");
}

TEST_F(NeverLegal, ANewMachineStartsAnew) {
  awake();
  connected();
  unit(1);
  effect(Host::TimerSet{{1}, now});
  watcher.machineGone();
  awake();
  connected();
  unit(1);
  event(Host::UnitCommitted{1});
  asleep();
  EXPECT_EQ(found, "");
}

}  // namespace
