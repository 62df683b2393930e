#include <gtest/gtest.h>
#include <party/sim/shrink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using Party::Sim::Fault;
using Party::Sim::Faults;
using Party::Sim::Scenario;
using Party::Sim::shrink;
using Party::Sim::ShrinkLimits;
using Party::Sim::Step;
using Party::Sim::Verb;

/// Thirty steps of every kind, by five clients in three rooms.
Scenario wildScenario() {
  Scenario scenario;
  scenario.clients = 5;
  scenario.rooms = 3;
  scenario.faults = Faults::all();
  constexpr Verb cycle[] = {Verb::connect, Verb::send, Verb::hibernate, Verb::send,
                            Verb::drop,    Verb::wait, Verb::crash};
  for (Party::Sim::StepId id = 1; id <= 30; ++id) {
    Step step{.id = id, .after = 7 * id, .verb = cycle[id % std::size(cycle)]};
    if (step.verb != Verb::wait && step.verb != Verb::crash && step.verb != Verb::hibernate)
      step.client = static_cast<std::uint8_t>(id % 5);
    if (step.verb == Verb::connect || step.verb == Verb::hibernate) step.room = static_cast<std::uint8_t>(id % 3);
    if (step.verb == Verb::send) step.payload = "message number " + std::to_string(id);
    scenario.steps.push_back(step);
  }
  return scenario;
}

bool contains(const Scenario& scenario, Party::Sim::StepId id) {
  return std::ranges::find(scenario.steps, id, &Step::id) != scenario.steps.end();
}

TEST(Shrinking, LeavesExactlyTheStepsThatMatterWithTheirNumbers) {
  const auto fails = [](const Scenario& s) { return contains(s, 4) && contains(s, 17) && contains(s, 23); };
  const auto result = shrink(wildScenario(), fails);
  ASSERT_TRUE(result.minimal);
  ASSERT_EQ(result.scenario.steps.size(), 3u);
  EXPECT_EQ(result.scenario.steps[0].id, 4u);
  EXPECT_EQ(result.scenario.steps[1].id, 17u);
  EXPECT_EQ(result.scenario.steps[2].id, 23u);
  EXPECT_TRUE(result.scenario.isNormal());
  EXPECT_LT(result.runs, 300u);
}

TEST(Shrinking, RemovesWhatDoesNotMatterFromWhatStays) {
  const auto fails = [](const Scenario& s) {
    return std::ranges::any_of(s.steps, [](const Step& step) { return step.verb == Verb::send; });
  };
  const auto result = shrink(wildScenario(), fails);
  ASSERT_EQ(result.scenario.steps.size(), 1u);
  EXPECT_EQ(result.scenario.steps[0].after, 0u);
  EXPECT_LE(result.scenario.steps[0].payload.size(), 1u);
  EXPECT_EQ(result.scenario.steps[0].client, 0);
  EXPECT_EQ(result.scenario.clients, 1);
  EXPECT_EQ(result.scenario.rooms, 1);
  EXPECT_EQ(result.scenario.faults, Faults::none());
}

