#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/sim/world.h>

#include <chrono>
#include <string>

#include "world_parties.h"

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;

/// Asks whatever its request names, and answers with what came of it.
class Caller : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<Response> onRequest(Request request) override {
    std::string failure;
    try {
      if (auto url = request.query("url")) {
        Response found = co_await room().fetch(*url);
        co_return found;
      }
      const std::string party = request.query("party").value_or("score");
      const std::string id = request.query("id").value_or("today");
      const Stub stub = room().context().parties(party).get(id);
      const std::string path = request.query("path").value_or("/");
      Response found = co_await stub.fetch(path, RequestInit().method("POST").body(request.body()));
      co_return found;
    } catch (const Error& error) {
      failure = error.message();
    }
    co_return Response("failed: " + failure);
  }
};

/// Keeps a sum on disk and answers with it.
class Score : public Party::Server {
 public:
  using Party::Server::Server;
  static Response onBeforeRequest(Request) { return Response("not through the edge", 403); }
  Task<Response> onRequest(Request request) override {
    if (request.path().ends_with("/reset")) {
      const auto section = [] { throw Error("broken on purpose"); };
      co_await room().blockConcurrencyWhile(section);
    }
    if (request.path().ends_with("/slow")) co_await room().sleep(10s);
    if (request.path().ends_with("/where")) co_return Response(room().id() + " " + std::string(request.url()));
    const auto saved = co_await room().storage().get<int>("sum");
    const int sum = saved.value_or(0) + 1;
    room().storage().put("sum", sum);
    co_return Response("sum " + std::to_string(sum));
  }
};

struct Calls : testing::Test {
  World world{Seed{3}};
  Calls() { addParties(world); }
  static void addParties(World& world) {
    world.party<Caller>("main");
    world.party<Score>("score");
  }
  std::string ask(World& asked, const std::string& query) {
    auto exchange = asked.fetch(Request("GET", "http://party.test/party/caller?" + query));
    asked.runUntilQuiet();
    return exchange.answered() ? std::string(exchange.body()) : "no answer";
  }
  std::string ask(const std::string& query) { return ask(world, query); }
};

// PARTIES-3, PARTIES-6, CP-94
TEST_F(Calls, ARoomReachesAnotherPastTheEdgeAndItsAnswerTakesTime) {
  const Time begun = world.now();
  EXPECT_EQ(ask(""), "sum 1");
  EXPECT_GE(world.now() - begun, 6ms) << "client to edge to room, room to room and back, room to client";
  EXPECT_EQ(ask(""), "sum 2");
  EXPECT_EQ(ask("id=other"), "sum 1");
  EXPECT_EQ(world.request("score", "today").status(), 0);
}

// CP-92, CP-94: there, in the other room, and back.
TEST_F(Calls, MayBeSlowerThanTheNetworkOfClients) {
  World slow(Seed(3), WorldOptions().callLatency({1s, 2s}));
  addParties(slow);
  const Time begun = slow.now();
  EXPECT_EQ(ask(slow, ""), "sum 1");
  EXPECT_GE(slow.now() - begun, 2s);
  EXPECT_LE(slow.now() - begun, 4s + 100ms);
}

// D-20
TEST_F(Calls, TheRoomCalledHasTheGivenIdAndAnEscapedUrl) {
  EXPECT_EQ(ask("id=a%2Fb%20c&path=/where"), "a/b c http://party.test/parties/score/a%2Fb%20c/where");
  EXPECT_TRUE(world.findRoom("score", "a/b c"));
}

// PARTIES-12
TEST_F(Calls, ARoomMayCallItself) {
  EXPECT_EQ(ask("party=main&id=caller&path=/?url=nonsense"), "failed: Invalid URL: nonsense");
}

// CP-94, GATE-031: the answer of the room called leaves when its write is durable
TEST_F(Calls, TheGateOfTheRoomCalledHoldsItsAnswer) {
  world.failNextCommit("score", "today");
  EXPECT_THAT(ask(""), testing::StartsWith("failed: Internal error in Durable Object storage write"));  // STORE-086
  EXPECT_EQ(ask(""), "sum 1");
}

// EVICT-012, CP-92
TEST_F(Calls, AResetOrACrashOfTheRoomCalledFailsTheCall) {
  EXPECT_EQ(ask("path=/reset"), "failed: broken on purpose");
  auto exchange = world.fetch(Request("GET", "http://party.test/party/caller?path=/slow"));
  world.advance(1s);
  world.crash("score", "today");
  world.runUntilQuiet();
  EXPECT_EQ(exchange.body(), "failed: Network connection lost.");
}

