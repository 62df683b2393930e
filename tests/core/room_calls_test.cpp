#include <gmock/gmock.h>

#include <string>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Answers requests with what `call` gives, or with the text of what it throws.
Script caller(std::function<Pending<Response>(Room&, const Request&)> call) {
  Script script;
  script.onRequest = [call = std::move(call)](Room& own, Request request) -> Task<Response> {
    std::string failure;
    try {
      Response answer = co_await call(own, request);
      co_return answer;
    } catch (const Error& error) {
      failure = error.message();
    }
    co_return Response("failed: " + failure);
  };
  return script;
}

Pending<Response> askOther(Room& own, const Request&) { return own.context().parties("other").get("x").fetch(); }

// PARTIES-1
TEST(RoomCalls, TheContextNamesEveryPartyWithMainLast) {
  std::vector<std::string> names;
  Script script;
  script.constructor = [&](Room& own) { names = own.context().parties(); };  // PARTIES-17, LIFE-3
  script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response("x"); };
  RoomDriver room(script);
  room.request();
  EXPECT_THAT(names, ElementsAre("other", "third", "main"));
}

// PARTIES-2
TEST(RoomCalls, AnUnknownPartyIsNoEntryAndItsGetThrows) {
  bool there = true;
  RoomDriver room(caller([&](Room& own, const Request&) {
    there = static_cast<bool>(own.context().parties("nobody"));
    return own.context().parties("nobody").get("x").fetch();
  }));
  EXPECT_EQ(room.response(room.request()), "200 failed: Cannot read properties of undefined (reading 'get')");
  EXPECT_FALSE(there);
  EXPECT_THAT(room.calls, IsEmpty());
}

// PARTIES-3, PARTIES-5, PARTIES-7, D-20
TEST(RoomCalls, ACallNamesTheRoomOnTheConfiguredHostAndCarriesOnlyWhatItWasGiven) {
  RoomDriver room(caller([](Room& own, const Request& request) {
    const Stub stub = own.context().parties("other").get("x");
    if (request.query("init")) return stub.fetch(RequestInit().method("PUT").header("x-a", "1").body("three"));
    if (request.query("path")) return stub.fetch("/sub/deep?q=1");
    if (request.query("request")) return stub.fetch(Request("POST", "/gone", Headers().set("x-b", "2"), "body"));
    if (request.query("both")) return stub.fetch("/p?q=2", Request("DELETE", "/gone"));
    return stub.fetch();
  }));
  for (const char* how : {"", "?init=1", "?path=1", "?request=1", "?both=1"})
    room.request("/party/r" + std::string(how));
  EXPECT_THAT(room.calls, ElementsAre("GET http://house.test/parties/other/x -> 1/x",               //
                                      "PUT http://house.test/parties/other/x -> 1/x",               //
                                      "GET http://house.test/parties/other/x/sub/deep?q=1 -> 1/x",  //
                                      "POST http://house.test/parties/other/x -> 1/x",              //
                                      "DELETE http://house.test/parties/other/x/p?q=2 -> 1/x"));
  EXPECT_TRUE(room.callRequests[0].headers().empty());
  EXPECT_EQ(room.callRequests[1].headers(),
            Headers().set("x-a", "1").set("content-type", "text/plain;charset=UTF-8").set("content-length", "5"));
  EXPECT_EQ(room.callRequests[1].body(), "three");
  EXPECT_EQ(room.callRequests[3].headers(), Headers().set("x-b", "2"));
  EXPECT_EQ(room.callRequests[3].body(), "body");
}

TEST(RoomCalls, AContentTypeOfTheCallersIsKeptAndBytesBringNone) {
  RoomDriver room(caller([](Room& own, const Request& request) {
    const Stub stub = own.context().parties("other").get("x");
    if (request.query("get")) return stub.fetch(RequestInit().body("a GET has none"));
    if (request.query("bytes"))
      return stub.fetch(RequestInit().method("POST").body(SharedBytes(std::string_view("b"))));
    return stub.fetch(RequestInit().method("POST").header("Content-Type", "text/csv").body("1,2"));
  }));
  room.request();
  room.request("/party/r?bytes=1");
  EXPECT_EQ(room.callRequests[0].header("content-type"), "text/csv");
  EXPECT_EQ(room.callRequests[1].header("content-type"), std::nullopt);
  EXPECT_EQ(room.callRequests[1].header("content-length"), "1");
  EXPECT_EQ(room.response(room.request("/party/r?get=1")),
            "200 failed: Request with a GET or HEAD method cannot have a body.");
  EXPECT_EQ(room.calls.size(), 2u);
}

