#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;
using Messages = std::vector<Message>;
using Kind = Frame::Kind;

/// Echoes, and does what some messages ask for; notes what the room saw end.
class Doorman : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<> onConnect(Connection connection, ConnectionContext context) override {
    if (context.request.query("refuse")) throw Error("not today");
    connection.send("welcome");
    return {};
  }
  Task<> onMessage(Message message, Connection sender) override {
    if (message == Message("bye")) {
      sender.close(4001, "as you wish");
    } else if (message == Message("where")) {
      sender.send(std::string(sender.uri()));
    } else {
      sender.send(message);
    }
    return {};
  }
  Task<> onClose(Connection connection) override {
    room().broadcast("left " + std::string(connection.id()));
    return {};
  }
  Task<> onError(Connection connection, Error) override {
    room().broadcast("broke " + std::string(connection.id()));
    return {};
  }
  static RequestOrResponse onBeforeConnect(Request request) {
    if (request.query("turn-away")) return Response("no", 403);
    return {};
  }
};

struct Network : testing::Test {
  World world{Seed{11}};
  Network() { world.party<Doorman>("main"); }
  Client join(const char* id) { return world.connect("main", "hall", ClientOptions().id(id)); }
};

TEST_F(Network, AClientIsOpenOnceTheUpgradeHasBeenToTheEdgeTheRoomAndBack) {
  auto ann = join("ann");
  EXPECT_TRUE(ann.connecting());
  world.runUntilQuiet();
  EXPECT_TRUE(ann.open());
  ASSERT_EQ(ann.frames().size(), 2u);
  EXPECT_EQ(ann.frames()[0].kind, Kind::opened);
  EXPECT_EQ(ann.frames()[1].content, Message("welcome"));
  const Duration length = ann.frames()[0].at - world.options().startTime();
  EXPECT_GE(length, 3ms);  // client to edge, edge to room, room to client: 1 to 5 ms each
  EXPECT_LE(length, 15ms);
}

// CONNECT-5
TEST_F(Network, AClientWithAnEmptyIdSendsNone) {
  auto nobody = world.connect("main", "hall", ClientOptions().id("").query("x=1"));
  nobody.send("where");
  auto plain = world.connectTo("/party/hall", ClientOptions().id(""));
  plain.send("where");
  world.runUntilQuiet();
  EXPECT_EQ(nobody.received(), (Messages{"welcome", "http://party.test/parties/main/hall?x=1"}));
  EXPECT_EQ(plain.received(), (Messages{"welcome", "http://party.test/party/hall"}));
}

// CP-74
TEST_F(Network, EveryWayTakesAsLongAsTheLatencyAllows) {
  world.reset(Seed{1}, WorldOptions().latency({2ms, 9ms}));
  auto ann = join("ann");
  world.runUntilQuiet();
  Duration shortest = 1h;
  Duration longest{};
  for (int i = 0; i < 200; ++i) {
    const Time sent = world.now();
    ann.send("x");
    world.runUntilQuiet();
    const Duration roundTrip = ann.frames().back().at - sent;
    shortest = std::min(shortest, roundTrip);
    longest = std::max(longest, roundTrip);
  }
  EXPECT_GE(shortest, 4ms);
  EXPECT_LE(longest, 18ms);
  EXPECT_LT(shortest, 7ms) << "the range is hardly used";
  EXPECT_GT(longest, 15ms) << "the range is hardly used";
}

TEST_F(Network, AClientsOwnLatencyReplacesTheWorlds) {
  auto far = world.connect("main", "hall", ClientOptions().id("far").latency({700ms, 700ms}));
  world.runUntilQuiet();
  EXPECT_GE(far.frames()[0].at - world.options().startTime(), 1400ms);
}

// INV-07, CP-74
TEST_F(Network, NoFrameOvertakesAnotherInItsDirection) {
  world.reset(Seed{3}, WorldOptions().latency({0ms, 100ms}));
  auto ann = join("ann");
  world.runUntilQuiet();
  Messages sent{"welcome"};
  for (int i = 0; i < 300; ++i) {
    sent.push_back(std::to_string(i));
    ann.send(sent.back());
    world.advance(Duration(i % 7 * 100));
  }
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), sent);
}

TEST_F(Network, WhatIsSentWhileConnectingWaitsUntilOpen) {
  auto ann = join("ann");
  ann.send("early");
  world.runUntilQuiet();
  EXPECT_EQ(ann.received(), (Messages{"welcome", "early"}));
}

