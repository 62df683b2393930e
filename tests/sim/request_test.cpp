#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <chrono>
#include <string>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;

/// Answers with what it was asked; slowly when asked to, with an error when asked to.
class Clerk : public Party::Server {
 public:
  using Party::Server::Server;
  Task<Response> onRequest(Request request) override {
    if (request.query("fail")) throw Error("out of paper", 418);
    if (request.query("slow")) co_await room().sleep(10s);
    if (request.query("pieces")) {
      const ResponseStream stream = room().responseStream();
      room().waitUntil(write(stream));
      co_return stream.response();
    }
    co_return Response(std::string(request.method()) + ' ' + request.text()).header("x-clerk", "1");
  }

 private:
  Task<> write(ResponseStream stream) {
    for (const char* piece : {"one ", "two"}) {
      co_await room().sleep(1s);
      stream.write(piece);
    }
    stream.end();
  }
};

struct Requests : testing::Test {
  World world{Seed{5}};
  Requests() { world.party<Clerk>("main"); }
};

TEST_F(Requests, AnAnswerComesBackThroughTheHouseWithStatusHeadersAndBody) {
  auto exchange = world.request("main", "desk", "POST", "a form");
  EXPECT_FALSE(exchange.answered());
  EXPECT_EQ(exchange.status(), 0);
  world.runUntilQuiet();
  ASSERT_TRUE(exchange.answered());
  EXPECT_EQ(exchange.status(), 200);
  EXPECT_EQ(exchange.body(), "POST a form");
  EXPECT_EQ(exchange.header("X-Clerk"), "1");
}

// D-17
TEST_F(Requests, AThrowAnswersWithItsCodeAndIsAnUncaughtError) {
  auto exchange = world.fetch(Request("GET", "http://party.test/party/desk?fail=1"));
  world.runUntilQuiet();
  EXPECT_EQ(exchange.status(), 418);
  EXPECT_EQ(exchange.body(), "out of paper");
  ASSERT_EQ(world.uncaughtErrors().size(), 1u);
  EXPECT_THROW(std::rethrow_exception(world.uncaughtErrors()[0].error), Error);
}

TEST_F(Requests, AUrlThatIsNoRoomIsAnsweredByTheEdge) {
  auto exchange = world.fetch(Request("GET", "http://party.test/nowhere"));
  world.runUntilQuiet();
  EXPECT_EQ(exchange.status(), 404);
  EXPECT_EQ(world.roomCount(), 0u);
}

TEST_F(Requests, AWorldIsNotQuietWhileAHandlerSleepsOnTheWayToItsAnswer) {
  auto exchange = world.fetch(Request("GET", "http://party.test/party/desk?slow=1"));
  const Time asked = world.now();
  EXPECT_TRUE(world.runUntilQuiet());
  EXPECT_TRUE(exchange.answered());
  EXPECT_GE(world.now() - asked, 10s);
}

// CP-90
TEST_F(Requests, AnAbortedRequestRunsOnAndItsAnswerReachesNobody) {
  auto exchange = world.fetch(Request("GET", "http://party.test/party/desk?slow=1"));
  world.advance(1s);
  exchange.abort();
  EXPECT_TRUE(world.runUntilQuiet());
  EXPECT_FALSE(exchange.answered());
  EXPECT_EQ(exchange.status(), 0);
  EXPECT_EQ(world.status(*world.findRoom("main", "desk")).handlers, 0u);
}

TEST_F(Requests, ACrashFailsTheRequestsThatWait) {
  auto exchange = world.fetch(Request("GET", "http://party.test/party/desk?slow=1"));
  world.advance(1s);
  world.crash("main", "desk");
  world.runUntilQuiet();
  EXPECT_TRUE(exchange.failed());
  EXPECT_THROW(exchange.response(), Error);
}

TEST_F(Requests, ABadQuestionIsRefusedBeforeItLeaves) {
  EXPECT_THROW(world.fetch(Request("GET", "/party/desk", Headers().set("upgrade", "websocket"))), Error);
  EXPECT_THROW(world.request("nobody", "desk"), Error);
  EXPECT_THROW(world.client(0), Error);
}

// REQUEST-9, CP-91
TEST_F(Requests, ABodyInPiecesComesAsItIsWrittenAndAResetLeavesItBroken) {
  const Request ask("GET", "http://party.test/party/desk?pieces=1");
  auto exchange = world.fetch(ask);
  world.advance(1500ms);
  EXPECT_EQ(exchange.body(), "one ");
  EXPECT_FALSE(exchange.answered());
  world.runUntilQuiet();
  EXPECT_TRUE(exchange.answered());
  EXPECT_EQ(exchange.body(), "one two");

  auto broken = world.fetch(ask);
  world.advance(1500ms);
  world.resetRoom("main", "desk");
  world.runUntilQuiet();
  EXPECT_TRUE(broken.failed());
}

}  // namespace
