#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Task<Response> sayDone(Room&, Request) { co_return Response("done"); }

// D-2, D-6, CONNECT-39, CONNECT-40, GATE-028, REQUEST-15
TEST(RoomStartFailure, AThrowInTheConstructorAnswersByPlainHttpAndTheNextEventConstructsAgain) {
  int constructions = 0;
  Script script;
  script.constructor = [&](Room&) {
    if (++constructions <= 2) throw std::runtime_error("ctor-fail-" + std::to_string(constructions));
  };
  script.onRequest = sayDone;
  RoomDriver room(script);

  EXPECT_EQ(room.response(room.request()), "500 ctor-fail-1");
  const Client ann = room.connect("ann");
  EXPECT_THAT(room.seen(ann), ElementsAre("http 500 ctor-fail-2"));
  EXPECT_TRUE(room.released(ann));

  EXPECT_EQ(room.response(room.request()), "200 done");
  EXPECT_THAT(room.life, ElementsAre("started 1", "start failed 1", "started 2", "start failed 2", "started 3"));
  EXPECT_THAT(room.failures, ElementsAre("constructor: ctor-fail-1", "constructor: ctor-fail-2"));
}

struct CodeCase {
  const char* name;
  std::optional<int> code;
  const char* answer;
};

class StartErrorCode : public testing::TestWithParam<CodeCase> {};

// CONNECT-39, REQUEST-15, D-17
TEST_P(StartErrorCode, ChoosesTheStatusOfConnectAndRequestAlike) {
  Script script;
  script.onStart = [](Room& room) -> Task<> {
    co_await room.sleep(1s);
    throw Error("no", GetParam().code);
  };
  script.onRequest = sayDone;
  RoomDriver room(script);
  const Ask ask = room.request();
  const Client ann = room.connect("ann");
  room.advance(1s);

  EXPECT_EQ(room.response(ask), GetParam().answer);
  EXPECT_THAT(room.seen(ann), ElementsAre(std::string("http ") + GetParam().answer));
}

INSTANTIATE_TEST_SUITE_P(RoomStartFailure, StartErrorCode,
                         testing::Values(CodeCase{"None", std::nullopt, "500 no"}, CodeCase{"InRange", 429, "429 no"},
                                         CodeCase{"Lowest", 400, "400 no"}, CodeCase{"Highest", 599, "599 no"},
                                         CodeCase{"Success", 200, "500 no"}, CodeCase{"Redirect", 399, "500 no"},
                                         CodeCase{"TooLarge", 600, "500 no"}, CodeCase{"Negative", -1, "500 no"}),
                         [](const auto& tested) { return tested.param.name; });

// D-2, GATE-042
TEST(RoomStartFailure, FailsAllWhoWaitedAndKeepsTheSocketsOfAHibernatedRoom) {
  bool healthy = true;
  Lines log;
  Script script;
  script.options = {.hibernate = true};
  script.onStart = [&](Room& room) -> Task<> {
    if (healthy) co_return;
    co_await room.sleep(1s);
    throw std::runtime_error("no start");
  };
  script.onMessage = [&](Room&, Message message, Connection sender) -> Task<> {
    log.emplace_back(message.text());
    sender.send("got it");
    co_return;
  };
  script.onClose = [&](Room&, Connection) -> Task<> {
    log.push_back("close");
    co_return;
  };
  script.onRequest = sayDone;
  script.onAlarm = [&](Room&) -> Task<> {
    log.push_back("alarm");
    co_return;
  };
  RoomDriver room(script, {.alarm = Time(1'700'000'000s)});
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.hibernate();
  healthy = false;

  room.message(ann, "lost");
  const Ask ask = room.request();
  room.alarmDue();
  room.close(bob, 4000, "bye");
  room.lose(cyd);
  room.advance(1s);

  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(room.response(ask), "500 no start");
  EXPECT_THAT(room.alarmRuns, ElementsAre("failed"));
  EXPECT_EQ(room.durableAlarm, Time(1'700'000'000s)) << "a failed attempt keeps the alarm";
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "answer 4000 bye"));
  EXPECT_TRUE(room.released(bob));
  EXPECT_TRUE(room.released(cyd));
  EXPECT_THAT(room.logs, ElementsAre(testing::HasSubstr("a message was dropped because the room could not start")));

  healthy = true;
  room.message(ann, "heard");
  EXPECT_THAT(log, ElementsAre("heard"));
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "got it"));
}

// D-2: who waited is told once, also when a write of the failed start holds the answers back.
TEST(RoomStartFailure, ReleasesEachConnectionOnceAlthoughItsAnswerWaitsForTheDisk) {
  bool healthy = true;
  Script script;
  script.options = {.hibernate = true};
  script.onStart = [&](Room& room) -> Task<> {
    if (healthy) co_return;
    room.storage().put("k", 1);
    co_await room.sleep(1s);
    throw std::runtime_error("no start");
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  room.hibernate();
  healthy = false;

  room.close(ann, 4000, "bye");
  room.lose(ann);
  const Client bob = room.connect("bob");
  room.lose(bob);
  room.advance(1s);
  EXPECT_THAT(room.seen(ann), ElementsAre("open"));
  EXPECT_FALSE(room.released(ann));

  room.commit();
  EXPECT_TRUE(room.released(ann));
  EXPECT_TRUE(room.released(bob));
  EXPECT_EQ(room.stored<int>("k"), 1) << "writes of a handler that throws are kept (8.7)";
}

// D-2: the failed instance leaves no timer, frame or section behind.
TEST(RoomStartFailure, LeavesNothingOfTheFailedInstanceBehind) {
  Lines log;
  int starts = 0;
  struct Guard {
    Lines& log;
    ~Guard() { log.push_back("frame gone"); }
  };
  Script script;
  script.destructor = [&](Room&) { log.push_back("party gone"); };
  script.onStart = [&](Room& room) -> Task<> {
    if (++starts > 1) co_return;
    room.setTimeout(3s, [&] { log.push_back("timeout of a dead instance"); });
    room.waitUntil([](Room& within, Lines& lines) -> Task<> {
      const Guard guard{lines};
      co_await within.sleep(3s);
      lines.push_back("background of a dead instance");
    }(room, log));
    co_await room.sleep(1s);
    throw std::runtime_error("no");
  };
  script.onRequest = sayDone;
  RoomDriver room(script);
  room.request();
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("frame gone", "party gone"));
  EXPECT_THAT(room.timersSet(), IsEmpty());

  room.advance(10s);
  EXPECT_EQ(room.response(room.request()), "200 done");
  EXPECT_THAT(log, ElementsAre("frame gone", "party gone"));
}

}  // namespace
}  // namespace Party::Test