// PARTIES-4
TEST(RoomCalls, APathWithoutItsSlashFailsTheCallAndNobodyIsAsked) {
  RoomDriver room(caller([](Room& own, const Request& request) {
    const Stub stub = own.context().parties("other").get("x");
    return request.query("both") ? stub.fetch("?q=1", Request("GET", "/")) : stub.fetch("p");
  }));
  EXPECT_EQ(room.response(room.request()), "200 failed: Path must start with /");
  EXPECT_EQ(room.response(room.request("/party/r?both=1")), "200 failed: Path must start with /");
  EXPECT_THAT(room.calls, IsEmpty());
}

// PARTIES-15, D-20: the id is the given one, its URL has it escaped
TEST(RoomCalls, AnIdIsOneSegmentOfTheUrlWhateverIsInIt) {
  std::vector<std::string> ids{"a/b c", "%20", "\xc3\xa9?#"};
  std::size_t next = 0;
  RoomDriver room(
      caller([&](Room& own, const Request&) { return own.context().parties("main").get(ids[next++]).fetch("/z"); }));
  for (std::size_t i = 0; i < ids.size(); ++i) room.request();
  EXPECT_THAT(room.calls, ElementsAre("GET http://house.test/parties/main/a%2Fb%20c/z -> 0/a/b c",
                                      "GET http://house.test/parties/main/%2520/z -> 0/%20",
                                      "GET http://house.test/parties/main/%C3%A9%3F%23/z -> 0/\xc3\xa9?#"));
}

// PARTIES-14
TEST(RoomCalls, ACallToARoomWithoutAnIdIsAnswered500AndNobodyIsAsked) {
  RoomDriver room(caller([](Room& own, const Request&) { return own.context().parties("other").get("").fetch(); }));
  EXPECT_EQ(room.response(room.request()), "500 No room id found in request url");
  EXPECT_THAT(room.calls, IsEmpty());
}

// PARTIES-13
TEST(RoomCalls, AnErrorOfTheRoomCalledIsAnOrdinaryResponse) {
  RoomDriver room(caller(askOther));
  const Ask ask = room.request();
  room.answerCall(1, Response("out of paper", 500));
  EXPECT_EQ(room.response(ask), "500 out of paper");
}

// CP-92, EVICT-012: the room called was reset, or nobody answered
TEST(RoomCalls, ACallThatFailsThrowsItsText) {
  RoomDriver room(caller(askOther));
  const Ask ask = room.request();
  room.failCall(1, "Network connection lost.");
  EXPECT_EQ(room.response(ask), "200 failed: Network connection lost.");
  EXPECT_THAT(room.calls, testing::SizeIs(1)) << "what has ended is not cancelled";
}

// GATE-031, CP-92
TEST(RoomCalls, ACallLeavesOnceTheWritesBeforeItAreDurableAndNotWhenTheyFail) {
  const auto script = caller([](Room& own, const Request&) {
    own.storage().put("k", 1);
    return askOther(own, Request("GET", "/"));
  });
  RoomDriver room(script, {.commits = Commits::held});
  room.request();
  EXPECT_THAT(room.calls, IsEmpty());
  room.commit();
  EXPECT_THAT(room.calls, testing::SizeIs(1));

  RoomDriver unlucky(script, {.commits = Commits::held});
  unlucky.request();
  unlucky.failUnit();
  EXPECT_THAT(unlucky.calls, IsEmpty()) << "neither asked nor cancelled";
}