// CLOSE-17, D-8
TEST_F(Network, AClientsCloseIsAnsweredWithItsOwnCodeAndReason) {
  auto ann = join("ann");
  auto bob = join("bob");
  world.runUntilQuiet();
  ann.close(4321, "done");
  world.runUntilQuiet();
  EXPECT_TRUE(ann.closed());
  EXPECT_EQ(ann.closeCode(), 4321);
  EXPECT_EQ(ann.closeReason(), "done");
  EXPECT_EQ(bob.received(), (Messages{"welcome", "left ann"}));
}

TEST_F(Network, TheServersCloseIsAnsweredByTheClientAndOnlyThenEndsTheConnection) {
  auto ann = join("ann");
  auto bob = join("bob");
  world.runUntilQuiet();
  ann.send("bye");
  world.runUntilQuiet();
  EXPECT_EQ(ann.closeCode(), 4001);
  EXPECT_EQ(ann.closeReason(), "as you wish");
  EXPECT_EQ(bob.received().back(), Message("left ann"));
}

// CP-75
TEST_F(Network, AClientThatAnswersACloseLateOrNeverKeepsTheConnectionUntilThen) {
  auto late = world.connect("main", "hall", ClientOptions().id("late").answersClose(CloseAnswer::later, 2s));
  auto never = world.connect("main", "hall", ClientOptions().id("never").answersClose(CloseAnswer::never));
  auto bob = join("bob");
  world.advance(100ms);
  late.send("bye");
  never.send("bye");
  world.advance(1s);
  EXPECT_EQ(bob.received(), Messages{"welcome"});
  world.advance(2s);
  EXPECT_EQ(bob.received(), (Messages{"welcome", "left late"}));
  world.advance(1h);
  EXPECT_EQ(bob.received().size(), 2u);
}

// CP-77: each side takes the other's frame for the answer to its own
TEST_F(Network, ClosesThatCrossAreOneEnding) {
  struct Endings : Observer {
    int closes = 0;
    void onEffect(Time, RoomIndex, const Host::Effect& effect) override {
      const auto* began = std::get_if<Host::HandlerBegan>(&effect.body);
      closes += began != nullptr && began->handler == Host::HandlerKind::onClose ? 1 : 0;
    }
  } endings;
  world.reset(Seed{3}, WorldOptions().latency({10ms, 10ms}));
  world.observe(endings);
  auto ann = join("ann");
  world.runUntilQuiet();
  ann.send("bye");
  world.advance(11ms);  // the room's close frame is on its way
  ann.close(4002, "leaving");
  world.runUntilQuiet();
  EXPECT_EQ(endings.closes, 1);
  EXPECT_EQ(ann.closeCode(), 4001);
  EXPECT_EQ(world.status(0).connections, 0u);
  EXPECT_TRUE(world.violations().empty());
}

// CP-72
TEST_F(Network, ADroppedClientKnowsAtOnceAndTheRoomLater) {
  auto ann = join("ann");
  auto bob = join("bob");
  world.runUntilQuiet();
  ann.drop();
  EXPECT_TRUE(ann.closed());
  EXPECT_EQ(ann.closeCode(), 1006);
  EXPECT_EQ(bob.received().size(), 1u);
  world.runUntilQuiet();
  EXPECT_EQ(bob.received().back(), Message("left ann"));
  EXPECT_EQ(ann.frames().back().kind, Kind::closed);
}

// CP-72
TEST_F(Network, OfWhatADroppedClientHadSentOnlyASuffixIsLost) {
  struct Arrivals : Observer {
    Messages messages;
    void onEvent(Time, RoomIndex, const Host::Event& event) override {
      if (const auto* received = std::get_if<Host::MessageReceived>(&event.body)) messages.push_back(received->message);
    }
  };
  const Messages sent{"0", "1", "2", "3", "4"};
  bool someLost = false;
  bool someArrived = false;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    world.reset(Seed{seed}, WorldOptions().latency({1ms, 20ms}));
    Arrivals arrivals;
    world.observe(arrivals);
    auto ann = join("ann");
    world.runUntilQuiet();
    for (const Message& message : sent) {
      ann.send(message);
      world.advance(2ms);
    }
    ann.drop();
    world.runUntilQuiet();
    ASSERT_LE(arrivals.messages.size(), sent.size());
    EXPECT_TRUE(std::ranges::equal(arrivals.messages, std::span(sent).first(arrivals.messages.size())));
    someLost |= arrivals.messages.size() < sent.size();
    someArrived |= !arrivals.messages.empty();
    world.reset(Seed{seed});
  }
  EXPECT_TRUE(someLost);
  EXPECT_TRUE(someArrived);
}