// HIBER-040, INV-11
TEST_F(Calls, ARoomThatWaitsForACallDoesNotHibernate) {
  auto exchange = world.fetch(Request("GET", "http://party.test/party/caller?path=/slow"));
  world.advance(1s);
  EXPECT_FALSE(world.hibernate("main", "caller"));
  world.runUntilQuiet();
  EXPECT_EQ(exchange.body(), "sum 1");
  EXPECT_TRUE(world.hibernate("main", "caller"));
}

// CP-90: who called is gone; the room called runs on, and its answer reaches nobody
TEST_F(Calls, ACallOfARoomThatWasResetOrCrashedRunsOnAndItsAnswerIsDropped) {
  auto exchange = world.fetch(Request("GET", "http://party.test/party/caller?path=/slow"));
  world.advance(1s);
  world.resetRoom("main", "caller", "new code");
  world.runUntilQuiet();
  EXPECT_EQ(exchange.body(), "new code");
  EXPECT_EQ(ask(""), "sum 2") << "the first one counted";

  world.fetch(Request("GET", "http://party.test/party/caller?path=/slow"));
  world.advance(1s);
  world.crash("main", "caller");
  world.runUntilQuiet();
  EXPECT_EQ(ask(""), "sum 4");
  EXPECT_TRUE(world.violations().empty());
}

TEST_F(Calls, APeerAnswersUnderItsOriginAndNobodyElseDoes) {
  world.peer("https://api.example", [](const Request& request) {
    if (request.path() == "/throws") throw Error("on fire");
    if (request.path() == "/moved") return Response("", 302).header("location", "/found");
    return Response(request.url());
  });
  EXPECT_EQ(ask("url=https%3A%2F%2Fapi.example%2Fv1%3Fa=1"), "https://api.example/v1?a=1");
  EXPECT_EQ(ask("url=https%3A%2F%2Fapi.example%2Fmoved"), "https://api.example/found");
  EXPECT_EQ(ask("url=https%3A%2F%2Fapi.example%2Fthrows"), "failed: on fire");
  EXPECT_EQ(
      ask("url=http%3A%2F%2Fapi.example%2Fv1"),
      "failed: nobody answers at http://api.example: this world has no such peer, give it one with World::peer()");
  EXPECT_THROW(world.peer("api.example", {}), Error);
  EXPECT_THROW(world.peer("https://api.example/v1", {}), Error);
}

// CP-92: a call that is lost may have been heard
TEST_F(Calls, LostCallsFailWhereTheOptionsSayAndSomeOfThemWereHeard) {
  int heard = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    World lossy{Seed{seed}, WorldOptions().callFailures({1, 1})};
    addParties(lossy);
    EXPECT_EQ(ask(lossy, ""), "failed: Network connection lost.");
    heard += lossy.disk("score", "today").entries.empty() ? 0 : 1;
  }
  EXPECT_GT(heard, 5);
  EXPECT_LT(heard, 35);
}

TEST_F(Calls, AWorldWithCallsIsTheSameWheneverItIsLivedAgain) {
  const auto live = [this](World& lived) {
    for (const char* query : {"", "path=/slow", "url=https%3A%2F%2Fnobody.example%2F", "party=main&id=x&path=/"}) {
      ask(lived, query);
    }
    return lived.trace().hash();
  };
  const auto first = live(world);
  world.reset(Seed{3});
  EXPECT_EQ(live(world), first);
  world.reset(Seed{4});
  EXPECT_NE(live(world), first);
}

// D-8, CP-76: nobody answers this client's close; its own timer ends it
TEST(FaithfulWorld, AClientWaitsHalfAMinuteForAnAnswerToItsClose) {
  World world{Seed{1}, WorldOptions().profile(Profile::partykit()).neverHibernate()};
  world.party<Shout>("main");
  auto ann = world.connect("main", "x");
  world.runUntilQuiet();
  ann.close(4000, "bye");
  world.advance(29s);
  EXPECT_FALSE(ann.closed());
  world.advance(2s);
  EXPECT_TRUE(ann.closed());
  EXPECT_EQ(ann.closeCode(), 1006);
  world.runUntilQuiet();
  EXPECT_EQ(world.status(*world.findRoom("main", "x")).connections, 0u);
}

}  // namespace