// GATE-033
TEST(RoomCalls, ACallBeforeTheWriteLeavesAtOnce) {
  RoomDriver room(caller([](Room& own, const Request&) {
                    Pending<Response> answer = askOther(own, Request("GET", "/"));
                    own.storage().put("k", 1);
                    return answer;
                  }),
                  {.commits = Commits::held});
  room.request();
  EXPECT_THAT(room.calls, testing::SizeIs(1));
}

// GATE-006, PARTIES-12: the room may be asked by itself while it waits
TEST(RoomCalls, WhileACallIsUnderWayTheRoomServesOthersItsOwnCallAmongThem) {
  Script script;
  script.onRequest = [](Room& own, Request request) -> Task<Response> {
    if (request.query("self")) co_return Response("from within");
    Response answer = co_await own.context().parties("main").get("r").fetch("/?self=1");
    co_return answer;
  };
  RoomDriver room(script);
  const Ask outer = room.request();
  const Ask inner = room.requestWith(room.callRequests.at(0));
  EXPECT_EQ(room.response(inner), "200 from within");
  EXPECT_EQ(room.response(outer), "");
  room.answerCall(1, *room.fullResponse(inner));
  EXPECT_EQ(room.response(outer), "200 from within");
}

// GATE-004: the end of a call is an event like any other, and waits while storage does
TEST(RoomCalls, TheEndOfACallWaitsForAReadUnderWay) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request request) -> Task<Response> {
    if (request.query("call")) {
      Response answer = co_await askOther(own, request);
      log.push_back("called");
      co_return answer;
    }
    co_await own.storage().get<int>("k");
    log.push_back("read");
    co_return Response("read");
  };
  RoomDriver room(script, {.reads = Reads::held});
  room.request("/party/r?call=1");
  room.request();
  room.answerCall(1, Response("x"));
  EXPECT_THAT(log, IsEmpty());
  room.completeReads();
  EXPECT_THAT(log, ElementsAre("read", "called"));
}

// GATE-020: what was begun inside a section ends inside it, a call of somebody else's does not
TEST(RoomCalls, ACallMadeInASectionEndsInItAndOneMadeBeforeWaitsForItsEnd) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& own, Request request) -> Task<Response> {
    if (request.query("before")) {
      Response answer = co_await askOther(own, request);
      log.push_back("before");
      co_return answer;
    }
    auto section = [&own, &log]() -> Task<> {
      Response answer = co_await own.context().parties("other").get("y").fetch();
      log.push_back("inside");
    };
    co_await own.blockConcurrencyWhile(section);
    log.push_back("after");
    co_return Response("x");
  };
  RoomDriver room(script);
  room.request("/party/r?before=1");
  room.request();
  room.answerCall(1, Response("1"));
  EXPECT_THAT(log, IsEmpty());
  room.answerCall(2, Response("2"));
  EXPECT_THAT(log, ElementsAre("inside", "after", "before"));
}

// HIBER-040, INV-11: also a call whose answer nobody waits for
TEST(RoomCalls, ACallUnderWayKeepsHibernationAway) {
  Script script;
  script.options = {.hibernate = true};
  script.onRequest = [](Room& own, Request) -> Task<Response> {
    own.context().parties("other").get("x").fetch();
    co_return Response("sent");
  };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()), "200 sent");
  EXPECT_EQ(room.blocker(), "an operation is pending");
  room.hibernate();
  EXPECT_THAT(room.life, ElementsAre("started 1"));
  room.answerCall(1, Response("ok"));
  EXPECT_EQ(room.blocker(), "");
}

// EVICT-011
TEST(RoomCalls, AResetCancelsWhatIsUnderWayAndALateAnswerReachesNobody) {
  RoomDriver room(caller(askOther));
  const Ask ask = room.request();
  room.reset("new code");
  EXPECT_THAT(room.calls, ElementsAre("GET http://house.test/parties/other/x -> 1/x", "cancel 1"));
  EXPECT_EQ(room.response(ask), "500 new code");
  room.answerCall(1, Response("late"));
  room.chunk(1, "late");
  const Ask next = room.request();
  room.answerCall(1, Response("later"));
  EXPECT_EQ(room.response(next), "") << "the answer to a call of an earlier instance is not this one's";
  room.answerCall(2, Response("mine"));
  EXPECT_EQ(room.response(next), "200 mine");
}

