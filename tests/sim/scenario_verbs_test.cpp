#include <gtest/gtest.h>
#include <party/party.h>
#include <party/sim/life.h>
#include <party/sim/scenario.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "world_parties.h"

/// Steps in which connections are held, and rooms are ended by their platform.

namespace {

using namespace Party;
using namespace Party::Sim;
using namespace WorldTests;

Scenario scenario(const std::string& steps, const std::string& faults = "") {
  const auto parsed = Scenario::parse("party-scenario 2\nparty main\nclients 2\nrooms 1\nseed 7\n" + faults + steps);
  EXPECT_TRUE(parsed.has_value()) << parsed.error();
  return *parsed;
}

std::vector<std::string> heardBy(const Life& life, std::size_t client) {
  std::vector<std::string> heard;
  for (const Frame& frame : life.clients.at(client).frames) {
    if (frame.kind == Frame::Kind::message) heard.emplace_back(frame.content.content());
    if (frame.kind == Frame::Kind::closed) heard.push_back(std::to_string(frame.code));
  }
  return heard;
}

constexpr const char* twoConnect = "1 +0ms ann connects to room-1\n2 +0ms bob connects to room-1\n";
using Heard = std::vector<std::string>;

// CP-74
TEST(ScenarioVerbs, APartitionedClientHearsAndIsHeardWhenThePartitionEnds) {
  const Scenario steps = scenario(std::string(twoConnect) +
                                  "3 +100ms bob is partitioned for 2000ms\n4 +0ms bob sends \"b\"\n"
                                  "5 +1000ms ann sends \"a\"\n");
  const Life life = run(steps, Party::parties<Shout>("main"));
  EXPECT_EQ(heardBy(life, 0), (Heard{"a", "b"}));
  EXPECT_EQ(heardBy(life, 1), (Heard{"a", "b"}));
  EXPECT_GE(life.clients[1].frames[1].at - life.clients[0].frames[1].at, 900ms);
  EXPECT_EQ(life.statistics.count(Verb::partition), 1u);
}

// CP-74
TEST(ScenarioVerbs, AClientThatReadsNothingIsHeardMeanwhile) {
  const Scenario steps = scenario(std::string(twoConnect) +
                                  "3 +100ms bob reads nothing for 2000ms\n4 +0ms bob sends \"b\"\n"
                                  "5 +1000ms ann sends \"a\"\n");
  const Life life = run(steps, Party::parties<Shout>("main"));
  EXPECT_EQ(heardBy(life, 0), (Heard{"b", "a"}));
  EXPECT_EQ(heardBy(life, 1), (Heard{"b", "a"}));
  EXPECT_GE(life.clients[1].frames[1].at - life.clients[0].frames[1].at, 1900ms);
}

// EVICT-010, CP-29
TEST(ScenarioVerbs, ATurnThatExceedsItsCpuTimeIsAsIfItHadNotBeenButForItsReset) {
  const Scenario steps = scenario(
      "1 +0ms ann connects to room-1\n2 +100ms ann sends \"x\"\n"
      "3 +100ms room-1 exceeds its CPU time\n4 +0ms ann sends \"x\"\n"
      "5 +1000ms ann reconnects\n6 +100ms ann sends \"x\"\n");
  const Life life = run(steps, Party::parties<Counter>("main"));
  EXPECT_EQ(heardBy(life, 0), (Heard{"1", "1006", "2"}));
}

// EVICT-032, CP-65
TEST(ScenarioVerbs, NewCodeEndsEveryConnectionAndKeepsTheDisk) {
  const Scenario steps = scenario(
      "1 +0ms ann connects to room-1\n2 +100ms ann sends \"x\"\n"
      "3 +100ms new code is deployed\n"
      "5 +1000ms ann reconnects\n6 +100ms ann sends \"x\"\n");
  const Life life = run(steps, Party::parties<Counter>("main"));
  EXPECT_EQ(heardBy(life, 0), (Heard{"1", "1006", "2"}));
}

TEST(ScenarioVerbs, DoNothingWhenTheyMakeNoSense) {
  const Scenario steps = scenario(
      "1 +0ms bob is partitioned for 500ms\n2 +0ms ann reads nothing for 0ms\n"
      "3 +0ms new code is deployed\n4 +0ms room-1 exceeds its CPU time\n");
  const Life life = run(steps, Party::parties<Shout>("main"));
  EXPECT_EQ(life.statistics.count(Verb::partition) + life.statistics.count(Verb::readNothing), 0u);
  EXPECT_TRUE(life.violations.empty());
}

TEST(ScenarioVerbs, AreReadBackFromTextAndCode) {
  Scenario all = scenario(twoConnect);
  all.clients = 2;
  for (const Verb verb : {Verb::partition, Verb::readNothing, Verb::exceedCpu, Verb::redeploy}) {
    all.steps.push_back({.id = all.nextId(), .after = 5, .verb = verb});
    if (verb == Verb::partition || verb == Verb::readNothing) all.steps.back().number = 60'000;
  }
  ASSERT_TRUE(all.isNormal());
  EXPECT_EQ(Scenario::parse(all.text()).value(), all);
  EXPECT_EQ(Scenario::parse(all.code()).value(), all);
}

/// Sleeps, writes twice, and says when.
class Slow : public Server {
 public:
  using Server::Server;
  Task<> onMessage(Message, Connection sender) override {
    co_await room().storage().put("first", 1);
    co_await room().sleep(10ms);
    co_await room().storage().put("second", 2);
    sender.send("done");
  }
};

// Each kind of slowness makes a life longer and changes nothing that is said.
TEST(SlowWays, OfTimersCommitsOutputsAndWritersDelayWhatIsSaid) {
  const std::string steps = "1 +0ms ann connects to room-1\n2 +100ms ann sends \"x\"\n";
  const auto saidAt = [&](const std::string& faults) {
    const Life life = run(scenario(steps, faults), Party::parties<Slow>("main"));
    EXPECT_EQ(heardBy(life, 0), Heard{"done"}) << faults;
    return life.clients.at(0).frames.at(1).at;
  };
  const Time usual = saidAt("");
  for (const char* kind : {"slow-timers", "merged-commits", "held-outputs", "waiting-writers"}) {
    EXPECT_GT(saidAt(std::string("faults ") + kind + "\n"), usual) << kind;
  }
}

}  // namespace
