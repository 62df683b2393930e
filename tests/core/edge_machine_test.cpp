#include <gmock/gmock.h>
#include <party/host/edge_machine.h>
#include <party/party.h>

#include <map>
#include <set>
#include <string>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Gives an edge one request after the other and writes down what becomes of each.
class EdgeDriver {
 public:
  explicit EdgeDriver(Host::Parties parties) : parties_(std::move(parties)), edge_(parties_, 7) {}

  std::uint64_t http(const std::string& path, const std::string& method = "GET") {
    return give(Request(method, "http://example.com" + path));
  }
  std::uint64_t upgrade(const std::string& path) {
    return give(Request("GET", "http://example.com" + path, Headers().set("upgrade", "websocket")));
  }
  std::uint64_t give(Request request) {
    const std::uint64_t key = ++lastKey_;
    handle(Host::EdgeRequestReceived{{key}, std::move(request)});
    return key;
  }
  void advance(Duration length) {
    now += length;
    while (!timers_.empty() && timers_.begin()->first <= now) {
      const Host::TimerKey timer = timers_.begin()->second;
      timers_.erase(timers_.begin());
      handle(Host::TimerDue{timer});
    }
  }
  /// "200 text", "main/id GET url" for a forwarded one, or "".
  std::string outcome(std::uint64_t key) const {
    const auto at = outcomes_.find(key);
    return at == outcomes_.end() ? "" : at->second;
  }
  std::optional<Request> forwarded;
  Lines failures, logs;
  Time now{1'700'000'000s};

 private:
  void handle(Host::EdgeEvent event) {
    for (Host::EdgeEffect& effect : edge_.handle(now, {++lastCause_}, std::move(event))) {
      if (auto* room = std::get_if<Host::RequestForwarded>(&effect)) {
        forwarded = room->request;
        note(room->key, (room->request.isWebSocketUpgrade() ? "ws " : "") + parties_.at(room->party).name + "/" +
                            room->id + " " + std::string(room->request.method()) + " " +
                            std::string(room->request.url()));
      } else if (auto* head = std::get_if<Host::ResponseHead>(&effect)) {
        note(head->key, std::to_string(head->response.status()) + " " + std::string(head->response.body()));
      } else if (auto* timer = std::get_if<Host::TimerSet>(&effect)) {
        timers_.emplace(timer->due, timer->timer);
      } else if (auto* failed = std::get_if<Host::HandlerFailed>(&effect)) {
        failures.push_back(textOf(failed->error));
      } else if (auto* logged = std::get_if<Host::Logged>(&effect)) {
        logs.emplace_back(logged->text.view());
      }
    }
  }
  void note(Host::RequestKey key, std::string line) {
    EXPECT_TRUE(outcomes_.emplace(key.value, std::move(line)).second) << "a second outcome of one request";
  }

  Host::Parties parties_;
  Host::EdgeMachine edge_;
  std::map<std::uint64_t, std::string> outcomes_;
  std::multimap<Time, Host::TimerKey> timers_;
  std::uint64_t lastKey_ = 0;
  std::uint64_t lastCause_ = 0;
};

/// No static handlers, no onRequest.
class Bare : public Server {
 public:
  using Server::Server;
};

class Answering : public Server {
 public:
  using Server::Server;
  Task<Response> onRequest(Request) override { co_return Response(); }
};

// ROUTE-7, ROUTE-17
TEST(Edge, RoutesToRoomsAndAnswersWhatIsNone) {
  EdgeDriver edge(parties<Answering, Answering>("main", "other"));
  EXPECT_EQ(edge.outcome(edge.http("/party/a%20b/sub?q=1")), "main/a%20b GET http://example.com/party/a%20b/sub?q=1");
  EXPECT_EQ(edge.outcome(edge.http("/parties/other/x", "POST")), "other/x POST http://example.com/parties/other/x");
  EXPECT_EQ(edge.outcome(edge.upgrade("/party/x")), "ws main/x GET http://example.com/party/x");
  EXPECT_EQ(edge.outcome(edge.http("/parties/nope/x")), "404 Party nope not found");
  EXPECT_EQ(edge.outcome(edge.upgrade("/parties/ot%68er/x")), "404 Party ot%68er not found");
  EXPECT_EQ(edge.outcome(edge.http("/parties//abc")), "404 Party  not found");  // ROUTE-6, D-20
  EXPECT_EQ(edge.outcome(edge.http("/anything")), "404 Not found");
  EXPECT_EQ(edge.outcome(edge.upgrade("/parties/nope/")), "404 Not found");  // ROUTE-5, EDGE-7
}

// REQUEST-17, D-18
TEST(Edge, ARequestToAClassWithoutOnRequestIsAnsweredHereAndAnUpgradeIsNot) {
  EdgeDriver edge(parties<Bare>("main"));
  EXPECT_EQ(edge.outcome(edge.http("/party/x")), "500 No onRequest handler");
  EXPECT_EQ(edge.outcome(edge.upgrade("/party/x")), "ws main/x GET http://example.com/party/x");
}

/// Answers at the edge, though its rooms have no onRequest.
class Doorman : public Server {
 public:
  using Server::Server;
  static RequestOrResponse onBeforeRequest(Request request) {
    if (request.query("answer")) return Response("from the edge");
    return request;
  }
};

// REQUEST-18
TEST(Edge, OnBeforeRequestRunsBeforeItIsLookedWhetherTheClassHasOnRequest) {
  EdgeDriver edge(parties<Doorman>("main"));
  EXPECT_EQ(edge.outcome(edge.http("/party/x?answer=1")), "200 from the edge");
  EXPECT_EQ(edge.outcome(edge.http("/party/x")), "500 No onRequest handler");
}

/// Its static handlers do what the query's `do` says.
class Gatekeeper : public Server {
 public:
  using Server::Server;
  Task<Response> onRequest(Request) override { co_return Response(); }

