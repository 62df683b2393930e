#include "client.h"
#include "test_server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace Party::Serve {
namespace {

std::string ask(const TestServer& server, std::string_view room, std::string_view query) {
  return Client::get(server.port(), fmt::format("/parties/call/{}?{}", room, query), "POST", "the body");
}

// PARTIES-3, PARTIES-5, PARTIES-6, CP-94: on whichever shards the two rooms live
TEST(Calls, RoomsReachEachOtherAcrossShards) {
  TestServer server;
  for (int caller = 0; caller < 4; ++caller) {
    for (int callee = 0; callee < 4; ++callee) {
      EXPECT_EQ(ask(server, std::to_string(caller), fmt::format("party=main&id=e{}", callee)), "200 the body");
    }
  }
  EXPECT_EQ(ask(server, "a", "party=notes&id=n"), "201 stored");
  EXPECT_EQ(Client::get(server.port(), "/parties/notes/n"), "200 the body\n");
}

// PARTIES-7, D-20
TEST(Calls, TheRoomCalledHasTheGivenIdAndTheServersAddressInItsUrl) {
  TestServer server;
  EXPECT_EQ(Client::get(server.port(), "/parties/call/a?party=call&id=b%2Fc&path=/inner"), "200 inner b/c");
  EXPECT_EQ(Client::get(server.port(), "/parties/call/a?party=main&id=b%2Fc&path=/p?q=1"),
            fmt::format("200 http://127.0.0.1:{}/parties/main/b%2Fc/p?q=1", server.port()));
}

// PARTIES-12
TEST(Calls, ARoomMayCallItself) {
  TestServer server;
  EXPECT_EQ(ask(server, "self", "party=call&id=self&path=/inner"), "200 inner self");
}

// PARTIES-13, EVICT-012: an error of the other room is an answer, its reset is not
TEST(Calls, AnErrorIsAnAnswerAndAResetFailsTheCall) {
  TestServer server;
  EXPECT_EQ(ask(server, "a", "party=door&id=d&path=/?teapot"), "418 short and stout");
  EXPECT_EQ(ask(server, "a", "party=broken&id=b"), "429 out of order");
  for (const char* id : {"r1", "r2", "r3", "r4"}) {
    EXPECT_EQ(ask(server, "a", fmt::format("party=call&id={}&path=/reset", id)), "200 failed: broken on purpose");
  }
}

// A room that is reset while it waits is answered for once, and the late answer to its call reaches nobody.
TEST(Calls, ARoomThatIsResetWhileItWaitsForgetsItsCall) {
  TestServer server;
  Client waiting(server.port());
  waiting.send("GET /parties/call/a?party=pieces&id=p&get=1&path=/?long HTTP/1.1\r\nHost: test\r\n\r\n");
  while (Client::get(server.port(), "/parties/pieces/p", "PUT") != "200 1") {
  }
  EXPECT_EQ(Client::get(server.port(), "/parties/call/a/reset"), "500 broken on purpose");
  EXPECT_EQ(waiting.readReply().body, "broken on purpose");
  EXPECT_EQ(ask(server, "a", "party=door&id=d&path=/?sleep"), "200 here");
}

TEST(Calls, TheOutsideIsRefusedWithAClearSentence) {
  TestServer server;
  EXPECT_EQ(ask(server, "a", "url=https%3A%2F%2Fapi.example%2Fv1"),
            "200 failed: this server makes no calls to the outside yet: GET https://api.example/v1 was not sent");
}

}  // namespace
}  // namespace Party::Serve