// CP-73, HIBER-009
TEST_F(Network, AHalfOpenConnectionStaysListedWhileTheClientIsBackUnderTheSameId) {
  auto ann = join("ann");
  world.runUntilQuiet();
  ann.halfOpen();
  ann.reconnect();
  world.runUntilQuiet();
  EXPECT_TRUE(ann.open());
  EXPECT_EQ(world.status(*world.findRoom("main", "hall")).connections, 2u);
  world.advance(1h);
  EXPECT_EQ(world.status(*world.findRoom("main", "hall")).connections, 2u) << "never noticed";
}

TEST_F(Network, AHalfOpenConnectionEndsWhenTheServerNoticesIt) {
  auto ann = join("ann");
  auto bob = join("bob");
  world.runUntilQuiet();
  ann.halfOpen(60s);
  world.advance(59s);
  EXPECT_EQ(bob.received().size(), 1u);
  world.advance(2s);
  EXPECT_EQ(bob.received().back(), Message("left ann"));
}

// CP-79, HIBER-062
TEST_F(Network, ABrokenProtocolIsAnErrorForTheRoomAndACloseForTheClient) {
  auto ann = join("ann");
  auto bob = join("bob");
  world.runUntilQuiet();
  ann.breakProtocol(1007, "not UTF-8");
  world.runUntilQuiet();
  EXPECT_EQ(ann.closeCode(), 1007);
  EXPECT_EQ(bob.received().back(), Message("broke ann"));
}

// CONNECT-17
TEST_F(Network, AThrowInOnConnectIsAnOpenAndACloseWith1011ForTheClient) {
  auto ann = world.connect("main", "hall", ClientOptions().id("ann").query("refuse=1"));
  ann.send("never arrives");
  world.runUntilQuiet();
  ASSERT_EQ(ann.frames().size(), 2u);
  EXPECT_EQ(ann.frames()[0].kind, Kind::opened);
  EXPECT_EQ(ann.closeCode(), 1011);
  EXPECT_EQ(ann.closeReason(), "not today");
  ASSERT_EQ(world.uncaughtErrors().size(), 1u);
  EXPECT_EQ(world.uncaughtErrors()[0].text, "not today");
  EXPECT_EQ(world.uncaughtErrors()[0].handler, Host::HandlerKind::onConnect);
}

TEST_F(Network, AnUpgradeThatTheEdgeAnswersNeverOpens) {
  auto ann = world.connect("main", "hall", ClientOptions().id("ann").query("turn-away=1"));
  world.runUntilQuiet();
  EXPECT_TRUE(ann.closed());
  EXPECT_EQ(ann.httpStatus(), 403);
  ASSERT_EQ(ann.frames().size(), 1u);
  EXPECT_EQ(ann.frames()[0].kind, Kind::answered);
  EXPECT_EQ(ann.frames()[0].content, Message("no"));
  EXPECT_EQ(world.roomCount(), 0u);
}

TEST_F(Network, AnUnknownPartyIsAnswered404) {
  auto ann = world.connectTo("/parties/nobody/hall");
  world.runUntilQuiet();
  EXPECT_EQ(ann.httpStatus(), 404);
  EXPECT_THROW(world.connect("nobody", "hall"), Error);
}

TEST_F(Network, AClientThatClosesWhileConnectingNeverOpens) {
  auto ann = join("ann");
  ann.close();
  world.runUntilQuiet();
  ASSERT_EQ(ann.frames().size(), 1u);
  EXPECT_EQ(ann.closeCode(), 1006);
}

TEST_F(Network, VerbsThatMakeNoSenseDoNothing) {
  auto ann = join("ann");
  world.runUntilQuiet();
  ann.close();
  ann.close(4000);
  ann.send("too late");
  world.runUntilQuiet();
  const std::size_t frames = ann.frames().size();
  ann.drop();
  ann.halfOpen();
  ann.breakProtocol();
  ann.send("still too late");
  world.runUntilQuiet();
  EXPECT_EQ(ann.frames().size(), frames);
  EXPECT_EQ(ann.closeCode(), 1000);
}

TEST_F(Network, ConnectionsComeAndGoAThousandTimes) {
  auto ann = join("ann");
  for (int i = 0; i < 1000; ++i) {
    if (i % 3 == 0) ann.close();
    if (i % 3 == 1) ann.drop();
    if (i % 3 == 2) ann.send("bye");
    if (i % 5 != 0) world.runUntilQuiet();
    ann.reconnect();
  }
  world.runUntilQuiet();
  EXPECT_TRUE(ann.open());
  EXPECT_EQ(world.status(*world.findRoom("main", "hall")).connections, 1u);
}

}  // namespace
