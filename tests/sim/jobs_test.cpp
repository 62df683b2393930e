#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/explore.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "played_parties.h"

namespace {

using namespace PlayedParties;
using Party::Sim::Exploration;
using Party::Sim::ExploreOptions;
using Party::Sim::Property;
using Party::Sim::Verdict;
using Party::Sim::Verdicts;
using Party::Sim::View;

ExploreOptions quiet(std::uint32_t jobs, std::uint64_t seed = 1) {
  ExploreOptions options;
  options.seed = seed;
  options.jobs = jobs;
  options.progress = false;
  options.shrinkTime = std::chrono::minutes(1);  // an end that depends on the time would be another scenario
  return options;
}

Exploration withJobs(std::uint32_t jobs, const Party::Host::Parties& parties, std::uint64_t lives,
                     const Property& property = Property(), std::uint64_t seed = 1) {
  auto options = quiet(jobs, seed);
  options.budget.lives = lives;
  return explore(property, parties, "main", options);
}

void expectSame(const Exploration& one, const Exploration& other) {
  EXPECT_EQ(one.verdict, other.verdict);
  EXPECT_EQ(one.randomLives, other.randomLives);
  EXPECT_EQ(one.lives, other.lives);
  EXPECT_EQ(one.cutShort, other.cutShort);
  EXPECT_EQ(one.undecided.times, other.undecided.times);
  EXPECT_EQ(one.undecided.why, other.undecided.why);
  EXPECT_EQ(one.unseen, other.unseen);
  EXPECT_EQ(one.statistics.steps, other.statistics.steps);
  EXPECT_EQ(one.statistics.events, other.statistics.events);
  EXPECT_EQ(one.statistics.done, other.statistics.done);
  ASSERT_EQ(one.failure.has_value(), other.failure.has_value());
  if (!one.failure) return;
  EXPECT_EQ(one.failure->number, other.failure->number);
  EXPECT_EQ(one.failure->lives, other.failure->lives);
  EXPECT_EQ(one.failure->original, other.failure->original);
  EXPECT_EQ(one.failure->minimal, other.failure->minimal);
}

// simulation.md: `--lives N` is exact and independent of the number of jobs.
TEST(Jobs, HoweverManyFindTheSameFailureAfterTheSameLives) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto parties = Party::parties<Points<true>>("main");
    const auto alone = withJobs(1, parties, 2'000, Property(), seed);
    ASSERT_TRUE(alone.failure.has_value());
    for (const std::uint32_t jobs : {2u, 3u, 8u}) expectSame(alone, withJobs(jobs, parties, 2'000, Property(), seed));
  }
}

TEST(Jobs, HoweverManyPlayTheSameLivesWhenNothingIsWrong) {
  Property property;
  property.messages(rc::gen::element<std::string>("left", "right")).always("calm", [](const View& view) {
    return view.crashes() > 1 ? Verdict::undecided("too much went on") : Verdict(true);
  });
  const auto parties = Party::parties<Wall<true>>("main");
  const auto alone = withJobs(1, parties, 1'500, property);
  EXPECT_EQ(alone.verdict, Verdicts::pass);
  EXPECT_GT(alone.undecided.times, 0u);
  for (const std::uint32_t jobs : {2u, 5u}) expectSame(alone, withJobs(jobs, parties, 1'500, property));
}

TEST(Jobs, WithATimeLimitJudgeABeginningOfTheSameSequence) {
  auto options = quiet(4);
  options.budget.time = 200ms;
  const auto parties = Party::parties<Wall<true>>("main");
  const auto timed = explore(Property(), parties, "main", options);
  ASSERT_GT(timed.randomLives, 100u);
  expectSame(withJobs(1, parties, timed.randomLives), timed);
}

TEST(Jobs, SeeASometimesThatOnlyOneOfThemSaw) {
  Property property;
  property.sometimes("five crashes", [](const View& view) { return view.crashes() >= 5; });
  const auto parties = Party::parties<Wall<true>>("main");
  EXPECT_EQ(withJobs(1, parties, 4'000, property).verdict, Verdicts::pass);
  EXPECT_EQ(withJobs(8, parties, 4'000, property).verdict, Verdicts::pass);
  property.sometimes("a thousand", [](const View& view) { return view.crashes() >= 1'000; });
  EXPECT_EQ(withJobs(8, parties, 4'000, property).unseen, std::vector<std::string>{"a thousand"});
}

TEST(Jobs, HandOnWhatALawThrows) {
  Property property;
  property.always("readable", [](const View& view) -> Verdict {
    if (view.crashes() > 0) throw Party::Error("this law cannot read a crash");
    return true;
  });
  for (const std::uint32_t jobs : {1u, 4u}) {
    EXPECT_THROW(withJobs(jobs, Party::parties<Awake>("main"), 1'000, property), Party::Error);
  }
}

TEST(Jobs, AreReadFromTheEnvironmentAndLimited) {
  setenv("PARTY_JOBS", "3", 1);
  EXPECT_EQ(Party::Sim::withEnvironment(ExploreOptions()).jobs, 3u);
  for (const char* wrong : {"0", "65", "two", "-1", ""}) {
    setenv("PARTY_JOBS", wrong, 1);
    EXPECT_THROW(Party::Sim::withEnvironment(ExploreOptions()), Party::Error) << wrong;
  }
  unsetenv("PARTY_JOBS");
  EXPECT_EQ(Party::Sim::withEnvironment(ExploreOptions()).jobs, 0u);
}

}  // namespace
