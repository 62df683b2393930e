#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// REQUEST-2, REQUEST-3, REQUEST-6
TEST(RoomRequest, TheHandlerGetsMethodUrlHeadersAndBody) {
  Lines log;
  Script script;
  script.onRequest = [&](Room&, Request request) -> Task<Response> {
    log.push_back(std::string(request.method()) + " " + std::string(request.url()) + " " +
                  std::string(request.header("x-name").value_or("")) + " " + std::string(request.body()));
    co_return Response("made", 201);
  };
  RoomDriver room(script);
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
    room.request("/party/r/sub?q=1", method);
  }
  room.requestWith(Request("POST", "http://h/party/r", Headers().set("X-Name", "ann"), "body"));
  ASSERT_EQ(log.size(), 9u);
  EXPECT_EQ(log[0], "GET http://example.com/party/r/sub?q=1  ");
  EXPECT_EQ(log[7], "TRACE http://example.com/party/r/sub?q=1  ");
  EXPECT_EQ(log[8], "POST http://h/party/r ann body");
}

struct ErrorCase {
  const char* name;
  void (*raise)();
  const char* answer;
};
void PrintTo(const ErrorCase& tested, std::ostream* out) { *out << tested.name; }

class RequestError : public testing::TestWithParam<ErrorCase> {};

// REQUEST-7, REQUEST-12, REQUEST-13, REQUEST-14, D-17
TEST_P(RequestError, AnswersWithItsCodeWhenThatIsAnErrorStatusAndWithItsText) {
  Lines log;
  Script script;
  script.onRequest = [](Room&, Request) -> Task<Response> {
    GetParam().raise();
    co_return Response("unreachable");
  };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()), GetParam().answer);
  EXPECT_EQ(room.failures.size(), 1u);
  EXPECT_THAT(room.life, ElementsAre("started 1")) << "no reset";
}

INSTANTIATE_TEST_SUITE_P(
    RoomRequest, RequestError,
    testing::Values(ErrorCase{"Plain", [] { throw std::runtime_error("boom"); }, "500 boom"},
                    ErrorCase{"Code404", [] { throw Error("gone", 404); }, "404 gone"},
                    ErrorCase{"Code418", [] { throw Error("tea", 418); }, "418 tea"},
                    ErrorCase{"Code599", [] { throw Error("x", 599); }, "599 x"},
                    ErrorCase{"Code200", [] { throw Error("fine", 200); }, "500 fine"},
                    ErrorCase{"Code204", [] { throw Error("none", 204); }, "500 none"},
                    ErrorCase{"Code600", [] { throw Error("x", 600); }, "500 x"},
                    ErrorCase{"Code99", [] { throw Error("x", 99); }, "500 x"},
                    ErrorCase{"Empty", [] { throw Error(""); }, "500 Uncaught exception when making a request"},
                    ErrorCase{"AString", [] { throw std::string("text"); }, "500 text"},
                    ErrorCase{"AnInt", [] { throw 5; }, "500 an exception that is no std::exception"},
                    ErrorCase{"AStatusOutOfRange", [] { throw Error(Response("x", 600).body().data()); },
                              "500 Responses may only be constructed with status codes in the range 200 to 599, "
                              "inclusive."}),
    [](const auto& tested) { return tested.param.name; });

// REQUEST-16
TEST(RoomRequest, AnEmptyTaskIsNoResponse) {
  Script script;
  script.onRequest = [](Room&, Request) -> Task<Response> { return {}; };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()),
            "500 Incorrect type for Promise: the Promise did not resolve to 'Response'.");
}

// REQUEST-17, REQUEST-27, D-18: a request that came past the edge
TEST(RoomRequest, WithoutOnRequestTheAnswerIs500AndTheRoomIsNotStarted) {
  RoomDriver room((Script()));
  EXPECT_EQ(room.response(room.request()), "500 Invalid onRequest handler");
  EXPECT_THAT(room.life, IsEmpty());
}

// REQUEST-26, CP-90, GATE-047
TEST(RoomRequest, AfterAnAbortTheHandlerRunsOnAndItsAnswerIsDropped) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    co_await room.sleep(1s);
    co_await room.storage().put("ran", true);
    log.push_back("ended");
    co_return Response("for nobody");
  };
  RoomDriver room(script);
  const Ask ask = room.request();
  room.abort(ask);
  room.abort(ask);
  const Ask other = room.request();
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("ended", "ended"));
  EXPECT_EQ(room.response(ask), "");
  EXPECT_EQ(room.response(other), "200 for nobody");
  EXPECT_EQ(room.stored<bool>("ran"), true);
}

// REQUEST-26: an answer that waits for the disk is dropped too, and a reset does not answer an aborted request.
TEST(RoomRequest, AnAbortAlsoReachesAnAnswerThatIsHeldAndIsRespectedByAReset) {
  Script script;
  script.onRequest = [](Room& room, Request request) -> Task<Response> {
    room.storage().put("k", 1);
    if (request.query("wait")) co_await room.sleep(1s);
    co_return Response("late");
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Ask held = room.request();
  room.abort(held);
  room.commit();
  EXPECT_EQ(room.response(held), "");

  const Ask waiting = room.request("/party/r?wait=1");
  const Ask patient = room.request("/party/r?wait=1");
  room.abort(waiting);
  room.reset("new code");
  EXPECT_EQ(room.response(waiting), "");
  EXPECT_EQ(room.response(patient), "500 new code");
}

// REQUEST-5, REQUEST-8: nothing is added to what the handler answers, also to a preflight
TEST(RoomRequest, TheAnswerHasTheHeadersOfTheHandlerAndNoOthers) {
  Script script;
  script.onRequest = [](Room&, Request request) -> Task<Response> {
    co_return Response(request.method()).append("set-cookie", "a=1").append("set-cookie", "b=2");
  };
  RoomDriver room(script);
  const Ask preflight =
      room.requestWith(Request("OPTIONS", "http://h/party/r", Headers().set("access-control-request-method", "PUT")));
  EXPECT_EQ(room.response(preflight), "200 OPTIONS");
  EXPECT_EQ(room.fullResponse(preflight)->headers(), Headers()
                                                         .append("content-type", "text/plain;charset=UTF-8")
                                                         .append("set-cookie", "a=1")
                                                         .append("set-cookie", "b=2"));
}

}  // namespace
}  // namespace Party::Test
