#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/sim/explore.h>
#include <party/sim/judge.h>
#include <party/sim/report.h>

#include <chrono>
#include <optional>
#include <string>

#include "oracle_parties.h"
#include "played_parties.h"

namespace {

using namespace OracleParties;
using Party::Sim::Exploration;
using Party::Sim::Finding;
using Party::Sim::Judge;
using Party::Sim::Property;
using Party::Sim::Scenario;
using Party::Sim::Verb;

Exploration explored(const Party::Host::Parties& parties, std::uint64_t lives, std::uint64_t seed,
                     const Property& property = Property()) {
  Party::Sim::ExploreOptions options;
  options.seed = seed;
  options.budget.lives = lives;
  options.progress = false;
  return explore(property, parties, "main", options);
}

/// With each of 20 seeds, by this oracle, and shrunk to so many steps.
template <class Class>
void expectFound(Finding::Kind kind, std::size_t steps) {
  const auto parties = Party::parties<Class>("main");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = explored(parties, 5'000, seed);
    ASSERT_TRUE(result.failure.has_value()) << "seed " << seed;
    EXPECT_EQ(result.failure->finding.kind, kind) << "seed " << seed << "\n" << result.failure->finding.how;
    EXPECT_LE(result.failure->minimal.steps.size(), steps) << result.failure->minimal.text();
  }
}

template <class Class>
void expectSilent() {
  const auto parties = Party::parties<Class>("main");
  const auto result = explored(parties, 5'000, 1);
  if (result.failure) ADD_FAILURE() << reportText(*result.failure, 1, parties, {});
  EXPECT_EQ(result.randomLives, 5'000u);
}

std::optional<Finding> judged(const Party::Host::Parties& parties, std::string_view steps,
                              const Property& property = Property()) {
  const auto scenario =
      Scenario::parse("party-scenario 1\nparty main\nclients 2\nrooms 1\nseed 7\n" + std::string(steps));
  if (!scenario) throw Party::Error(scenario.error());
  return Judge(parties, property).examine(*scenario);
}

// simulation.md, C. EVICT-034, GATE-033
TEST(CrashOracle, FindsWhatWasToldBeforeItWasDurable) { expectFound<Counter<true>>(Finding::Kind::crash, 3); }
TEST(CrashOracle, IsSilentWhenTheGateHoldsTheTelling) { expectSilent<Counter<false>>(); }
TEST(CrashOracle, FindsWhatIsHalfDone) { expectFound<Pockets<true>>(Finding::Kind::crash, 3); }
TEST(CrashOracle, IsSilentWhenBothHalvesAreOneUnit) { expectSilent<Pockets<false>>(); }

// A connection of which the room had let go in the account, and not yet when the process died: its client learns of the
// end at the same moment in both, or it would come back in one of them alone.
TEST(CrashOracle, IsSilentAboutAClientThatIsGoneAtTheCrashAndComesBackRightAfterIt) {
  const auto parties = Party::parties<Counter<false>>("main");
  const Property property;
  Judge judge(parties, property);
  for (const char* crashing : {"ann sends \"1\"\n3 +0ms ann breaks the protocol, answered 1002",
                               "bob sends \"1\"\n3 +50ms ann breaks the protocol, answered 1002",
                               "bob sends \"1\"\n3 +50ms ann closes with 1000"}) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const auto scenario = Scenario::parse(
          "party-scenario 1\nparty main\nclients 2\nrooms 1\nseed " + std::to_string(seed) +
          "\nfaults slow-network\n1 +0ms ann connects to room-1\n9 +0ms bob connects to room-1\n2 +1000ms " + crashing +
          "\n4 +0ms the process crashes at unfinished moment 2\n5 +228ms ann connects to room-1\n6 +0ms ann sends "
          "\"1\"\n");
      ASSERT_TRUE(scenario.has_value()) << scenario.error();
      const auto finding = judge.examine(*scenario);
      ASSERT_FALSE(finding.has_value()) << finding->how << "\n" << scenario->text();
    }
  }
}

// Found by the fuzzer. No handler runs for a message that is too long, and its connection is closed for it all the
// same.
TEST(CrashOracle, KnowsThatAMessageTooLongHasHadItsEffect) {
  const auto parties = Party::parties<PlayedParties::Wall<true>>("main");
  const Property property;
  Judge judge(parties, property);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto scenario = Scenario::parse(
        "party-scenario 2\nparty main\nclients 1\nrooms 1\nseed " + std::to_string(seed) +
        "\n1 +0ms the process crashes at unfinished moment 1\n2 +0ms ann connects to room-1\n3 +20ms ann sends 1100000 "
        "bytes of \"a\"\n4 +40ms ann connects to room-1\n5 +30ms ann sends \"3\"\n");
    ASSERT_TRUE(scenario.has_value()) << scenario.error();
    const auto finding = judge.examine(*scenario);
    ASSERT_FALSE(finding.has_value()) << finding->how << "\n" << scenario->text();
  }
}

