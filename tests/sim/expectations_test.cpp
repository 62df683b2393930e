#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <party/sim/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "checking_parties.h"

// simulation.md, traps: a check of a test framework counts wherever a property's code runs, and only there.

namespace {

using namespace CheckingParties;
using namespace Party::Sim;
using testing::HasSubstr;

ExploreOptions exactly(std::uint64_t lives, std::uint32_t jobs = 1) {
  ExploreOptions options;
  options.budget.lives = lives;
  options.jobs = jobs;
  options.progress = false;
  options.shrinkTime = std::chrono::minutes(1);
  return options;
}

template <class Class>
Exploration explored(const Property& property, std::uint32_t jobs = 1, std::uint64_t lives = 500) {
  return explore(property, Party::parties<Class>("main"), "main", exactly(lives, jobs));
}

Property watched() { return Property().expectations(GoogleTestWatch::make); }

/// Finds the words in the failures of one PARTY_PROPERTY, which must be one.
template <class Class>
std::string theOneReport(const Property& property) {
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter all(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    Detail::tryProperty(property, Party::parties<Class>("main"), "Suite", "Name", SourcePlace{__FILE__, __LINE__});
  }
  EXPECT_EQ(results.size(), 1);
  return results.size() == 0 ? "" : results.GetTestPartResult(0).message();
}

void expectFewMessages(const View& view) {
  for (const ClientView& client : view.clients()) EXPECT_LT(client.messages().size(), 2u) << "too many for one";
}

TEST(Expectations, InALawBreakItAndTheLifeIsShrunk) {
  const auto result = explored<Echo>(watched().always("little is said", [](const View& view) {
    expectFewMessages(view);
    return true;
  }));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
  EXPECT_EQ(result.failure->finding.law, "little is said");
  EXPECT_THAT(result.failure->finding.how, HasSubstr("expectations_test.cpp:"));
  EXPECT_THAT(result.failure->finding.how, HasSubstr("too many for one"));
  EXPECT_EQ(result.failure->minimal.steps.size(), 3u) << result.failure->minimal.text();
  EXPECT_TRUE(result.failure->shrunkToTheEnd);
}

TEST(Expectations, InEachKindOfLawCount) {
  const auto looks = [](bool answer) {
    return [answer](const View& view) {
      EXPECT_LT(view.clients().size(), 2u);
      return answer;
    };
  };
  for (const Property& property : {watched().never("law", looks(false)), watched().eventually("law", 1s, looks(true)),
                                   watched().sometimes("law", looks(true)), watched().sometimes("law", looks(false))}) {
    const auto result = explored<Echo>(property);
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
    EXPECT_EQ(result.failure->finding.law, "law");
    EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
  }
}

TEST(Expectations, InAHandlerAreAFindingOfTheirOwn) {
  const auto result = explored<Expecting>(watched().messages(rc::gen::element<std::string>("1", "2", "3")));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
  EXPECT_EQ(result.failure->finding.law, "no expectation fails");
  EXPECT_THAT(result.failure->finding.how, HasSubstr("checking_parties.h:"));
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
}

TEST(Expectations, OfARequirementCountBeforeTheErrorItThrows) {
  const auto result = explored<Requiring>(watched());
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
  EXPECT_THAT(result.failure->finding.how, HasSubstr("message.isText()"));
}

TEST(Expectations, InAPeerCount) {
  const auto peer = [](const Party::Request&) -> Party::Response {
    ADD_FAILURE() << "nobody should ask";
    return Party::Response("soup");
  };
  const auto result = explored<Asking>(watched().peer("https://outside.example", peer));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_THAT(result.failure->finding.how, HasSubstr("nobody should ask"));
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
}

TEST(Expectations, InAGeneratorAreReportedWithTheSeedAndWithoutALife) {
  const auto texts = rc::gen::map(rc::gen::element<std::string>("a", "b", "c"), [](std::string text) {
    EXPECT_NE(text, "c");
    return text;
  });
  const Property property = watched().messages(texts);
  for (const std::uint32_t jobs : {1u, 4u}) {
    const auto result = explored<Echo>(property, jobs);
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_EQ(result.failure->finding.kind, Finding::Kind::generator);
    EXPECT_EQ(result.failure->shrinkRuns, 0u);
  }
  const std::string report = theOneReport<Echo>(property);
  EXPECT_THAT(report, HasSubstr("no expectation fails while a life is made up"));
  EXPECT_THAT(report, HasSubstr("of seed "));
  EXPECT_THAT(report, testing::Not(HasSubstr("PARTY_REGRESSION")));
}

TEST(Expectations, ThatFailAreReportedOnceWithTheirTextAndPlaceAndATestToPaste) {
  const std::string report = theOneReport<Expecting>(watched().messages(rc::gen::just<std::string>("longer")));
  EXPECT_THAT(report, HasSubstr("broken: no expectation fails"));
  EXPECT_THAT(report, HasSubstr("checking_parties.h:"));
  EXPECT_THAT(report, HasSubstr("a message that is too long"));
  EXPECT_THAT(report, HasSubstr("PARTY_REGRESSION(Suite, Name, NoExpectationFails,"));
}

TEST(Expectations, AreTheSameWithAnyNumberOfJobs) {
  const Property property = watched().sometimes("two came", [](const View& view) {
    EXPECT_LT(view.reconnects(), 4u);
    return view.clients().size() > 1;
  });
  const auto alone = explored<Echo>(property, 1, 2'000);
  ASSERT_TRUE(alone.failure.has_value());
  for (const std::uint32_t jobs : {2u, 4u, 8u}) {
    const auto together = explored<Echo>(property, jobs, 2'000);
    ASSERT_TRUE(together.failure.has_value());
    EXPECT_EQ(together.failure->number, alone.failure->number);
    EXPECT_EQ(together.failure->minimal, alone.failure->minimal);
  }
}

TEST(Expectations, ThatHoldLeaveNothing) {
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter all(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    const auto result = explored<Echo>(watched().always("true", [](const View& view) {
      EXPECT_GE(view.clients().size(), 0u);
      return true;
    }));
    EXPECT_EQ(result.verdict, Verdicts::pass);
    EXPECT_EQ(result.randomLives, 500u);
  }
  EXPECT_EQ(results.size(), 0);
}

// Without a watch GoogleTest has them, as in any code.
TEST(Expectations, OfAPropertyWithoutAWatchAreNotJudged) {
  Property property;
  property.always("little is said", [](const View& view) {
    expectFewMessages(view);
    return true;
  });
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter all(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    EXPECT_EQ(explored<Echo>(property).verdict, Verdicts::pass);
  }
  EXPECT_GT(results.size(), 0);
}

TEST(Expectations, InARegressionAndASweepAreReportedOnce) {
  const std::string visit =
      "party-scenario 1\nparty main\nclients 1\nrooms 1\nseed 7\n1 +0ms ann connects to room-1\n"
      "2 +20ms ann sends \"longer\"\n";
  const auto parties = Party::parties<Expecting>("main");
  const auto survived = survives(visit, parties);
  EXPECT_FALSE(survived);
  EXPECT_THAT(survived.message(), HasSubstr("a message that is too long"));
  EXPECT_NONFATAL_FAILURE(Detail::sweepProperty(visit, Property(), parties, "Suite", "Name", SourcePlace()),
                          "broken: no expectation fails");
}

// What fails in the lives beside the first, some of which are made up, is no finding and reaches nobody.
TEST(Expectations, OfTwinsDoNotCount) {
  const auto visit = Scenario::parse(
      "party-scenario 1\nparty main\nclients 1\nrooms 1\nseed 7\n1 +0ms ann connects to room-1\n"
      "2 +20ms ann sends \"a\"\n3 +99ms room-1 hibernates\n4 +20ms ann sends \"b\"\n");
  ASSERT_TRUE(visit.has_value()) << visit.error();
  const Property property = watched();
  Judge judge(Party::parties<HearsOneMessage>("main"), property);
  EXPECT_FALSE(judge.examine(*visit).has_value());
  EXPECT_EQ(judge.totals().lives, 2u);
}

TEST(Expectations, OfAWitnessBesideTheLawsCount) {
  struct Counting final : Witness {
    void afterStep(const View& view) override { EXPECT_LT(view.statistics().steps, 2u); }
  };
  const auto visit = Scenario::parse(
      "party-scenario 1\nparty main\nclients 1\nrooms 1\nseed 7\n1 +0ms ann connects to room-1\n"
      "2 +20ms ann sends \"a\"\n");
  ASSERT_TRUE(visit.has_value()) << visit.error();
  const Property property = watched();
  Judge judge(Party::parties<Echo>("main"), property);
  Counting counting;
  const auto finding = judge.examine(*visit, &counting);
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->law, "no expectation fails");
  EXPECT_FALSE(judge.examine(*visit).has_value());
}

// Of two checks the one that was found is the one that is shrunk.
TEST(Expectations, AreToldApartByTheirPlaceWhileALifeIsShrunk) {
  Finding one{Finding::Kind::expectation, "law", "a", std::nullopt, "a.cpp:1"};
  Finding other{Finding::Kind::expectation, "law", "a", std::nullopt, "a.cpp:2"};
  EXPECT_FALSE(one.sameAs(other));
  other.place = "a.cpp:1";
  other.how = "b";
  EXPECT_TRUE(one.sameAs(other));
}

// RC_ASSERT throws what is no std::exception.
TEST(Assertions, OfRapidcheckInALawBreakIt) {
  const auto result = explored<Echo>(Property().always("one client", [](const View& view) {
    RC_ASSERT(view.clients().size() < 2u);
    return true;
  }));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
  EXPECT_EQ(result.failure->finding.law, "one client");
  EXPECT_THAT(result.failure->finding.how, HasSubstr("RC_ASSERT(view.clients().size() < 2u)"));
  EXPECT_THAT(result.failure->finding.place, testing::MatchesRegex(".*expectations_test.cpp:[0-9]+"));
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
}

TEST(Assertions, OfRapidcheckInAHandlerAreAFindingThoughErrorsOfHandlersAreAllowed) {
  const auto result = explored<Asserting>(Property().allowHandlerErrors());
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
  EXPECT_THAT(result.failure->finding.how, HasSubstr("RC_ASSERT(message.content().size() < 5)"));
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
}

TEST(Assertions, OfRapidcheckInAPeerAreAFindingThoughTheCallerCatchesTheError) {
  const auto peer = [](const Party::Request& request) -> Party::Response {
    RC_ASSERT(request.url().empty());
    return Party::Response("soup");
  };
  const auto result = explored<Asking>(Property().peer("https://outside.example", peer));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::expectation);
  EXPECT_THAT(result.failure->finding.how, HasSubstr("RC_ASSERT(request.url().empty())"));
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
}

TEST(Assertions, OfRapidcheckInAGeneratorAreReportedWithTheSeed) {
  const auto texts = rc::gen::map(rc::gen::element<std::string>("a", "b", "c"), [](std::string text) {
    RC_ASSERT(text != "c");
    return text;
  });
  const auto result = explored<Echo>(Property().messages(texts));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::generator);
}

TEST(Assertions, ThatOnlyDiscardLeaveALawUndecided) {
  const auto result = explored<Echo>(Property().always("one client", [](const View& view) {
    RC_PRE(view.clients().size() < 2u);
    return true;
  }));
  EXPECT_EQ(result.verdict, Verdicts::pass);
  EXPECT_GT(result.undecided.times, 0u);
}

}  // namespace

// In use, as an author writes it.
using CheckingParties::Echo;
PARTY_PROPERTY(Echo, SaysNothingLong) {
  messages(rc::gen::element<std::string>("a", "b"));
  always("short", [](const Party::Sim::View& view) {
    for (const auto& client : view.clients()) {
      for (const auto& message : client.allMessages()) EXPECT_LE(message.content().size(), 1u);
    }
    return true;
  });
}