TEST(Shrinking, KeepsTheTimeOfRemovedStepsWhenTimeIsWhatMatters) {
  const auto fails = [](const Scenario& s) { return !s.steps.empty() && s.milliseconds() >= 2'000; };
  const auto result = shrink(wildScenario(), fails);
  ASSERT_EQ(result.scenario.steps.size(), 1u);
  EXPECT_GE(result.scenario.milliseconds(), 2'000u);
}

TEST(Shrinking, RemovesStepsThatOnlyGoTogether) {
  const auto fails = [](const Scenario& s) { return contains(s, 5) && contains(s, 8) == contains(s, 14); };
  const auto result = shrink(wildScenario(), fails);
  ASSERT_EQ(result.scenario.steps.size(), 1u);
  EXPECT_EQ(result.scenario.steps[0].id, 5u);
}

TEST(Shrinking, KeepsTheFaultThatMatters) {
  const auto fails = [](const Scenario& s) { return s.faults.has(Fault::delayedReads); };
  const auto result = shrink(wildScenario(), fails);
  EXPECT_EQ(result.scenario.faults, Faults::none().with(Fault::delayedReads));
  EXPECT_TRUE(result.scenario.steps.empty());
}

TEST(Shrinking, NeverReturnsWhatDoesNotFail) {
  for (std::size_t modulus = 2; modulus < 8; ++modulus) {  // far from monotone: removing one step never fails
    const auto fails = [&](const Scenario& s) { return s.steps.size() % modulus == 30 % modulus; };
    const auto result = shrink(wildScenario(), fails);
    EXPECT_TRUE(fails(result.scenario));
    EXPECT_TRUE(result.minimal);
  }
}

TEST(Shrinking, EndsWithinItsBudgetAndSaysSo) {
  std::size_t runs = 0;
  const auto fails = [&](const Scenario& s) { return ++runs, contains(s, 4) && contains(s, 17) && contains(s, 23); };
  const auto result = shrink(wildScenario(), fails, ShrinkLimits{.runs = 20});
  EXPECT_FALSE(result.minimal);
  EXPECT_EQ(result.runs, 20u);
  EXPECT_EQ(runs, 20u);
  EXPECT_TRUE(contains(result.scenario, 4) && contains(result.scenario, 17) && contains(result.scenario, 23));

  const auto none = shrink(wildScenario(), fails, ShrinkLimits{.spent = [] { return true; }});
  EXPECT_EQ(none.runs, 0u);
  EXPECT_EQ(none.scenario, wildScenario());
}

TEST(Shrinking, UsesOnlyTheTextsGivenWhenPayloadsMayNotBeCut) {
  const auto fails = [](const Scenario& s) { return !s.steps.empty() && s.steps[0].verb == Verb::send; };
  Scenario scenario;
  scenario.steps = {{.id = 1, .verb = Verb::send, .payload = "{\"kind\":\"chat\",\"text\":\"a long one\"}"}};
  const ShrinkLimits limits{.payloads = {"{\"kind\":\"chat\"}"}, .cutPayloads = false};
  EXPECT_EQ(shrink(scenario, fails, limits).scenario.steps[0].payload, "{\"kind\":\"chat\"}");
}

TEST(Shrinking, LetsTimePassInsteadOfWaitingForOneAlarmAfterTheOther) {
  // As where an alarm sets the next one: each wait for it, and each minute, are one more.
  const auto fails = [](const Scenario& s) {
    std::uint64_t alarms = 0;
    for (const Step& step : s.steps) alarms += step.verb == Verb::fireAlarm ? 1 : step.after / 20'000;
    return alarms >= 3;
  };
  Scenario scenario;
  for (Party::Sim::StepId id = 1; id <= 3; ++id) scenario.steps.push_back({.id = id, .verb = Verb::fireAlarm});
  const auto result = shrink(scenario, fails);
  ASSERT_EQ(result.scenario.steps.size(), 1u) << result.scenario.text();
  EXPECT_EQ(result.scenario.steps[0].verb, Verb::wait);

  scenario.steps.push_back({.id = 4, .verb = Verb::connect});
  const auto needsConnect = [&](const Scenario& s) {
    return fails(s) && !s.steps.empty() && s.steps.back().verb == Verb::connect;
  };
  EXPECT_EQ(shrink(scenario, needsConnect).scenario.steps.size(), 1u);
}

TEST(Shrinking, LetsOneClientDoWhatTwoDid) {
  const auto fails = [](const Scenario& s) {
    const auto sends = std::ranges::count(s.steps, Verb::send, &Step::verb);
    const auto speaks = [&](const Step& step) {
      return step.verb != Verb::send || std::ranges::any_of(s.steps, [&](const Step& other) {
               return other.verb == Verb::connect && other.client == step.client && other.id < step.id;
             });
    };
    return sends >= 2 && std::ranges::all_of(s.steps, speaks);
  };
  Scenario scenario;
  scenario.clients = 2;
  scenario.steps = {{.id = 1, .verb = Verb::connect},
                    {.id = 2, .verb = Verb::connect, .client = 1},
                    {.id = 3, .verb = Verb::send, .payload = "a"},
                    {.id = 4, .verb = Verb::send, .client = 1, .payload = "a"}};
  const auto result = shrink(scenario, fails);
  EXPECT_EQ(result.scenario.steps.size(), 3u) << result.scenario.text();
  EXPECT_EQ(result.scenario.clients, 1);
}

/// Of so many bytes each, or of a letter; as from a party that refuses messages of more than 100,000 bytes and keeps
/// the others in one place.
Scenario fullOf(const std::vector<std::uint32_t>& sizes) {
  Scenario scenario;
  Party::Sim::StepId id = 0;
  for (const std::uint32_t size : sizes) {
    scenario.steps.push_back({.id = ++id, .verb = Verb::send, .number = size, .payload = "a"});
  }
  return scenario;
}
bool overflows(const Scenario& scenario) {
  std::size_t sum = 0;
  for (const Step& step : scenario.steps) {
    const std::size_t size = messageOf(step).size();
    if (step.verb == Verb::send && size <= 100'000) sum += size;
  }
  return sum > 131'072;
}

TEST(Shrinking, MergesMessagesWhoseBytesAddUpButNotBeyondWhatTheRoomTakes) {
  for (const auto& sizes : {std::vector<std::uint32_t>{100, 20'000, 1'000, 20'000, 20'000, 70'000},
                            {70'000, 0, 60'000, 1'000, 100},
                            std::vector<std::uint32_t>(14, 10'000)}) {
    ASSERT_TRUE(overflows(fullOf(sizes)));
    const auto result = shrink(fullOf(sizes), overflows);
    EXPECT_TRUE(result.minimal);
    EXPECT_EQ(result.scenario.steps.size(), 2u) << result.scenario.text();
    EXPECT_TRUE(result.scenario.isNormal());
  }
}

TEST(Shrinking, RepeatsNoTextThatMayNotBeCutToMergeMessages) {
  Scenario scenario = fullOf({0, 0, 0});
  for (Step& step : scenario.steps) step.payload = "{\"kind\":\"roll\"}";
  const auto fails = [](const Scenario& s) {
    std::size_t sum = 0;
    for (const Step& step : s.steps) sum += messageOf(step).size();
    return sum >= 3 * 15;
  };
  ASSERT_TRUE(fails(scenario));
  EXPECT_EQ(shrink(scenario, fails, ShrinkLimits{.cutPayloads = false}).scenario.steps.size(), 3u);
  EXPECT_EQ(shrink(scenario, fails).scenario.steps.size(), 1u);
}

TEST(Shrinking, TakesTheQueryOfAConnectFromTheQueriesGivenAndCutsNone) {
  const auto fails = [](const Scenario& s) { return !s.steps.empty() && s.steps[0].verb == Verb::connect; };
  Scenario scenario;
  scenario.steps = {{.id = 1, .verb = Verb::connect, .payload = "tags=one,two"}};
  const ShrinkLimits limits{.payloads = {"a"}, .queries = {"tags=a"}};
  EXPECT_EQ(shrink(scenario, fails, limits).scenario.steps[0].payload, "tags=a");
}

}  // namespace