// EVICT-012: a room that called is told of a reset as of an error, so the host must know the two apart
TEST(RoomCalls, AnAnswerByAResetIsMarked) {
  Script script;
  script.onRequest = [](Room& own, Request request) -> Task<Response> {
    if (request.query("throw")) throw Error("an ordinary error");
    co_await own.sleep(1h);
    co_return Response("never");
  };
  RoomDriver room(script);
  room.request();
  room.request("/party/r?throw=1");
  EXPECT_THAT(room.resets, IsEmpty());
  room.reset("new code");
  EXPECT_THAT(room.resets, ElementsAre("new code"));
}

// PARTIES-16
TEST(RoomCalls, RedirectsAreFollowedWithinTheSameRoomWhateverHostTheyName) {
  RoomDriver room(caller([](Room& own, const Request&) {
    return own.context().parties("other").get("x").fetch("/a/b", RequestInit().method("POST").body("form"));
  }));
  const Ask ask = room.request();
  room.answerCall(1, Response("", 307).header("location", "c?q=1"));
  room.answerCall(2, Response("", 307).header("location", "http://elsewhere.test/d"));
  room.answerCall(3, Response("", 302).header("location", "/e"));
  EXPECT_EQ(room.response(ask), "");
  room.answerCall(4, Response("here"));
  EXPECT_EQ(room.response(ask), "200 here");
  EXPECT_THAT(room.calls, ElementsAre("POST http://house.test/parties/other/x/a/b -> 1/x",
                                      "POST http://house.test/parties/other/x/a/c?q=1 -> 1/x",
                                      "POST http://elsewhere.test/d -> 1/x", "GET http://elsewhere.test/e -> 1/x"));
  EXPECT_EQ(room.callRequests[2].body(), "form");
  EXPECT_EQ(room.callRequests[3].body(), "");
  EXPECT_EQ(room.callRequests[3].header("content-type"), std::nullopt);
}

// PARTIES-16
TEST(RoomCalls, ARedirectIsGivenBackWhenAskedForAndWhenItNamesNoPlace) {
  RoomDriver room(caller([](Room& own, const Request& request) {
    const Redirect how = request.query("manual") ? Redirect::manual : Redirect::follow;
    return own.context().parties("other").get("x").fetch(RequestInit().redirect(how));
  }));
  const Ask manual = room.request("/party/r?manual=1");
  room.answerCall(1, Response("", 302).header("location", "/e"));
  EXPECT_EQ(room.response(manual), "302 ");
  const Ask placeless = room.request();
  room.answerCall(2, Response("", 302));
  EXPECT_EQ(room.response(placeless), "302 ");
  EXPECT_EQ(room.calls.size(), 2u);
}

TEST(RoomCalls, RedirectsWithoutEndAreAnErrorAfterTwenty) {
  RoomDriver room(caller(askOther));
  const Ask ask = room.request();
  for (std::size_t n = 1; n <= 21; ++n) room.answerCall(n, Response("", 308).header("location", "/again"));
  EXPECT_EQ(room.calls.size(), 21u);
  EXPECT_EQ(room.response(ask), "200 failed: Too many redirects.");
}

TEST(RoomCalls, ABodyInPiecesIsWholeForWhoAskedAndARedirectsPiecesAreNotInIt) {
  RoomDriver room(caller(askOther));
  const Ask ask = room.request();
  room.chunk(1, "moved");
  room.answerCall(1, Response("", 307).header("location", "/there"));
  room.chunk(2, "one ");
  room.chunk(2, "two ");
  EXPECT_EQ(room.response(ask), "");
  room.answerCall(2, Response("three", 201).header("x-a", "1"));
  EXPECT_EQ(room.response(ask), "201 one two three");
  EXPECT_EQ(room.fullResponse(ask)->header("x-a"), "1");
}