  static Task<RequestOrResponse> onBeforeConnect(Request request, Lobby lobby) {
    return decide(std::move(request), std::move(lobby));
  }
  static Task<RequestOrResponse> onBeforeRequest(Request request, Lobby lobby, ExecutionContext) {
    return decide(std::move(request), std::move(lobby));
  }
  static Task<std::optional<Response>> onFetch(Request request, FetchLobby lobby, ExecutionContext context) {
    const auto what = request.query("do").value_or("");
    if (what == "nothing") co_return std::nullopt;
    if (what == "throw") throw Error("from onFetch", 418);
    if (what == "empty") throw Error("");
    if (what == "background") {
      context.waitUntil([](FetchLobby later) -> Task<> {
        co_await later.sleep(1s);
        later.log(LogLevel::info, "background over");
        throw Error("background failed");
      }(lobby));
    }
    co_return Response(std::string(request.method()) + " fetched " + std::string(request.path()));
  }

 private:
  static Task<RequestOrResponse> decide(Request request, Lobby lobby) {
    const auto what = request.query("do").value_or("");
    if (what == "sleep") {
      const Time before = lobby.now();
      co_await lobby.sleep(1s);
      lobby.log(LogLevel::info, "slept for " + std::to_string((lobby.now() - before) / 1s) + " s");
    }
    if (what == "refuse") co_return Response("no", 403).header("x-why", "because");
    if (what == "200") co_return Response("fine");
    if (what == "header") co_return request.withHeader("x-room", lobby.id());
    if (what == "url") co_return request.withUrl("http://example.com/party/elsewhere?_pk=set");
    if (what == "plain") co_return request.withoutHeader("upgrade");
    if (what == "throw") throw Error("not you", 418);
    if (what == "empty") throw Error("");
    if (what == "string") throw "thrown text";
    if (what == "empty string") throw "";
    co_return std::nullopt;
  }
};

class Before : public testing::TestWithParam<bool> {
 protected:
  std::string ask(const std::string& what, const std::string& room = "x") {
    const std::string path = "/party/" + room + "?do=" + what;
    const std::uint64_t key = GetParam() ? edge.upgrade(path) : edge.http(path);
    edge.advance(1s);
    return edge.outcome(key);
  }
  std::string forwardedTo(const std::string& target) { return std::string(GetParam() ? "ws " : "") + target; }
  EdgeDriver edge{parties<Gatekeeper, Bare>("main", "bare")};
};

INSTANTIATE_TEST_SUITE_P(Edge, Before, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "OnBeforeConnect" : "OnBeforeRequest"; });

// CONNECT-32, REQUEST-21
TEST_P(Before, AResponseIsTheAnswerWhateverItsStatusAndTheRoomIsNotReached) {
  EXPECT_EQ(ask("refuse"), "403 no");
  EXPECT_EQ(ask("200"), "200 fine");
  EXPECT_FALSE(edge.forwarded);
}

// CONNECT-33, REQUEST-20, EDGE-11
TEST_P(Before, AChangedRequestIsForwarded) {
  EXPECT_EQ(ask("header", "a%20b"), forwardedTo("main/a%20b GET http://example.com/party/a%20b?do=header"));
  EXPECT_EQ(edge.forwarded->header("x-room"), "a%20b");
}

// CONNECT-6, CONNECT-37, REQUEST-24, D-20
TEST_P(Before, ANewUrlIsSeenByTheRoomOfTheOriginalOne) {
  EXPECT_EQ(ask("url"), forwardedTo("main/x GET http://example.com/party/elsewhere?_pk=set"));
}

// CONNECT-34, REQUEST-22, D-19
TEST_P(Before, NothingForwardsTheOriginal) {
  EXPECT_EQ(ask("nothing"), forwardedTo("main/x GET http://example.com/party/x?do=nothing"));
}

