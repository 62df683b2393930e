#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/gtest.h>
#include <party/sim/report.h>
#include <party/sim/sweep.h>
#include <rapidcheck.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "oracle_parties.h"
#include "played_parties.h"

namespace {

using Party::Sim::Finding;
using Party::Sim::Property;
using Party::Sim::Scenario;
using Party::Sim::Sweep;
using Party::Sim::SweepOptions;
using Party::Sim::Verb;
using Party::Sim::Verdicts;
using Party::Sim::View;

const std::string head = "party-scenario 1\nparty main\nclients 2\nrooms 1\nseed 7\n";
const std::string saysA = "1 +0ms ann connects to room-1\n2 +20ms ann sends \"a\"\n";
const std::string bobComes = "3 +50ms bob connects to room-1\n";

Scenario scenario(const std::string& steps) {
  const auto read = Scenario::parse(head + steps);
  if (!read) throw Party::Error(read.error());
  return *read;
}

template <class Class>
Sweep swept(const std::string& steps, const Property& property = Property(), bool pairs = false,
            std::uint32_t jobs = 0) {
  const SweepOptions options{.pairs = pairs, .jobs = jobs, .shrinkTime = std::chrono::minutes(1), .progress = false};
  return sweep(property, Party::parties<Class>("main"), scenario(steps), options);
}

/// Which faults the lives had, by what was done.
template <class Class>
std::set<Verb> faultsDone(const Property& base) {
  std::set<Verb> done;
  std::mutex lock;
  Property property = base;
  property.always("watched", [&](const View& view) {
    const std::lock_guard guard(lock);
    for (std::size_t verb = 0; verb < Party::Sim::verbs; ++verb) {
      if (isFault(static_cast<Verb>(verb)) && view.statistics().done[verb] > 0) done.insert(static_cast<Verb>(verb));
    }
    return true;
  });
  EXPECT_EQ(swept<Class>(saysA + bobComes, property).result.verdict, Verdicts::pass);
  return done;
}

TEST(Sweeping, FindsTheOneMomentOfSleepThatAHandWrittenLifeLacks) {
  EXPECT_EQ(swept<PlayedParties::Wall<false>>(saysA + bobComes).result.failure->finding.kind,
            Finding::Kind::hibernation);
  EXPECT_EQ(swept<PlayedParties::Wall<true>>(saysA + bobComes).result.verdict, Verdicts::pass);
}

TEST(Sweeping, FindsTheOneMomentOfACrashThatTearsAUnitOfWork) {
  const auto torn = swept<OracleParties::Pockets<true>>(saysA);
  ASSERT_TRUE(torn.result.failure.has_value());
  EXPECT_EQ(torn.result.failure->finding.kind, Finding::Kind::crash);
  EXPECT_EQ(swept<OracleParties::Pockets<false>>(saysA).result.verdict, Verdicts::pass);
}

TEST(Sweeping, FindsTheAlarmThatMustNotComeTwice) {
  const std::string rings = saysA + "3 +100ms room-1 waits for its alarm\n";
  const auto twice = swept<OracleParties::Rent<true>>(rings);
  ASSERT_TRUE(twice.result.failure.has_value());
  EXPECT_EQ(twice.result.failure->finding.kind, Finding::Kind::repeat);
  EXPECT_EQ(swept<OracleParties::Rent<false>>(rings).result.verdict, Verdicts::pass);
}

TEST(Sweeping, TriesEveryKindOfFaultThatAPartyCanMeet) {
  const auto done = faultsDone<OracleParties::Rent<false>>(Property());
  std::set<Verb> all;
  for (std::size_t verb = 0; verb < Party::Sim::verbs; ++verb) {
    if (isFault(static_cast<Verb>(verb))) all.insert(static_cast<Verb>(verb));
  }
  all.erase(Verb::hibernate);  // this party does not
  EXPECT_EQ(done, all);
  EXPECT_TRUE(faultsDone<PlayedParties::Wall<true>>(Property()).contains(Verb::hibernate));
}

TEST(Sweeping, TriesNothingThatThePropertyTurnsOff) {
  const auto done = faultsDone<PlayedParties::Wall<true>>(Property().withoutFaults());
  EXPECT_EQ(done, std::set<Verb>{Verb::hibernate});
  EXPECT_EQ(swept<PlayedParties::Wall<true>>(saysA, Property().withoutFaults().withoutHibernation()).variants, 1u);
}

TEST(Sweeping, CountsWhatItTriesAndSaysSo) {
  // Places: after the first step, before the second, after it, when all is quiet. At each a sleep.
  const auto clean = swept<PlayedParties::Wall<true>>(saysA, Property().withoutFaults());
  EXPECT_EQ(clean.variants, 1u + 4u);
  EXPECT_TRUE(clean.complete());
  EXPECT_THAT(clean.certificate(),
              testing::MatchesRegex("all 5 variants of the scenario with one fault, [0-9]+ lives, 0 violations"));
  const auto pairs = swept<PlayedParties::Wall<true>>(saysA, Property().withoutFaults(), true);
  EXPECT_EQ(pairs.variants, 5u + 4u * 3u / 2u);
}

// What takes two faults, one does not show.
TEST(Sweeping, FindsWithPairsWhatTakesTwoFaults) {
  Property property;
  property.never("two crashes", [](const View& view) { return view.crashes() >= 2; });
  EXPECT_EQ(swept<PlayedParties::Awake>(saysA, property).result.verdict, Verdicts::pass);
  const auto found = swept<PlayedParties::Awake>(saysA, property, true);
  ASSERT_TRUE(found.result.failure.has_value());
  EXPECT_EQ(found.result.failure->minimal.steps.size(), 2u);
  EXPECT_THAT(found.result.failure->foundBy, testing::HasSubstr(" and "));
}

TEST(Sweeping, NamesTheFaultInItsReport) {
  const auto found = swept<PlayedParties::Wall<false>>(saysA + bobComes);
  ASSERT_TRUE(found.result.failure.has_value());
  const auto parties = Party::parties<PlayedParties::Wall<false>>("main");
  EXPECT_THAT(reportText(*found.result.failure, 7, parties, {}),
              testing::HasSubstr("by the scenario with \"room-1 hibernates\" right "));
}

TEST(Sweeping, ReportsAScenarioThatFailsWithoutAnyFaultAsItIs) {
  const auto found = swept<PlayedParties::Picky>("1 +0ms ann connects to room-1\n2 +20ms ann sends \"c\"\n");
  ASSERT_TRUE(found.result.failure.has_value());
  EXPECT_EQ(found.result.failure->number, 0u);
  EXPECT_EQ(found.result.failure->foundBy, "the scenario as it is");
  EXPECT_EQ(found.tried, 1u);
}

TEST(Sweeping, GivesTheSameAnswerWithAnyNumberOfJobs) {
  const auto one = swept<OracleParties::Pockets<true>>(saysA + bobComes, Property(), false, 1);
  const auto four = swept<OracleParties::Pockets<true>>(saysA + bobComes, Property(), false, 4);
  ASSERT_TRUE(one.result.failure && four.result.failure);
  EXPECT_EQ(one.tried, four.tried);
  EXPECT_EQ(one.result.lives - one.result.failure->shrinkRuns, four.result.lives - four.result.failure->shrinkRuns);
  EXPECT_EQ(one.result.failure->original, four.result.failure->original);
}

TEST(Sweeping, RefusesAScenarioOutsideTheLimits) {
  Scenario full = scenario(saysA);
  while (full.steps.size() < Scenario::maxSteps) full.steps.push_back({.id = full.nextId(), .after = 1});
  EXPECT_THROW(sweep(Property(), Party::parties<PlayedParties::Awake>("main"), full), Party::Error);
}

using PlayedParties::Picky;
PARTY_PROPERTY(Picky, TakesAAndB) { messages(rc::gen::element<std::string>("a", "b")); }
PARTY_SWEEP(Picky, TakesAAndB, AlsoWithEveryFaultInAVisit, head + saysA + bobComes)

TEST(Sweeping, FailsItsTestWithAReport) {
  EXPECT_NONFATAL_FAILURE(
      Party::Sim::Detail::sweepProperty(head + "1 +0ms ann connects to room-1\n2 +20ms ann sends \"c\"\n", Property(),
                                        Party::parties<Picky>("main"), "Picky", "Any", Party::Sim::SourcePlace()),
      "by the scenario as it is");
  EXPECT_NONFATAL_FAILURE(Party::Sim::Detail::sweepProperty("nothing", Property(), Party::parties<Picky>("main"),
                                                            "Picky", "Any", Party::Sim::SourcePlace()),
                          "the scenario cannot be read");
}

}  // namespace