TEST(CrashOracle, SaysWhatWouldHaveBeenAndWhatIs) {
  const auto parties = Party::parties<Pockets<true>>("main");
  const auto result = explored(parties, 5'000, 1);
  ASSERT_TRUE(result.failure && result.failure->finding.difference);
  EXPECT_EQ(result.failure->finding.difference->where, "on the disk of room-1, key \"right\"");
  EXPECT_THAT(reportText(*result.failure, 1, parties, {}),
              testing::AllOf(testing::HasSubstr("finished:"), testing::HasSubstr("crashed:")));
}

TEST(CrashOracle, IsNotAskedWhenThePropertySaysSo) {
  const auto result = explored(Party::parties<Pockets<true>>("main"), 2'000, 1, Property().withoutCrashes());
  EXPECT_FALSE(result.failure.has_value());
}

// A second accident would leave more than one moment to explain.
TEST(CrashOracle, JudgesNoScenarioWithAnotherAccidentThatEndsARoom) {
  const auto parties = Party::parties<Pockets<true>>("main");
  const std::string steps = "1 +0ms ann connects to room-1\n2 +10ms ann sends \"a\"\n";
  const std::string crash = "3 +0ms the process crashes at unfinished moment ";
  bool found = false;
  for (int moment = 1; moment <= 4; ++moment) {
    found |= judged(parties, steps + crash + std::to_string(moment)).has_value();
    EXPECT_FALSE(judged(parties, steps + crash + std::to_string(moment) + "\n4 +0ms room-1 is reset").has_value());
  }
  EXPECT_TRUE(found);
}

// simulation.md, A. CP-42, ALARM-051
TEST(AlarmOracle, FindsARunThatTakesTwice) {
  const auto parties = Party::parties<Rent<true>>("main");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = explored(parties, 5'000, seed);
    ASSERT_TRUE(result.failure.has_value()) << "seed " << seed;
    EXPECT_EQ(result.failure->finding.kind, Finding::Kind::repeat) << result.failure->finding.how;
    EXPECT_LE(result.failure->minimal.steps.size(), 4u) << result.failure->minimal.text();
  }
}
TEST(AlarmOracle, IsSilentWhenTheRunLooksWhetherItIsDone) { expectSilent<Rent<false>>(); }

TEST(AlarmOracle, RepeatsOnlyWhatTheScenarioSaysAndOnlyARunThatSucceeded) {
  const auto parties = Party::parties<Rent<true>>("main");
  const std::string steps = "1 +0ms ann connects to room-1\n2 +10ms ann sends \"a\"\n";
  const std::string ring = "9 +100ms room-1 waits for its alarm\n";
  EXPECT_FALSE(judged(parties, steps + ring).has_value());
  EXPECT_TRUE(judged(parties, steps + "3 +0ms room-1 has its next alarm twice\n" + ring).has_value());
  // Its alarm has not rung yet when all is over.
  EXPECT_FALSE(judged(parties, steps + "3 +0ms room-1 has its next alarm twice\n").has_value());
}

// A life in which an alarm may come twice has met its room, and its twin has not: the others are numbered differently.
TEST(AlarmOracle, ComparesWhatStrangersSeeRoomByRoom) {
  const auto scenario = Scenario::parse(
      "party-scenario 2\nparty main\nclients 1\nrooms 2\nseed 327680\n1 +0ms room-1 has its next alarm twice\n"
      "2 +0ms ann connects to room-2\n3 +0ms ann sends \"a\"\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  const Property property;
  const auto finding = Judge(Party::parties<PlayedParties::Wall<true>>("main"), property).examine(*scenario);
  EXPECT_FALSE(finding.has_value()) << finding->difference->where;
}

TEST(StrandedOracle, FindsADeclaredTimeWithNoAlarmForIt) { expectFound<Turns<true>>(Finding::Kind::stranded, 2); }
TEST(StrandedOracle, IsSilentWhenTheAlarmComesInTime) { expectSilent<Turns<false>>(); }

TEST(StrandedOracle, NamesWhatIsDueAndWhatTheAlarmIsSetFor) {
  const auto finding =
      judged(Party::parties<Turns<true>>("main"), "1 +0ms ann connects to room-1\n2 +10ms ann sends \"a\"\n");
  ASSERT_TRUE(finding.has_value());
  EXPECT_THAT(finding->how,
              testing::MatchesRegex(
                  "main/room-1 must run by 10[0-9]+ ms for the turn, and its alarm is set for 36000[0-9]+ ms"));
}

TEST(StrandedOracle, IsNotAskedWhenThePropertySaysSo) {
  const std::string steps = "1 +0ms ann connects to room-1\n2 +10ms ann sends \"a\"\n";
  EXPECT_FALSE(judged(Party::parties<Turns<true>>("main"), steps, Property().allowStranding()).has_value());
}

// simulation.md, $. HIBER-040
TEST(CostOracle, FindsARoomThatAnIntervalKeepsInMemory) { expectFound<Greeter<true>>(Finding::Kind::cost, 1); }
TEST(CostOracle, IsSilentAboutATimerThatFires) { expectSilent<Greeter<false>>(); }

TEST(CostOracle, SaysWhatKeepsTheRoomAwake) {
  const auto parties = Party::parties<Greeter<true>>("main");
  const auto finding = judged(parties, "1 +0ms ann connects to room-1\n");
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->how, "main/room-1 could not sleep a minute after all was quiet: a timer is set");
  EXPECT_FALSE(judged(parties, "1 +0ms ann connects to room-1\n", Property().allowResidence()).has_value());
}

TEST(Costs, CountMessagesRowsWakesAndTimeInMemory) {
  std::optional<Party::Sim::Costs> costs;
  Property property;
  property.always("seen", [&](const Party::Sim::View& view) {
    costs = view.costs();
    return true;
  });
  judged(Party::parties<Greeter<false>>("main"),
         "1 +0ms ann connects to room-1\n2 +10ms ann sends \"a\"\n3 +10000ms room-1 hibernates\n4 +5000ms ann sends "
         "\"b\"\n5 +6000ms time passes\n",
         property);
  ASSERT_TRUE(costs.has_value());
  EXPECT_EQ(costs->messages, 2u);
  EXPECT_EQ(costs->rowsWritten, 2u);
  EXPECT_EQ(costs->wakes, 2u);
  EXPECT_GT(costs->resident, 15s);
  EXPECT_LT(costs->resident, 17s);
}

}  // namespace
