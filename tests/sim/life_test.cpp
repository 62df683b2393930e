#include <gtest/gtest.h>
#include <party/sim/life.h>
#include <party/sim/scenario.h>
#include <party/sim/view.h>
#include <party/sim/world.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "played_parties.h"

namespace {

using namespace PlayedParties;
using Party::Sim::Frame;
using Party::Sim::Life;
using Party::Sim::LifeOptions;
using Party::Sim::Scenario;
using Party::Sim::Stage;
using Party::Sim::TraceMode;
using Party::Sim::Verb;

Scenario scenarioOf(const std::string& steps) {
  const auto scenario = Scenario::parse("party-scenario 1\nclients 3\nrooms 2\nseed 5\n" + steps);
  EXPECT_TRUE(scenario.has_value()) << scenario.error();
  return scenario.value_or(Scenario());
}

std::vector<std::string> seenBy(const Life& life, std::size_t viewer) {
  std::vector<std::string> seen;
  for (const Frame& frame : life.clients.at(viewer).frames) {
    switch (frame.kind) {
      case Frame::Kind::opened:
        seen.push_back("open");
        break;
      case Frame::Kind::message:
        seen.emplace_back(frame.content.content());
        break;
      case Frame::Kind::closed:
        seen.push_back("closed " + std::to_string(frame.code));
        break;
      case Frame::Kind::answered:
        seen.push_back("answered " + std::to_string(frame.code));
        break;
    }
  }
  return seen;
}

using Seen = std::vector<std::string>;

TEST(Life, ShowsWhatEachClientSawAndWhatIsOnDiskAtTheEnd) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms ann sends \"hi\"\n"
                                   "3 +100ms bob connects to room-1\n"
                                   "4 +100ms bob closes with 4000\n"),
                        Party::parties<Wall<true>>("main"));
  ASSERT_EQ(life.clients.size(), 2u);
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "so far:", "hi"}));
  EXPECT_EQ(seenBy(life, 1), (Seen{"open", "so far: hi", "closed 4000"}));
  EXPECT_EQ(life.disks.at(0).entries.size(), 1u);
  EXPECT_TRUE(life.disks.at(1).entries.empty());
  EXPECT_EQ(life.statistics.count(Verb::connect), 2u);
}

TEST(Life, ARoomThatHibernatesLosesItsMembersAndKeepsItsSockets) {
  const Scenario scenario = scenarioOf(
      "1 +0ms ann connects to room-1\n"
      "2 +100ms ann sends \"hi\"\n"
      "3 +100ms room-1 hibernates\n"
      "4 +0ms bob connects to room-1\n"
      "5 +100ms bob sends \"ho\"\n");
  const Life forgetful = run(scenario, Party::parties<Wall<false>>("main"));
  EXPECT_EQ(forgetful.statistics.count(Verb::hibernate), 1u);
  EXPECT_EQ(seenBy(forgetful, 0), (Seen{"open", "so far:", "hi", "ho"}));
  EXPECT_EQ(seenBy(forgetful, 1), (Seen{"open", "so far:", "ho"}));

  LifeOptions awake;
  awake.hibernations = false;
  const Life remembering = run(scenario, Party::parties<Wall<false>>("main"), awake);
  EXPECT_EQ(remembering.statistics.count(Verb::hibernate), 0u);
  EXPECT_EQ(seenBy(remembering, 1), (Seen{"open", "so far: hi", "ho"}));

  const auto difference = firstDifference(remembering, forgetful);
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->where, "bob in room-1, frame 2");
  EXPECT_EQ(difference->without, "\"so far: hi\"");
  EXPECT_EQ(difference->with, "\"so far:\"");
}

TEST(Life, APartyThatDoesNotAskForItNeverHibernates) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms ann sends \"hi\"\n"
                                   "3 +100ms ann closes with 1000\n"
                                   "4 +20000ms room-1 hibernates\n"),
                        Party::parties<Awake>("main"));
  EXPECT_EQ(life.statistics.count(Verb::hibernate), 0u);
}

