#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/gtest.h>
#include <party/sim/rapidcheck.h>
#include <party/sim/shrink.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "checking_parties.h"
#include "played_parties.h"

namespace {

using namespace Party::Sim;
using CheckingParties::Asserting;
using CheckingParties::Echo;
using PlayedParties::Wall;
using testing::HasSubstr;

RC_GTEST_PROP(Rapidcheck, FindsNothingInAWallThatRemembers, (Scenario scenario)) {
  RC_ASSERT(survives(scenario, Party::parties<Wall<true>>("main")));
}

RC_GTEST_PROP(Rapidcheck, MakesScenariosThatAreNormalAndCanBeRead, (const Scenario& scenario)) {
  RC_ASSERT(scenario.isNormal());
  RC_ASSERT(Scenario::parse(scenario.text()).value() == scenario);
  RC_ASSERT(!scenario.steps.empty());
}

RC_GTEST_PROP(Rapidcheck, OffersOnlyNormalScenariosInPlaceOfOne, (const Scenario& scenario)) {
  const auto candidates = simplerThan(scenario);
  RC_ASSERT(std::ranges::all_of(candidates, &Scenario::isNormal));
  RC_ASSERT(std::ranges::find(candidates, scenario) == candidates.end());
}

/// What rapidcheck prints about a property that fails. With a seed of its own, as chance may miss a mistake.
template <class Testable>
std::string failureOf(Testable testable) {
  rc::detail::TestParams params;
  params.seed = 7;
  params.maxSuccess = 1'000;
  const auto result = rc::detail::checkTestable(testable, rc::detail::TestMetadata(), params);
  EXPECT_TRUE(result.template is<rc::detail::FailureResult>());
  std::ostringstream text;
  printResultMessage(result, text);
  return text.str();
}

/// The scenario in rapidcheck's words about a failure.
Scenario printedIn(const std::string& text) {
  std::string lines;
  std::istringstream words(text.substr(std::min(text.find("party-scenario "), text.size())));
  for (std::string line; std::getline(words, line) && !line.empty() && line != ")";) lines += line + '\n';
  const auto read = Scenario::parse(lines);
  EXPECT_TRUE(read.has_value()) << read.error() << "\n" << lines;
  return read.value_or(Scenario());
}

TEST(Rapidcheck, FindsAWallThatForgetsAndShrinksItsLifeToAHandfulOfSteps) {
  const auto parties = Party::parties<Wall<false>>("main");
  const std::string text = failureOf([&](const Scenario& scenario) { RC_ASSERT(survives(scenario, parties)); });
  EXPECT_THAT(text, HasSubstr("broken: "));
  const Scenario minimal = printedIn(text);
  EXPECT_LE(minimal.steps.size(), 4u) << text;
  EXPECT_FALSE(survives(minimal, parties));
  for (const Scenario& simpler : simplerThan(minimal)) EXPECT_TRUE(survives(simpler, parties)) << simpler.text();
}

// RC_ASSERT throws what is no std::exception, and a room catches whatever leaves a handler.
TEST(Rapidcheck, HearsOfAnAssertionInAHandler) {
  const auto parties = Party::parties<Asserting>("main");
  const std::string text = failureOf([&](const Scenario& scenario) { RC_ASSERT(survives(scenario, parties)); });
  EXPECT_THAT(text, HasSubstr("RC_ASSERT(message.content().size() < 5)"));
  EXPECT_EQ(printedIn(text).steps.size(), 2u) << text;
}

TEST(Rapidcheck, HearsOfAnAssertionInALaw) {
  const auto parties = Party::parties<Echo>("main");
  Property property;
  property.always("one client", [](const View& view) {
    RC_ASSERT(view.clients().size() < 2u);
    return true;
  });
  const std::string text =
      failureOf([&](const Scenario& scenario) { RC_ASSERT(survives(scenario, parties, property)); });
  EXPECT_THAT(text, HasSubstr("RC_ASSERT(view.clients().size() < 2u)"));
  EXPECT_EQ(printedIn(text).steps.size(), 2u) << text;
}

TEST(Rapidcheck, MakesLivesOfAnotherPartyInTheShapeOfAProperty) {
  const auto parties = Party::parties<Wall<true>, Echo>("main", "echo");
  const auto texts = rc::gen::element<std::string>("one", "two");
  const auto gen = scenarios(parties, Property().clients(2, 3).messages(texts).withoutFaults(), "echo");
  bool longer = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Scenario scenario = gen(rc::Random(seed), 100).value();
    EXPECT_EQ(scenario.party, "echo");
    EXPECT_GE(scenario.clients, 2);
    EXPECT_LE(scenario.clients, 3);
    EXPECT_TRUE(std::ranges::all_of(scenario.steps, [](const Step& step) {
      return step.verb != Verb::send || step.payload == "one" || step.payload == "two";
    }));
    EXPECT_LE(gen(rc::Random(seed), 10).value().steps.size(), 2u + 4u);  // the others are sleeps
    longer = longer || scenario.steps.size() > 12;
  }
  EXPECT_TRUE(longer);
  EXPECT_THROW(scenarios(parties, Property(), "other"), Party::Error);
}

TEST(Rapidcheck, ShrinksTextsOnlyToTextsOfThePropertysOwnKind) {
  const auto parties = Party::parties<Echo>("main");
  const Property property = Property().messages(rc::gen::element<std::string>("{\"a\":1}", "{\"bc\":23}"));
  const auto gen = scenarios(parties, property);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto simpler = gen(rc::Random(seed), 100).shrinks();
    while (const auto next = simpler.next()) {
      for (const Step& step : next->value().steps) {
        EXPECT_TRUE(step.verb != Verb::send || step.payload.starts_with('{')) << step.payload;
      }
    }
  }
}

TEST(Rapidcheck, GivesTheSameLifeForTheSameRandom) {
  const auto gen = rc::gen::arbitrary<Scenario>();
  EXPECT_EQ(gen(rc::Random(7), 50).value(), gen(rc::Random(7), 50).value());
  EXPECT_NE(gen(rc::Random(7), 50).value(), gen(rc::Random(8), 50).value());
}

}  // namespace
