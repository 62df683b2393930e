#include <gmock/gmock.h>

#include <string>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Task<> feed(Room& room, ResponseStream stream) {
  for (const char* piece : {"one", "two"}) {
    co_await room.sleep(1s);
    stream.write(piece);
  }
  co_await room.sleep(1s);
  stream.end();
}

/// Answers with a body that is written for three seconds; beforehand, a piece is there already.
Script feeding() {
  Script script;
  script.options = {.hibernate = true};
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    const ResponseStream stream = room.responseStream();
    stream.write("early");
    room.waitUntil(feed(room, stream));
    co_return stream.response(201).header("x-a", "1");
  };
  return script;
}

// REQUEST-8, REQUEST-9
TEST(RoomStream, EachPieceLeavesAsItIsWrittenBehindTheHead) {
  RoomDriver room(feeding());
  const Ask ask = room.request();
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 201", "early"));
  EXPECT_EQ(room.fullResponse(ask)->header("x-a"), "1");
  room.advance(1s);
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 201", "early", "one"));
  room.advance(2s);
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 201", "early", "one", "two", "end"));
}

// HIBER-040, CP-91
TEST(RoomStream, KeepsHibernationAwayUntilItHasEnded) {
  std::optional<ResponseStream> stream;
  Script script;
  script.onRequest = [&](Room& room, Request request) -> Task<Response> {
    if (request.query("end")) {
      stream->end();
      co_return Response("ended");
    }
    stream = room.responseStream();
    co_return stream->response();
  };
  RoomDriver room(script);
  room.request();
  EXPECT_EQ(room.blocker(), "a response is still being written");
  room.request("/party/r?end=1");
  EXPECT_EQ(room.blocker(), "");
}

// GATE-031, GATE-033: each piece waits for the writes before it, and a failed one takes what waited along
TEST(RoomStream, EachPieceWaitsForTheWritesBeforeIt) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    const ResponseStream stream = room.responseStream();
    const auto work = [](Room& home, ResponseStream body) -> Task<> {
      co_await home.sleep(1s);
      body.write("before");
      home.storage().put("k", 1);
      body.write("behind");
      body.end();
    };
    room.waitUntil(work(room, stream));
    co_return stream.response();
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Ask ask = room.request();
  room.advance(1s);
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 200", "before"));
  room.commit();
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 200", "before", "behind", "end"));

  RoomDriver unlucky(script, {.commits = Commits::held});
  const Ask lost = unlucky.request();
  unlucky.advance(1s);
  unlucky.failUnit();
  EXPECT_THAT(unlucky.pieces(lost), ElementsAre("head 200", "before", "cut off"));
}

// CP-90, REQUEST-26
TEST(RoomStream, AfterAnAbortWritingReachesNobodyAndTheStreamSaysSo) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    const ResponseStream stream = room.responseStream();
    const auto work = [](Room& home, ResponseStream body, Lines& seen) -> Task<> {
      seen.push_back(body.open() ? "open" : "shut");
      co_await home.sleep(1s);
      seen.push_back(body.open() ? "open" : "shut");
      body.write("for nobody");
      body.end();
    };
    room.waitUntil(work(room, stream, log));
    co_return stream.response();
  };
  RoomDriver room(script);
  const Ask ask = room.request();
  room.abort(ask);
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("open", "shut"));
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 200"));
  EXPECT_EQ(room.blocker(), "");
}

// EVICT-012: nobody takes a body that was cut off for whole, and the next instance's streams are others
TEST(RoomStream, AResetCutsTheBodyOffAndALateWriteReachesNobody) {
  RoomDriver room(feeding());
  const Ask ask = room.request();
  room.advance(1s);
  room.reset("new code");
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 201", "early", "one", "cut off"));
  const Ask next = room.request();
  room.advance(3s);
  EXPECT_THAT(room.pieces(ask), ElementsAre("head 201", "early", "one", "cut off"));
  EXPECT_THAT(room.pieces(next), ElementsAre("head 201", "early", "one", "two", "end"));
}

TEST(RoomStream, WhoseHeadIsStillHeldAtAResetIsAnsweredWithTheReason) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    room.storage().put("k", 1);
    const ResponseStream stream = room.responseStream();
    co_return stream.response();
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Ask ask = room.request();
  room.failUnit("disk full");
  EXPECT_THAT(room.response(ask),
              StartsWith("500 Internal error in Durable Object storage write caused"));  // STORE-086
  EXPECT_THAT(room.pieces(ask), IsEmpty());
}

TEST(RoomStream, AnswersOneRequestAndASecondOneIsTold) {
  std::optional<ResponseStream> stream;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    if (!stream) stream = room.responseStream();
    co_return stream->response();
  };
  RoomDriver room(script);
  const Ask first = room.request();
  EXPECT_EQ(room.response(room.request()),
            "500 Body has already been used. It can only be used once. Use tee() first if you need to read it twice.");
  EXPECT_THAT(room.pieces(first), ElementsAre("head 200"));
}

// A room that gets such an answer to a call may answer with it: nothing of the stream is left in it.
TEST(RoomStream, IsForgottenInTheHeadThatLeaves) {
  std::optional<Response> given;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    if (given) co_return *given;
    co_return room.responseStream().response(202);
  };
  RoomDriver room(script);
  const Ask streaming = room.request();
  given = *room.fullResponse(streaming);
  EXPECT_EQ(room.response(room.request()), "202 ");
}

// REQUEST-10: a status without a body has no stream either
TEST(RoomStream, OfAStatusWithoutABodyIsRefused) {
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> { co_return room.responseStream().response(204); };
  RoomDriver room(script);
  EXPECT_EQ(room.response(room.request()),
            "500 Response with null body status (101, 204, 205, or 304) cannot have a body.");
}

}  // namespace
}  // namespace Party::Test
