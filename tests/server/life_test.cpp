#include "client.h"
#include "test_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace Party::Serve {
namespace {

using namespace std::chrono_literals;

std::string rangIn(const TestServer& server, std::string_view room) {
  return Client::get(server.port(), std::string("/parties/alarm/") + std::string(room));
}
std::string rangWithin(const TestServer& server, std::string_view room, std::string_view expected,
                       std::chrono::milliseconds limit) {
  const auto latest = std::chrono::steady_clock::now() + limit;
  std::string rang;
  while ((rang = rangIn(server, room)) != expected && std::chrono::steady_clock::now() < latest) {
    std::this_thread::sleep_for(20ms);
  }
  return rang;
}

// GATE-033, STORE-080
TEST(Life, WhatARoomStoredIsThereAfterARestartWithAnotherNumberOfShards) {
  TestServer server;
  for (int room = 0; room < 10; ++room) {
    const auto path = "/parties/notes/r" + std::to_string(room);
    EXPECT_EQ(Client::get(server.port(), path, "POST", "one"), "201 stored");
    EXPECT_EQ(Client::get(server.port(), path, "POST", "two"), "201 stored");
  }
  server.change([](Options& options) { options.shards = 3; });
  server.restart();
  for (int room = 0; room < 10; ++room) {
    EXPECT_EQ(Client::get(server.port(), "/parties/notes/r" + std::to_string(room)), "200 one\ntwo\n") << room;
  }
}

// STORE-033: gone from every reader at once, and from the disk
TEST(Life, WhatARoomDeletedIsGoneAtOnceAndAfterARestart) {
  TestServer server;
  const std::string path = "/parties/notes/x";
  EXPECT_EQ(Client::get(server.port(), path, "POST", "one"), "201 stored");
  EXPECT_EQ(Client::get(server.port(), "/parties/notes/y", "POST", "other"), "201 stored");
  EXPECT_EQ(Client::get(server.port(), path), "200 one\n");
  EXPECT_EQ(Client::get(server.port(), path, "DELETE"), "200 gone");
  EXPECT_EQ(Client::get(server.port(), path), "200 ");
  EXPECT_EQ(Client::get(server.port(), path, "POST", "two"), "201 stored");
  EXPECT_EQ(Client::get(server.port(), path), "200 two\n");
  server.restart();
  EXPECT_EQ(Client::get(server.port(), path), "200 two\n");
  EXPECT_EQ(Client::get(server.port(), "/parties/notes/y"), "200 other\n");
}

// STORE-102, STORE-112
TEST(Life, ATransactionIsStoredWholeOrTakenBackWhole) {
  TestServer server;
  const std::string path = "/parties/notes/x";
  EXPECT_EQ(Client::get(server.port(), path, "PUT", "fine"), "200 both");
  EXPECT_EQ(Client::get(server.port(), path, "PUT", "fail"), "409 taken back");
  EXPECT_EQ(Client::get(server.port(), path), "200 fine\nfine\n");
  server.restart();
  EXPECT_EQ(Client::get(server.port(), path), "200 fine\nfine\n");
}

// LIFE-7, LIFE-10, LIFE-11, HIBER-041
TEST(Life, ARoomSleepsWithItsSocketsOpenAndTheNextMessageFindsItsStorage) {
  TestServer server([](Options& options) { options.profile.idleBeforeHibernation = 50ms; });
  Client client = Client::webSocket(server.port(), "/parties/notes/x");
  client.send(textFrame("one"));
  EXPECT_EQ(client.readFrame(), "text one");
  std::this_thread::sleep_for(300ms);
  client.send(textFrame("two"));
  EXPECT_EQ(client.readFrame(), "text two");
  EXPECT_EQ(Client::get(server.port(), "/parties/notes/x"), "200 one\ntwo\n");
}

// ALARM-022: fires for a room that has left memory
TEST(Life, AnAlarmFiresOnceThoughItsRoomHasBeenForgotten) {
  TestServer server([](Options& options) { options.profile.idleBeforeHibernation = 20ms; });
  EXPECT_EQ(Client::get(server.port(), "/parties/alarm/x", "POST", "400"), "200 set");
  EXPECT_EQ(rangIn(server, "x"), "200 0");
  EXPECT_EQ(rangWithin(server, "x", "200 1", 3s), "200 1");
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(rangIn(server, "x"), "200 1");
}

// EVICT-030
TEST(Life, AnAlarmThatCameDueWhileTheServerWasDownFiresAfterItsStart) {
  TestServer server;
  EXPECT_EQ(Client::get(server.port(), "/parties/alarm/x", "POST", "50"), "200 set");
  server.restart();
  EXPECT_EQ(rangWithin(server, "x", "200 1", 3s), "200 1");
}

TEST(Life, AnAlarmsBroadcastReachesASleepingRoomsSockets) {
  TestServer server([](Options& options) { options.profile.idleBeforeHibernation = 20ms; });
  Client client = Client::webSocket(server.port(), "/parties/alarm/x");
  EXPECT_EQ(Client::get(server.port(), "/parties/alarm/x", "POST", "200"), "200 set");
  EXPECT_EQ(client.readFrame(), "text rang 1");
}

TEST(Life, AnEndingServerAnswersWhatIsUnderWayAndSaysGoodbyeToItsSockets) {
  TestServer server;
  Client socket = Client::webSocket(server.port(), "/party/x");
  Client asking(server.port()), idle(server.port());
  asking.send("GET /parties/door/x?sleep HTTP/1.1\r\nHost: test\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  server.beginEnd();
  EXPECT_EQ(asking.readReply().body, "here");
  EXPECT_EQ(asking.readToEnd(), "");
  EXPECT_EQ(idle.readToEnd(), "");
  EXPECT_EQ(socket.readFrame(), "close 1001 the server is going away");
  socket.send(clientClose(1001));
  EXPECT_EQ(socket.readFrame(), "end");
  EXPECT_THROW(Client(server.port()), std::runtime_error);
}

}  // namespace
}  // namespace Party::Serve