TEST(RoomCalls, AnAnswerLongerThanTheLimitEndsTheCallWithAnError) {
  Profile profile;
  profile.maxCallBodyBytes = 8;
  RoomDriver room(caller(askOther), {.profile = profile});
  const Ask inPieces = room.request();
  room.chunk(1, "12345");
  room.chunk(1, "6789");
  EXPECT_EQ(room.response(inPieces), "200 failed: the answer has more than 8 bytes");
  EXPECT_THAT(room.calls, ElementsAre("GET http://house.test/parties/other/x -> 1/x", "cancel 1"));
  room.answerCall(1, Response("late"));

  const Ask atOnce = room.request();
  room.answerCall(2, Response("123456789"));
  EXPECT_EQ(room.response(atOnce), "200 failed: the answer has more than 8 bytes");
  const Ask fitting = room.request();
  room.answerCall(3, Response("12345678"));
  EXPECT_EQ(room.response(fitting), "200 12345678");
}

TEST(RoomCalls, AFetchToTheOutsideNeedsAFullWebUrlAndFollowsRedirectsWithoutTheSecret) {
  RoomDriver room(caller([](Room& own, const Request& request) {
    return own.fetch(*request.query("url"), RequestInit().header("authorization", "secret"));
  }));
  const Ask ask = room.request("/party/r?url=https%3A%2F%2Fapi.example%2Fv1");
  room.answerCall(1, Response("", 302).header("location", "https://api.example/v2"));
  room.answerCall(2, Response("", 302).header("location", "//other.example/v3"));
  room.answerCall(3, Response("found"));
  EXPECT_EQ(room.response(ask), "200 found");
  EXPECT_THAT(room.calls,
              ElementsAre("GET https://api.example/v1", "GET https://api.example/v2", "GET https://other.example/v3"));
  EXPECT_EQ(room.callRequests[1].header("authorization"), "secret");
  EXPECT_EQ(room.callRequests[2].header("authorization"), std::nullopt);

  EXPECT_EQ(room.response(room.request("/party/r?url=%2Fv1")), "200 failed: Invalid URL: /v1");
  EXPECT_EQ(room.response(room.request("/party/r?url=ws%3A%2F%2Fh%2Fv1")),
            "200 failed: Fetch API cannot load: ws://h/v1");
  EXPECT_EQ(room.calls.size(), 3u);
}

// LIFE-16, PARTIES-17, D-22: only inside onAlarm, not in what it started nor in other handlers
TEST(RoomCalls, ThePartiesAreOutOfReachInsideOnAlarmOnly) {
  Lines log;
  const auto reach = [&](Room& own, const std::string& who) {
    try {
      own.context().parties();
      log.push_back(who + " may");
    } catch (const Error& error) {
      log.push_back(who + ": " + error.message());
    }
  };
  Script script;
  script.onStart = [&](Room& own) -> Task<> {
    reach(own, "onStart");
    co_return;
  };
  script.onAlarm = [&](Room& own) -> Task<> {
    reach(own, "onAlarm");
    co_await own.sleep(1s);
    reach(own, "onAlarm");
  };
  script.onRequest = [&](Room& own, Request) -> Task<Response> {
    reach(own, "onRequest");
    co_return Response("x");
  };
  RoomDriver room(script, {.alarm = Time(1'700'000'000s)});
  room.alarmDue();
  room.request();
  room.advance(1s);
  const std::string text =
      "onAlarm: You can not access `Party.context.parties` in the `onAlarm` handler.\n"
      "This is a known limitation, and may be fixed in a future version of PartyKit.";
  EXPECT_THAT(log, ElementsAre("onStart may", text, "onRequest may", text));
}

TEST(RoomCalls, ARequestForAWebSocketIsNoCall) {
  RoomDriver room(caller([](Room& own, const Request& request) {
    const Request upgrade("GET", "http://h/x", Headers().set("upgrade", "websocket"));
    return request.query("outside") ? own.fetch(upgrade) : own.context().parties("other").get("x").fetch(upgrade);
  }));
  EXPECT_EQ(room.response(room.request()), "200 failed: fetch() opens no WebSocket");
  EXPECT_EQ(room.response(room.request("/party/r?outside=1")), "200 failed: fetch() opens no WebSocket");
  EXPECT_THAT(room.calls, IsEmpty());
}

}  // namespace
}  // namespace Party::Test