TEST(Life, ACrashLosesWhatIsNotDurableAndBreaksEverySocket) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms ann sends \"hi\"\n"
                                   "3 +100ms the process crashes\n"
                                   "4 +1000ms ann reconnects\n"),
                        Party::parties<Wall<false>>("main"));
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "so far:", "hi", "closed 1006", "open", "so far:"}));
  EXPECT_EQ(life.statistics.reconnects, 1u);
}

TEST(Life, ACommitThatFailsIsNeverSeen) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms room-1 fails its next commit\n"
                                   "3 +0ms ann sends \"lost\"\n"
                                   "4 +1000ms ann reconnects\n"),
                        Party::parties<Wall<true>>("main"));
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "so far:", "closed 1006", "open", "so far:"}));
  EXPECT_TRUE(life.disks.at(0).entries.empty());
}

TEST(Life, ALostReplyLeavesTheWriteOnDiskAndTheBroadcastUnsent) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms room-1 loses the reply to its next commit\n"
                                   "3 +0ms ann sends \"kept\"\n"
                                   "4 +1000ms ann reconnects\n"),
                        Party::parties<Wall<true>>("main"));
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "so far:", "closed 1006", "open", "so far: kept"}));
}

TEST(Life, AnAlarmStepLetsTimePassUntilTheAlarm) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms ann sends \"go\"\n"
                                   "3 +100ms room-1 waits for its alarm\n"
                                   "4 +0ms room-2 waits for its alarm\n"),
                        Party::parties<Countdown<false>>("main"));
  EXPECT_EQ(life.statistics.count(Verb::fireAlarm), 1u);
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "2 left"}));
}

TEST(Life, RequestsAreAnsweredOneByOne) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1\n"
                                   "2 +100ms ann sends \"x\"\n"
                                   "3 +100ms bob asks room-1\n"
                                   "4 +0ms bob asks room-2 \"body\"\n"),
                        Party::parties<Points<false>>("main"));
  ASSERT_EQ(life.requests.size(), 2u);
  EXPECT_EQ(life.requests[0].response.value().body(), "ann=1;");
  EXPECT_EQ(life.requests[1].response.value().body(), "");
  EXPECT_EQ(life.requests[1].room, 1);
}

TEST(Life, StepsThatMakeNoSenseDoNothing) {
  const Life life = run(scenarioOf("1 +0ms ann sends \"to nobody\"\n"
                                   "2 +0ms ann closes with 1000\n"
                                   "3 +0ms ann reconnects\n"
                                   "4 +0ms bob is cut off\n"
                                   "5 +0ms bob vanishes, noticed after 0ms\n"
                                   "6 +0ms room-1 hibernates\n"
                                   "7 +0ms room-1 is reset\n"
                                   "8 +0ms room-1 waits for its alarm\n"
                                   "9 +0ms ann connects to room-1\n"
                                   "10 +100ms ann connects to room-2\n"),
                        Party::parties<Wall<true>>("main"));
  ASSERT_EQ(life.clients.size(), 1u);
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "so far:"}));
}

TEST(Life, OfAnUnknownPartyIsPlayedWithTheFirst) {
  Scenario scenario = scenarioOf("1 +0ms ann connects to room-1\n");
  scenario.party = "nobody";
  EXPECT_EQ(seenBy(run(scenario, Party::parties<Wall<true>>("main")), 0), (Seen{"open", "so far:"}));
}

TEST(Life, WithTooManyEventsIsCutShort) {
  LifeOptions options;
  options.maxEvents = 1'000;
  const Life life =
      run(scenarioOf("1 +0ms ann connects to room-1\n2 +100ms ann sends \"x\"\n3 +86400000ms time passes\n"),
          Party::parties<Restless>("main"), options);
  EXPECT_TRUE(life.cutShort);
  EXPECT_LT(life.length, 1h);
}

TEST(Life, OnAReusedStageIsTheSameAsOnANewOne) {
  const auto parties = Party::parties<Wall<true>>("main");
  const Scenario one =
      scenarioOf("1 +0ms ann connects to room-1\n2 +10ms ann sends \"x\"\n3 +5ms the process crashes\n");
  LifeOptions options;
  options.trace = TraceMode::hashOnly;
  Stage used(parties);
  used.play(scenarioOf("7 +0ms bob connects to room-2\n8 +3ms bob sends \"other\"\n9 +3ms bob is cut off\n"), options);
  EXPECT_EQ(used.play(one, options).traceHash, run(one, parties, options).traceHash);
}

