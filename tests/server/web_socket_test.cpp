#include "client.h"
#include "test_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace Party::Serve {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

Client open(const TestServer& server, std::string_view path, std::string_view more = {}) {
  return Client::webSocket(server.port(), path, more);
}

// CONNECT-3, CONNECT-4, WS-050, D-16: the accept value is RFC 6455's own example
TEST(WebSockets, TheHandshakeCarriesTheAcceptValueAndNothingThatWasNotAskedFor) {
  TestServer server;
  Client client(server.port());
  client.send(Client::upgradeRequest(
      "/party/x", "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"));
  const auto reply = client.readReply(false);
  EXPECT_EQ(reply.head,
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

// CONNECT-1
TEST(WebSockets, TheUpgradeFieldDecidesInWhateverCase) {
  TestServer server;
  Client client(server.port());
  client.send(
      "GET /party/x HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, upgrade\r\nUpgrade: WEBSOCKET\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_EQ(client.readReply(false).status, 101);
}

// MESSAGE-1, MESSAGE-12
TEST(WebSockets, MessagesOfEveryKindAndSizeComeBackAsTheyWere) {
  TestServer server;
  Client client = open(server, "/party/x");
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 1'048'576u}) {
    client.send(textFrame(std::string(size, 't')) + binaryFrame(std::string(size, '\xff')));
    EXPECT_EQ(client.readFrame(), "text " + std::string(size, 't')) << size;
    EXPECT_EQ(client.readFrame(), "bytes " + std::string(size, '\xff')) << size;
  }
}

// CONNECT-15: bytes in the same segment as the upgrade request
TEST(WebSockets, FramesThatFollowTheUpgradeRequestAtOnceAreNotLostAndWaitForTheRoom) {
  TestServer server;
  Client fast = open(server, "/party/x", textFrame("one") + textFrame("two"));
  EXPECT_EQ(fast.readFrame(), "text one");
  EXPECT_EQ(fast.readFrame(), "text two");
  for (const char* path : {"/parties/door/x?slow=1", "/parties/door/x?edge-slow=1"}) {
    Client slow = open(server, path, textFrame("early"));
    EXPECT_EQ(slow.readFrame(), "text welcome") << path;
    EXPECT_EQ(slow.readFrame(), "text early") << path;
  }
}

// CONNECT-10, CONNECT-11
TEST(WebSockets, The101FollowsOnConnectAndWhatWasSentBeforeFollowsThe101) {
  TestServer server;
  const auto began = std::chrono::steady_clock::now();
  Client client = open(server, "/parties/door/x?slow=1");
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(190));
  EXPECT_EQ(client.readFrame(), "text welcome");
}

// CONNECT-17, CONNECT-18, D-5
TEST(WebSockets, AThrowInOnConnectIsSeenAsACloseAloneWithAReasonThatFits) {
  TestServer server;
  Client client = open(server, "/parties/door/x?throw=1");
  EXPECT_EQ(client.readFrame(), "close 1011 " + std::string(123, 'r'));
  client.send(clientClose(1011));
  EXPECT_EQ(client.readFrame(), "end");
}

// CONNECT-32, CONNECT-35, CONNECT-39, WS-053, ROUTE-7, EDGE-7
TEST(WebSockets, AnUpgradeThatIsRefusedGetsAPlainAnswer) {
  TestServer server;
  const auto answerTo = [&](std::string_view path) {
    Client client(server.port());
    client.send(Client::upgradeRequest(path));
    const auto reply = client.readReply();
    return std::to_string(reply.status) + " " + reply.body;
  };
  EXPECT_EQ(answerTo("/parties/door/x?forbidden=1"), "403 not you");
  EXPECT_EQ(answerTo("/parties/door/x?thrown=1"), "401 who are you");
  EXPECT_EQ(answerTo("/parties/broken/x"), "429 out of order");
  EXPECT_EQ(answerTo("/parties/nope/x"), "404 Party nope not found");
  EXPECT_EQ(answerTo("/nothing"), "404 Not found");
}