// CONNECT-35, REQUEST-23
TEST_P(Before, AThrowIsAnswered401WithItsTextAndItsCodeIsIgnored) {
  EXPECT_EQ(ask("throw"), "401 not you");
  EXPECT_EQ(ask("empty"), "401 ");
  EXPECT_EQ(ask("string"), "401 thrown text");
  EXPECT_EQ(ask("empty%20string"), "401 Unauthorised");
  EXPECT_THAT(edge.failures, ElementsAre("not you", "", "thrown text", ""));
  EXPECT_FALSE(edge.forwarded);
}

// CONNECT-31: each request is handled by itself; one that sleeps holds nobody up.
TEST_P(Before, ASleepingOneHoldsNobodyUp) {
  const std::uint64_t slow = edge.upgrade("/party/x?do=sleep");
  EXPECT_EQ(edge.outcome(edge.http("/party/x?do=200")), "200 fine");
  EXPECT_EQ(edge.outcome(slow), "");
  edge.advance(1s);
  EXPECT_EQ(edge.outcome(slow), "ws main/x GET http://example.com/party/x?do=sleep");
  EXPECT_THAT(edge.logs, ElementsAre("slept for 1 s"));
}

// CONNECT-36
TEST(Edge, AnUpgradeWhoseHeaderWasTakenAwayIsForwardedAsPlainHttp) {
  EdgeDriver edge(parties<Gatekeeper>("main"));
  EXPECT_EQ(edge.outcome(edge.upgrade("/party/x?do=plain")), "main/x GET http://example.com/party/x?do=plain");
}

// ROUTE-20: the addressed party's own handler
TEST(Edge, TheAddressedPartysHandlersDecide) {
  EdgeDriver edge(parties<Gatekeeper, Bare>("main", "bare"));
  EXPECT_EQ(edge.outcome(edge.upgrade("/parties/bare/x?do=refuse")),
            "ws bare/x GET http://example.com/parties/bare/x?do=refuse");
}

// ROUTE-17, ROUTE-19, EDGE-1, EDGE-2, EDGE-3
TEST(Edge, OnFetchOfTheMainPartyAnswersWhatIsNoRoom) {
  EdgeDriver edge(parties<Gatekeeper>("main"));
  EXPECT_EQ(edge.outcome(edge.http("/hello", "PUT")), "200 PUT fetched /hello");
  EXPECT_EQ(edge.outcome(edge.upgrade("/hello")), "200 GET fetched /hello");
  EXPECT_EQ(edge.outcome(edge.http("/x?do=nothing")), "404 Not found");
  EXPECT_EQ(edge.outcome(edge.http("/x?do=throw")), "500 from onFetch");
  EXPECT_EQ(edge.outcome(edge.http("/x?do=empty")), "500 ");  // ROUTE-25

  EdgeDriver other(parties<Bare, Gatekeeper>("main", "other"));
  EXPECT_EQ(other.outcome(other.http("/hello")), "404 Not found") << "onFetch of other parties is ignored";
}

// EDGE-12
TEST(Edge, BackgroundWorkGoesOnAfterTheAnswerAndItsErrorIsReported) {
  EdgeDriver edge(parties<Gatekeeper>("main"));
  EXPECT_EQ(edge.outcome(edge.http("/x?do=background")), "200 GET fetched /x");
  EXPECT_THAT(edge.logs, IsEmpty());
  edge.advance(1s);
  EXPECT_THAT(edge.logs, ElementsAre("background over"));
  EXPECT_THAT(edge.failures, ElementsAre("background failed"));
}

/// Draws and answers with what it drew; its background work logs what it drew itself.
class Dice : public Server {
 public:
  using Server::Server;
  static Task<Response> onFetch(Request, FetchLobby lobby, ExecutionContext context) {
    const auto logDraw = [](FetchLobby within) -> Task<> {
      within.log(LogLevel::info, within.randomUUID());
      co_return;
    };
    context.waitUntil(logDraw(lobby));
    context.waitUntil(logDraw(lobby));
    co_return Response(lobby.randomUUID());
  }
};

// Wall 7: keyed by the cause, so requests and the work they leave behind never draw the same.
TEST(Edge, RequestsAndTheirBackgroundWorkDrawDifferentlyAndTheSameInEveryWorld) {
  Lines first, second;
  for (Lines* lines : {&first, &second}) {
    EdgeDriver edge(parties<Dice>("main"));
    for (int i = 0; i < 5; ++i) lines->push_back(edge.outcome(edge.http("/")));
    lines->insert(lines->end(), edge.logs.begin(), edge.logs.end());
  }
  EXPECT_EQ(first, second);
  EXPECT_EQ(first.size(), 15u);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 15u);
}

}  // namespace
}  // namespace Party::Test