RC_GTEST_PROP(Interpreter, LivesEveryScenarioToItsEnd, (const std::vector<std::uint8_t>& bytes)) {
  auto all = bytes;
  const auto steps = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 20));
  all.insert(all.end(), steps.begin(), steps.end());
  const Scenario scenario = Scenario::decode(all);
  LifeOptions options;
  options.trace = TraceMode::hashOnly;
  options.maxEvents = 20'000;
  const auto parties = Party::parties<Wall<true>, Countdown<false>>("main", "other");
  const Life life = run(scenario, parties, options);
  RC_ASSERT(life.violations.empty());
  RC_ASSERT(life.errors.empty());
  RC_ASSERT(life.disks.size() == scenario.rooms);
  RC_ASSERT(run(scenario, parties, options).traceHash == life.traceHash);
}

/// Says what it was connected with, and what somebody outside says to that.
class Asking : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext context) override {
    connection.send("hello " + context.request.query("name").value_or("nobody"));
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    const std::string asked(message.content());
    std::string answer = "lost";
    const Party::Time begun = room().now();
    try {
      const auto response = co_await room().fetch("https://outside.example/" + asked);
      answer = response.body();
    } catch (const Party::Error&) {
    }
    const bool slow = room().now() - begun > 100ms;
    sender.send(answer + (slow ? ", slowly" : ""));
  }
};

const Party::Sim::Peers outside{{"https://outside.example", [](const Party::Request& request) {
                                   return Party::Response("re: " + std::string(request.path()));
                                 }}};

TEST(Life, AConnectHasTheQueryOfItsStep) {
  const Life life = run(scenarioOf("1 +0ms ann connects to room-1 \"name=ann&x=1\"\n"
                                   "2 +100ms bob connects to room-1\n"
                                   "3 +0ms ann closes with 1000\n"
                                   "4 +100ms ann connects to room-1 \"name=anna\"\n"
                                   "5 +100ms ann reconnects\n"
                                   "6 +100ms ann closes with 1000\n"
                                   "7 +100ms ann connects to room-1\n"),
                        Party::parties<Asking>("main"));
  EXPECT_EQ(seenBy(life, 0), (Seen{"open", "hello ann", "closed 1000", "open", "hello anna", "closed 1006", "open",
                                   "hello anna", "closed 1000", "open", "hello nobody"}));
  EXPECT_EQ(seenBy(life, 1), (Seen{"open", "hello nobody"}));
}

// CP-92
TEST(Life, SomebodyOutsideAnswersWhatARoomFetches) {
  const Scenario scenario = scenarioOf("1 +0ms ann connects to room-1\n2 +100ms ann sends \"x\"\n");
  Stage stage(Party::parties<Asking>("main"), outside);
  EXPECT_EQ(seenBy(stage.play(scenario), 0), (Seen{"open", "hello nobody", "re: /x"}));
  EXPECT_EQ(seenBy(stage.play(scenario), 0), (Seen{"open", "hello nobody", "re: /x"})) << "on a reused stage too";
  EXPECT_EQ(seenBy(run(scenario, Party::parties<Asking>("main")), 0), (Seen{"open", "hello nobody", "lost"}))
      << "nobody is there";
}

// CP-91, CP-92
TEST(Life, SlowAndLostCallsAreFaultsOfALife) {
  Stage stage(Party::parties<Asking>("main"), outside);
  std::set<std::string> answers;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Scenario scenario = scenarioOf("1 +0ms ann connects to room-1\n2 +100ms ann sends \"x\"\n");
    scenario.seed = seed;
    scenario.faults = Party::Sim::Faults::none().with(Party::Sim::Fault::slowCalls);
    EXPECT_EQ(seenBy(stage.play(scenario), 0).back(), "re: /x, slowly");
    scenario.faults = Party::Sim::Faults::none().with(Party::Sim::Fault::lostCalls);
    answers.insert(seenBy(stage.play(scenario), 0).back());
  }
  EXPECT_EQ(answers, (std::set<std::string>{"lost", "re: /x"}));
}

}  // namespace
