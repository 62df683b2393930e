#include "runner/fuzz_campaign.h"
#include "runner/fuzz_shrink.h"
#include "runner/player.h"
#include "runner/scenario_loader.h"
#include "runner/simulator_arm.h"

#include <gtest/gtest.h>

#include <string>

namespace Party::Contract {
namespace {

Json parsed(const char* text) { return Json::parse(text); }

Seen seenOf(const char* text) {
  Seen seen;
  seen.channels["ann"] = {parsed(R"({"expect": "ann", "open": true})"), parsed(text)};
  return seen;
}

bool says(const Json& script, const char* text) { return script.dump().contains(text); }

TEST(FuzzScripts, AreTheSameForTheSameSeedAndNumberWhateverWasDrawnBefore) {
  const Json once = fuzzScript(7, 3, {});
  fuzzScript(7, 4, {});
  EXPECT_EQ(fuzzScript(7, 3, {}), once);
  EXPECT_NE(fuzzScript(7, 4, {}), once);
  EXPECT_NE(fuzzScript(8, 3, {}), once);
}

TEST(FuzzScripts, ArePrintedAndLoadedAgainAsScenarioFilesOfAtMostThirtySteps) {
  for (std::size_t number = 0; number < 300; ++number) {
    const Json script = fuzzScript(1, number, {.partykit = number % 2 == 0});
    const auto loaded = loadScenarios(script.dump(1), "f");
    ASSERT_EQ(loaded.size(), 1U);
    EXPECT_EQ(loaded[0].steps, script["steps"]);
    EXPECT_LE(loaded[0].steps.size(), maxFuzzSteps);
  }
}

TEST(FuzzScripts, ReachEveryKindOfStepAndLeaveOutWhatPartyKitDoesOtherwise) {
  std::string all;
  std::string partykit;
  for (std::size_t number = 0; number < 400; ++number) {
    all += fuzzScript(1, number, {}).dump();
    partykit += fuzzScript(1, number, {.partykit = true}).dump();
  }
  for (const char* word : {"hibernate", "drop", "close", "request", "transaction", "rollback", "block", "timeout",
                           "setAlarm", "tags", "each", "listen", "probe:onClose", "before", "fetch"}) {
    EXPECT_TRUE(all.contains('"' + std::string(word) + '"') || all.contains(word)) << word;
  }
  for (const char* word : {"\"drop\"", "\"each\"", "\"listen\"", "\"changeState\"", "probe:onClose"}) {
    EXPECT_FALSE(partykit.contains(word)) << word;
  }
}

TEST(FuzzCompare, SeesAChangedFrameAMissingOneAndNoDifferenceWhereThereIsNone) {
  const Seen one = seenOf(R"({"expect": "ann", "text": "x"})");
  EXPECT_FALSE(compare(one, one));
  const FirstDifference changed = compare(one, seenOf(R"({"expect": "ann", "text": "y"})"));
  EXPECT_EQ(changed.channel, "ann");
  EXPECT_EQ(changed.at, 1U);
  EXPECT_EQ(changed.there, R"({"expect":"ann","text":"y"})");
  Seen shorter = one;
  shorter.channels["ann"].pop_back();
  EXPECT_EQ(compare(one, shorter).there, "nothing");
  EXPECT_EQ(compare(shorter, one).here, "nothing");
  EXPECT_TRUE(compare(one, Seen{}));
}

TEST(FuzzCompare, AScriptExpectsWhatWasSeenAndIsPlayedAsAScenario) {
  SimulatorArm arm;
  const Json script = parsed(R"({"title": "t", "rules": ["A-1"], "party": "main", "steps": [
    {"connect": "ann"}, {"quiet": true},
    {"send": "ann", "script": [{"do": "id"}, {"do": "reply"}]}, {"quiet": true}]})");
  const Seen seen = look(script, "r-17", "simulator", arm, 1);
  EXPECT_EQ(seen.broken, "");
  ASSERT_EQ(seen.channels.at("ann").size(), 2U);
  EXPECT_EQ(seen.channels.at("ann")[1].dump(), R"({"expect":"ann","json":["{room}"]})");
  const Json file = withExpectations(script, seen);
  const auto loaded = loadScenarios(file.dump(), "f");
  const Outcome outcome = play(loaded[0], {"main", "r-18"}, "simulator", arm);
  EXPECT_STREQ(nameOf(outcome.kind), "same") << outcome.how;
}

TEST(FuzzShrink, ReachesTheSmallestScriptThatStillHasThePlantedDifference) {
  Json script = fuzzScript(1, 2, {});
  auto& steps = script["steps"];
  steps.push_back(
      parsed(R"({"send": "ann", "script": [{"do": "get", "key": "a"}, {"do": "planted", "limit": 2, "end": "z"},
    {"do": "also", "key": "b", "value": {"planted": [1, 2]}}, {"do": "reply"}]})"));
  steps.push_back({{"quiet", true}});
  const Json small = shrinkScript(
      script,
      [](const Json& candidate) {
        return says(candidate, R"("connect":"ann")") && says(candidate, R"("do":"planted")") &&
               says(candidate, R"("do":"also")");
      },
      1'000);
  ASSERT_EQ(small["steps"].size(), 4U) << small.dump(1);
  EXPECT_EQ(small["steps"][0].dump(), R"({"connect":"ann"})");
  EXPECT_EQ(small["steps"][2].dump(),
            R"({"script":[{"do":"planted"},{"do":"also","key":"b","value":1}],"send":"ann"})");
}

TEST(FuzzShrink, EndsWithItsBudget) {
  std::size_t asked = 0;
  shrinkScript(fuzzScript(1, 5, {}), [&asked](const Json&) { return ++asked, true; }, 4);
  EXPECT_EQ(asked, 4U);
}

/// Without a difference between the arms there is nothing to find; the same arm twice has none.
TEST(FuzzCampaign, FindsNothingBetweenTheSimulatorAndItself) {
  SimulatorArm one;
  SimulatorArm other;
  const FuzzOptions options{.seed = 3, .scripts = 20, .jobs = 1};
  const FuzzOutcome outcome = fuzz(options, {"simulator", one}, {"simulator", other});
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.broken, 0U);
}

TEST(FuzzCampaign, FindsAndShrinksWhatAnotherProfileDoes) {
  SimulatorArm documented;
  Profile changed;
  changed.clientCloseUnanswered = true;  // D-8
  SimulatorArm other(changed);
  const FuzzOptions options{.seed = 3, .scripts = 40, .jobs = 1};
  const FuzzOutcome outcome = fuzz(options, {"simulator", documented}, {"simulator", other});
  ASSERT_FALSE(outcome.findings.empty());
  EXPECT_TRUE(outcome.findings[0].difference.here.contains("close")) << outcome.findings[0].difference.here;
  EXPECT_LE(outcome.findings[0].scenario["steps"].size(), 8U) << outcome.findings[0].scenario.dump(1);
  EXPECT_EQ(fuzzSummary(options, outcome, "a", "b")["differences"].size(), outcome.findings.size());
}

}  // namespace
}  // namespace Party::Contract