// CLOSE-2, D-8, D-7
TEST(WebSockets, AClientsCloseIsAnsweredAfterOnCloseWithItsOwnCodeAndTheTransportEnds) {
  TestServer server;
  Client ann = open(server, "/parties/door/x?_pk=ann"), bob = open(server, "/parties/door/x?_pk=bob");
  EXPECT_EQ(ann.readFrame(), "text welcome");
  EXPECT_EQ(bob.readFrame(), "text welcome");
  ann.send(clientClose(4'123, "enough") + textFrame("too late"));
  EXPECT_EQ(ann.readFrame(), "close 4123 enough");
  EXPECT_EQ(ann.readFrame(), "end");
  EXPECT_EQ(bob.readFrame(), "text left ann");
  bob.send(clientFrame(0x88, ""));
  EXPECT_EQ(bob.readFrame(), "close");
  EXPECT_EQ(bob.readFrame(), "end");
}

// CLOSE-13
TEST(WebSockets, TheRoomsCloseEndsTheTransportWhenTheClientHasAnswered) {
  TestServer server;
  Client client = open(server, "/parties/door/x");
  EXPECT_EQ(client.readFrame(), "text welcome");
  client.send(textFrame("close"));
  EXPECT_EQ(client.readFrame(), "close 4002 as you wish");
  EXPECT_EQ(client.readFrame(std::chrono::milliseconds(100)), "(nothing)");
  client.send(clientClose(4'002));
  EXPECT_EQ(client.readFrame(), "end");
}

// CLOSE-23
TEST(WebSockets, ACloseInsideOnConnectFollowsThe101AndTheMessagesBeforeIt) {
  TestServer server;
  Client client = open(server, "/parties/door/x?close=1");
  EXPECT_EQ(client.readFrame(), "text welcome");
  EXPECT_EQ(client.readFrame(), "close 4001 not today");
  client.send(clientClose(4'001));
  EXPECT_EQ(client.readFrame(), "end");
}

// CLOSE-14: no answer is awaited for ever
TEST(WebSockets, AClientThatNeverAnswersACloseIsLetGoAfterAWhile) {
  TestServer server([](Options& options) { options.webSocket.closeAnswer = std::chrono::seconds(1); });
  Client client = open(server, "/parties/door/x?close=1");
  EXPECT_EQ(client.readFrame(), "text welcome");
  EXPECT_EQ(client.readFrame(), "close 4001 not today");
  EXPECT_EQ(client.readFrame(), "end");
}

// CLOSE-9, WS-039
TEST(WebSockets, AClientThatVanishesIsReportedToTheOthers) {
  TestServer server;
  Client stays = open(server, "/parties/door/x?_pk=stays");
  EXPECT_EQ(stays.readFrame(), "text welcome");
  {
    Client ends = open(server, "/parties/door/x?_pk=ends");
    EXPECT_EQ(ends.readFrame(), "text welcome");
  }
  EXPECT_EQ(stays.readFrame(), "text left ends");
  Client breaks = open(server, "/parties/door/x?_pk=breaks");
  EXPECT_EQ(breaks.readFrame(), "text welcome");
  breaks.reset();
  EXPECT_EQ(stays.readFrame(), "text left breaks");
}

// CONNECT-16, D-11
TEST(WebSockets, AClientThatLeavesWhileOnConnectIsPendingIsReportedOnce) {
  TestServer server;
  Client stays = open(server, "/parties/door/x?_pk=stays");
  EXPECT_EQ(stays.readFrame(), "text welcome");
  {
    Client hasty(server.port());
    hasty.send(Client::upgradeRequest("/parties/door/x?slow=1&_pk=hasty"));
  }
  EXPECT_EQ(stays.readFrame(), "text left hasty");
  EXPECT_EQ(stays.readFrame(std::chrono::milliseconds(300)), "(nothing)");
}

// MESSAGE-9, MESSAGE-10, MESSAGE-11, WS-038, D-7, CLOSE-11
TEST(WebSockets, AMessageOverTheLimitEndsItsConnectionWith1009AndTheOthersGoOn) {
  TestServer server;
  Client stays = open(server, "/parties/door/x?_pk=stays");
  EXPECT_EQ(stays.readFrame(), "text welcome");
  Client large = open(server, "/parties/door/x?_pk=large");
  EXPECT_EQ(large.readFrame(), "text welcome");
  large.send(binaryFrame(std::string(1'048'577, 'x')));
  EXPECT_EQ(large.readFrame(), "close 1009 Message is too large: 1048577 > 1048576");
  large.send(clientClose(1009));
  EXPECT_EQ(large.readFrame(), "end");
  EXPECT_EQ(stays.readFrame(), "text failed large: Message is too large: 1048577 > 1048576");
  stays.send(textFrame("still here"));
  EXPECT_EQ(stays.readFrame(), "text still here");
}

// MESSAGE-16, WS-031, WS-033, WS-038, D-15
TEST(WebSockets, AProtocolFaultEndsItsConnectionWithTheReasonAndAnOrderlyEnd) {
  TestServer server;
  const std::vector<std::pair<std::string, std::string>> faults{
      {clientFrame(0x83, "x"), "close 1002 Unknown opcode 3"},
      {clientFrame(0x80, "x"), "close 1002 Unexpected continuation frame"},
      {clientFrame(0x81, "x", 0, false), "close 1002 Received an unmasked frame"},
      {clientFrame(0x09, "x"), "close 1002 Received fragmented control frame"},
      {textFrame("\xff"), "close 1007 Received text that is not valid UTF-8"},
      {clientFrame(0x01, "\xe2\x82") + clientFrame(0x80, ""), "close 1007 Received text that is not valid UTF-8"},
  };
  for (const auto& [bytes, close] : faults) {
    Client client = open(server, "/party/x");
    client.send(bytes + std::string(100'000, 'z'));
    EXPECT_EQ(client.readFrame(), close);
    client.endOutput();
    EXPECT_EQ(client.readToEnd(), "");
  }
}

// MESSAGE-14, WS-035, WS-037
TEST(WebSockets, APingIsAnsweredWithItsPayloadAlsoBetweenFragments) {
  TestServer server;
  Client client = open(server, "/party/x");
  client.send(clientFrame(0x89, "payload") + clientFrame(0x8a, "unasked"));
  EXPECT_EQ(client.readFrame(), "pong payload");
  client.send(clientFrame(0x01, "he") + clientFrame(0x89, "") + clientFrame(0x80, "llo"));
  EXPECT_EQ(client.readFrame(), "pong ");
  EXPECT_EQ(client.readFrame(), "text hello");
}

// H-1
TEST(WebSockets, ASilentClientIsPingedAndGoneAfterTwoThatItMissed) {
  TestServer server([](Options& options) { options.webSocket.pingEvery = std::chrono::seconds(1); });
  Client answers = open(server, "/parties/door/x?_pk=answers"), silent = open(server, "/parties/door/x?_pk=silent");
  EXPECT_EQ(answers.readFrame(), "text welcome");
  for (int i = 0; i < 10; ++i) {
    const auto frame = answers.readFrame();
    if (frame == "text left silent") return;
    EXPECT_EQ(frame, "ping ");
    answers.send(clientFrame(0x8a, ""));
  }
  ADD_FAILURE() << "the silent client was never given up";
}

// H-1
TEST(WebSockets, ASilentClientIsLeftInPeaceWhenNoPingsAreWanted) {
  TestServer server([](Options& options) { options.webSocket.pingEvery = std::chrono::seconds(0); });
  Client client = open(server, "/parties/door/x");
  EXPECT_EQ(client.readFrame(), "text welcome");
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));  // patience is looked at once a second
  client.send(textFrame("hello"));
  EXPECT_EQ(client.readFrame(), "text hello");
}

// A slow reader: bounded, then dropped; nobody waits for it.
TEST(WebSockets, AClientThatDoesNotReadIsDroppedAtTheLimitAndTheOthersGetEverything) {
  TestServer server([](Options& options) { options.webSocket.backlogBytes = 1 << 20; });
  Client slow(server.port());
  slow.shrinkReceiveBuffer();
  slow.send(Client::upgradeRequest("/parties/notes/x"));
  EXPECT_EQ(slow.readReply(false).status, 101);
  Client busy = open(server, "/parties/notes/x");
  const std::string note(100'000, 'n');
  for (int i = 0; i < 120; ++i) {
    busy.send(textFrame(note));
    ASSERT_EQ(busy.readFrame(), "text " + note) << i;
  }
  std::string last;
  int frames = 0;
  while ((last = slow.readFrame()) == "text " + note) ++frames;
  EXPECT_EQ(last, "end");
  EXPECT_LT(frames, 120);
  busy.send(textFrame("on"));
  EXPECT_EQ(busy.readFrame(), "text on");
}

TEST(WebSockets, AFloodOfPingsFromAClientThatDoesNotReadIsSurvived) {
  TestServer server([](Options& options) { options.webSocket.backlogBytes = 1 << 20; });
  Client other = open(server, "/party/x");
  Client flood = open(server, "/party/x");
  flood.shrinkReceiveBuffer();
  std::string pings;
  for (int i = 0; i < 10'000; ++i) pings += clientFrame(0x89, std::string(100, 'p'));
  flood.send(pings);
  other.send(textFrame("alive"));
  EXPECT_EQ(other.readFrame(), "text alive");
}

// CLOSE-27, EVICT-013
TEST(WebSockets, AResetRoomDropsItsClientsWithoutACloseAndTheNextOneFindsANewInstance) {
  TestServer server;
  Client client = open(server, "/parties/door/x");
  EXPECT_EQ(client.readFrame(), "text welcome");
  client.send(textFrame("reset"));
  EXPECT_EQ(client.readFrame(), "end");
  EXPECT_EQ(open(server, "/parties/door/x").readFrame(), "text welcome");
}

// MESSAGE-7, D-26
TEST(WebSockets, AThrowInOnMessageIsNotSeenByTheClient) {
  TestServer server;
  Client client = open(server, "/parties/door/x");
  EXPECT_EQ(client.readFrame(), "text welcome");
  client.send(textFrame("throw") + textFrame("next"));
  EXPECT_EQ(client.readFrame(), "text next");
}

TEST(WebSockets, HostileConnectionsOfOneRoomDoNotStopAnother) {
  TestServer server([](Options& options) { options.shards = 1; });
  Client calm = open(server, "/party/calm");
  std::vector<Client> hostile;
  for (int i = 0; i < 50; ++i) {
    hostile.push_back(open(server, "/parties/door/hostile"));
    hostile.back().send(textFrame(i % 2 == 0 ? "throw" : "spin") + clientFrame(0x01, "never ends"));
    if (i % 5 == 0) hostile.back().send(std::string(1'000, '\xff'));
    calm.send(textFrame("calm"));
    ASSERT_EQ(calm.readFrame(), "text calm") << i;
  }
}

// MESSAGE-2: across two shards and many rooms each connection keeps its order
TEST(WebSockets, EachConnectionOfManyRoomsGetsItsOwnMessagesInOrder) {
  TestServer server;
  std::vector<Client> clients;
  for (int room = 0; room < 20; ++room) clients.push_back(open(server, "/party/room-" + std::to_string(room)));
  for (int i = 0; i < 50; ++i) {
    for (std::size_t room = 0; room < clients.size(); ++room) {
      clients[room].send(textFrame(std::to_string(room) + ":" + std::to_string(i)));
    }
  }
  for (std::size_t room = 0; room < clients.size(); ++room) {
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(clients[room].readFrame(), "text " + std::to_string(room) + ":" + std::to_string(i));
    }
  }
}

}  // namespace
}  // namespace Party::Serve
