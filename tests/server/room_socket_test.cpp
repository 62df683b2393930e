#include "client.h"
#include "test_server.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace Party::Serve {
namespace {

using namespace std::chrono_literals;

/// A client of a porter, which has opened a socket to the room `asked` ("<party> <id> <path>").
Client opened(const TestServer& server, std::string_view porter, std::string_view asked) {
  Client client = Client::webSocket(server.port(), fmt::format("/parties/porter/{}?_pk=client", porter));
  client.send(textFrame(fmt::format("open {}", asked)));
  EXPECT_EQ(client.readFrame(), "text opened");
  return client;
}

const std::string lost = "text closed 1006 WebSocket disconnected without sending Close frame.";

// PARTIES-8, MESSAGE-22: on whichever shards the two rooms live
TEST(RoomSockets, RoomsReachEachOtherAcrossShardsInOrder) {
  TestServer server;
  for (int caller = 0; caller < 4; ++caller) {
    for (int callee = 0; callee < 4; ++callee) {
      Client client = opened(server, std::to_string(caller), fmt::format("main e{} /", callee));
      std::string all;
      for (int i = 0; i < 50; ++i) all += textFrame(std::to_string(i));
      client.send(all);
      for (int i = 0; i < 50; ++i) ASSERT_EQ(client.readFrame(), fmt::format("text heard {}", i));
    }
  }
}

// PARTIES-12: also to itself
TEST(RoomSockets, ARoomMayOpenOneToItself) {
  TestServer server;
  Client client = opened(server, "self", "porter self /?_pk=inner");
  client.send(textFrame("close"));
  EXPECT_EQ(client.readFrame(), "text closed 4003 enough");
}

// PARTIES-6, CONNECT-11: what the other room sends while it accepts comes behind the opening
TEST(RoomSockets, TheOtherRoomSeesAConnectionAndNoEdgeHandlerRuns) {
  TestServer server;
  Client client = opened(server, "p", "door d /?_pk=porter&forbidden=1");
  EXPECT_EQ(client.readFrame(), "text heard welcome");
  Client other = Client::webSocket(server.port(), "/parties/door/d");
  EXPECT_EQ(other.readFrame(), "text welcome");
  client.send(textFrame("close"));
  EXPECT_EQ(other.readFrame(), "text left porter");
  EXPECT_EQ(client.readFrame(), "text closed 4003 enough");
}

// PARTIES-4, PARTIES-9, CONNECT-17, CONNECT-18
TEST(RoomSockets, AnOpeningFailsOrIsRefusedAsTheOtherRoomSays) {
  TestServer server;
  Client client = Client::webSocket(server.port(), "/parties/porter/p");
  client.send(textFrame("open broken b /"));
  EXPECT_EQ(client.readFrame(), "text failed: Expected a websocket response");
  client.send(textFrame("open door d sub"));
  EXPECT_EQ(client.readFrame(), "text failed: Path must start with /");
  client.send(textFrame("open door d /?throw"));
  EXPECT_EQ(client.readFrame(), "text opened");
  EXPECT_EQ(client.readFrame(), "text closed 1011 " + std::string(123, 'r')) << "and no welcome";
}

// PARTIES-11, D-8
TEST(RoomSockets, ACloseOfTheOtherRoomIsHeardAndAnswered) {
  TestServer server;
  Client client = opened(server, "p", "door d /?_pk=porter");
  EXPECT_EQ(client.readFrame(), "text heard welcome");
  Client other = Client::webSocket(server.port(), "/parties/door/d");
  EXPECT_EQ(other.readFrame(), "text welcome");
  client.send(textFrame("close me"));
  EXPECT_EQ(client.readFrame(), "text heard close me");
  Client again = opened(server, "p", "door d /?_pk=again&close");
  EXPECT_EQ(again.readFrame(), "text heard welcome");
  EXPECT_EQ(again.readFrame(), "text closed 4001 not today");
  EXPECT_EQ(other.readFrame(), "text left again") << "its onClose runs when the caller has answered";
}

// EVICT-013, HIBER-061
TEST(RoomSockets, AResetOnEitherSideIsALossOnTheOther) {
  TestServer server;
  for (const char* porter : {"p1", "p2", "p3"}) {
    Client client = opened(server, porter, "door d /?_pk=porter");
    EXPECT_EQ(client.readFrame(), "text heard welcome");
    client.send(textFrame("throw"));
    Client other = Client::webSocket(server.port(), "/parties/door/d");
    EXPECT_EQ(other.readFrame(), "text welcome");
    client.send(textFrame("reset"));
    EXPECT_EQ(client.readFrame(), "end") << "the porter is reset";
    EXPECT_EQ(other.readFrame(), "text left porter");

    Client next = opened(server, porter, "door d /?_pk=next");
    EXPECT_EQ(next.readFrame(), "text heard welcome");
    other.send(textFrame("reset"));
    EXPECT_EQ(other.readFrame(), "end");
    EXPECT_EQ(next.readFrame(), lost);
  }
}

// HIBER-040, HIBER-045: who opened it stays, the other room sleeps and is woken
TEST(RoomSockets, KeepTheirOpenerAwakeWhileTheOtherRoomSleeps) {
  TestServer server([](Options& options) { options.profile.idleBeforeHibernation = 50ms; });
  Client client = opened(server, "p", "notes n /");
  std::this_thread::sleep_for(400ms);
  client.send(textFrame("wake up"));
  EXPECT_EQ(client.readFrame(), "text heard wake up") << "a porter that had slept would have no socket";
  client.send(textFrame("close"));
  EXPECT_EQ(client.readFrame(), "text closed 4003 enough");
  std::this_thread::sleep_for(400ms);
  client.send(textFrame("anybody"));
  EXPECT_EQ(client.readFrame(), "text there is no socket") << "now it has slept";
}

// What is sent faster than the other room takes it in is bounded, as it is for a client that does not read.
TEST(RoomSockets, OneThatIsFloodedIsDroppedAtTheLimitAndBothRoomsLearnIt) {
  TestServer server([](Options& options) { options.webSocket.backlogBytes = 1 << 20; });
  Client client = opened(server, "p", "porter p /?_pk=inner");
  client.send(textFrame("flood"));
  EXPECT_EQ(client.readFrame(), lost);
  Client fresh = opened(server, "p", "door d /?_pk=porter");
  EXPECT_EQ(fresh.readFrame(), "text heard welcome");
}

TEST(RoomSockets, TwoRoomsThatAnswerEachOtherWithoutEndLeaveTheirShardToOthers) {
  TestServer server([](Options& options) { options.shards = 1; });
  Client busy = opened(server, "p", "main e /");
  busy.send(textFrame("forever"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Client::get(server.port(), "/party/x", "POST", "body"), "200 body");
}

TEST(RoomSockets, AServerThatEndsDoesNotWaitForThem) {
  TestServer server;
  Client one = opened(server, "p1", "door d /?_pk=one");
  Client two = opened(server, "p2", "door d /?_pk=two");
  const auto begun = std::chrono::steady_clock::now();
  server.beginEnd();
  while (one.readFrame() != "close 1001 the server is going away") {
    ASSERT_LT(std::chrono::steady_clock::now() - begun, 4s);
  }
  server.restart();
  Client again = opened(server, "p1", "door d /?_pk=one");
  EXPECT_EQ(again.readFrame(), "text heard welcome");
}

}  // namespace
}  // namespace Party::Serve
