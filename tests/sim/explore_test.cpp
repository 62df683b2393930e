#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/explore.h>
#include <party/sim/report.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "played_parties.h"

namespace {

using namespace PlayedParties;
using Party::Sim::Exploration;
using Party::Sim::ExploreOptions;
using Party::Sim::Finding;
using Party::Sim::Property;
using Party::Sim::Verb;
using Party::Sim::Verdicts;
using Party::Sim::View;

Exploration explored(const Party::Host::Parties& parties, std::uint64_t lives, std::uint64_t seed = 1,
                     const Property& property = Property(), std::uint32_t jobs = 0) {
  ExploreOptions options;
  options.jobs = jobs;
  options.seed = seed;
  options.budget.lives = lives;
  options.progress = false;
  return explore(property, parties, "main", options);
}

// simulation.md, H: no false alarm on parties that keep what matters where it lasts.
template <class T>
class CorrectParty : public testing::Test {};
using CorrectParties = testing::Types<Wall<true>, Points<false>, Countdown<false>, Awake>;
TYPED_TEST_SUITE(CorrectParty, CorrectParties);

TYPED_TEST(CorrectParty, NeverAlarmsTheSimulator) {
  const auto result = explored(Party::parties<TypeParam>("main"), 20'000);
  EXPECT_EQ(result.verdict, Verdicts::pass);
  if (result.failure) ADD_FAILURE() << reportText(*result.failure, 1, Party::parties<TypeParam>("main"), {});
  EXPECT_EQ(result.randomLives, 20'000u);
  EXPECT_EQ(result.cutShort, 0u);
  EXPECT_GT(result.statistics.count(Verb::crash), 100u);
}

template <class T>
class ForgetfulParty : public testing::Test {};
using ForgetfulParties = testing::Types<Wall<false>, Points<true>, Countdown<true>>;
TYPED_TEST_SUITE(ForgetfulParty, ForgetfulParties);

TYPED_TEST(ForgetfulParty, IsFoundWithEverySeedAndShrunkToAHandfulOfSteps) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = explored(Party::parties<TypeParam>("main"), 2'000, seed);
    ASSERT_EQ(result.verdict, Verdicts::propertyFailed) << "seed " << seed;
    using enum Finding::Kind;
    EXPECT_THAT(result.failure->finding.kind, testing::AnyOf(hibernation, crash, repeat)) << "seed " << seed;
    EXPECT_LE(result.failure->minimal.steps.size(), 6u) << result.failure->minimal.text();
    EXPECT_LT(result.failure->shrinkRuns, 1'000u);
    EXPECT_TRUE(result.failure->shrunkToTheEnd);
  }
}

TEST(Exploring, AWallThatForgetsShrinksToConnectSendHibernateConnect) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = explored(Party::parties<Wall<false>>("main"), 2'000, seed);
    ASSERT_TRUE(result.failure.has_value());
    std::vector<Verb> verbs;
    for (const auto& step : result.failure->minimal.steps) verbs.push_back(step.verb);
    std::ranges::sort(verbs);  // the second client may also be on its way when the room falls asleep
    EXPECT_EQ(verbs, (std::vector{Verb::connect, Verb::connect, Verb::send, Verb::hibernate}))
        << result.failure->minimal.text();
  }
}

TEST(Exploring, GivesTheSameFailureForTheSameSeedWhateverTheBudget) {
  const auto parties = Party::parties<Points<true>>("main");
  const auto one = explored(parties, 1'000, 7);
  const auto two = explored(parties, 100'000, 7);
  ASSERT_TRUE(one.failure && two.failure);
  EXPECT_EQ(one.failure->number, two.failure->number);
  EXPECT_EQ(one.failure->minimal, two.failure->minimal);
}

TEST(Exploring, AnErrorThatLeavesAHandlerIsAFailureUnlessAllowed) {
  const auto result = explored(Party::parties<Picky>("main"), 2'000);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::handlerError);
  EXPECT_EQ(result.failure->finding.how, "onMessage of main/room-1 threw: what is a c?");
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u);

  EXPECT_EQ(explored(Party::parties<Picky>("main"), 500, 1, Property().allowHandlerErrors()).verdict, Verdicts::pass);
}

TEST(Exploring, APartyThatDiffersFromLifeToLifeIsNotDeterministic) {
  const auto result = explored(Party::parties<Leaky>("main"), 2'000);
  EXPECT_EQ(result.verdict, Verdicts::nonDeterminism);
  EXPECT_NE(result.divergence.find("record "), std::string::npos) << result.divergence;
  EXPECT_TRUE(result.divergent.has_value());
}

TEST(Exploring, ALifeThatWouldNotEndIsCutShortAndCounted) {
  const auto result = explored(Party::parties<Restless>("main"), 300, 1, Property().withoutFaults().steps(8));
  EXPECT_EQ(result.verdict, Verdicts::pass);
  EXPECT_GT(result.cutShort, 0u);
}

TEST(Exploring, BelowAHundredLivesThereIsNoVerdict) {
  EXPECT_EQ(explored(Party::parties<Awake>("main"), 50).verdict, Verdicts::tooFewLives);
}

TEST(Exploring, RefusesAPartyThatIsNotThere) {
  EXPECT_THROW(explore(Property(), Party::parties<Awake>("main"), "other"), Party::Error);
}

TEST(Laws, ASometimesThatIsNeverSeenFailsTheRun) {
  Property property;
  property.sometimes("pigs fly", [](const View&) { return false; })
      .sometimes("someone came back", [](const View& view) { return view.reconnects() > 0; });
  const auto result = explored(Party::parties<Awake>("main"), 500, 1, property);
  EXPECT_EQ(result.verdict, Verdicts::sometimesNeverSeen);
  EXPECT_EQ(result.unseen, std::vector<std::string>{"pigs fly"});
}

TEST(Laws, AnAlwaysIsCheckedAfterEveryStep) {
  Property property;
  property.withoutFaults().always("at most one client", [](const View& view) {
    return view.openClients().size() < 2 ? Party::Sim::Verdict(true) : Party::Sim::Verdict::broken("there are two");
  });
  const auto result = explored(Party::parties<Awake>("main"), 500, 1, property);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.law, "at most one client");
  EXPECT_EQ(result.failure->finding.how, "there are two");
  EXPECT_EQ(result.failure->minimal.steps.size(), 2u) << result.failure->minimal.text();
}

TEST(Laws, ANeverIsBrokenWhenItHappens) {
  const auto result = explored(Party::parties<Awake>("main"), 500, 1,
                               Property().never("a crash", [](const View& view) { return view.crashes() > 0; }));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.how, "it happened");
  ASSERT_EQ(result.failure->minimal.steps.size(), 1u);
  EXPECT_EQ(result.failure->minimal.steps[0].verb, Verb::crash);
}

TEST(Laws, AnEventuallyHasTimeUntilAllIsQuietAndItsOwnOnTop) {
  const auto finished = [](const View& view) {  // a countdown that has begun ends
    return std::ranges::all_of(view.openClients(), [](const auto& client) {
      const auto seen = client.messages();
      return seen.empty() || std::ranges::find(seen, Party::Message("0 left")) != seen.end();
    });
  };
  const auto parties = Party::parties<Countdown<false>>("main");
  const auto shape = [] { return Property().withoutFaults().clients(1, 1).steps(4); };
  const auto enough = explored(parties, 1'000, 1, shape().eventually("it ends", 10s, finished));
  EXPECT_EQ(enough.verdict, Verdicts::pass) << enough.failure->minimal.text();
  const auto tooShort = explored(parties, 1'000, 1, shape().eventually("it ends", 500ms, finished));
  ASSERT_TRUE(tooShort.failure.has_value());
  EXPECT_EQ(tooShort.failure->finding.how, "it did not come true in time");
}

TEST(Laws, OpenClientsFoldWhatTheySawIntoTheSame) {
  // Who comes later has seen less: the last line of a wall is not enough, the whole of it is.
  const auto transcript = [](const std::vector<Party::Message>& seen) {
    std::string all;
    for (const auto& message : seen)
      all += all.empty() ? std::string(message.content()) : " " + std::string(message.content());
    return all;
  };
  const auto lines = [](const std::vector<Party::Message>& seen) { return seen.size(); };
  const auto parties = Party::parties<Wall<true>>("main");
  EXPECT_EQ(explored(parties, 1'000, 1,
                     Property().clients(2, 4).eventually("same text", 0s, Party::Sim::sameFold(transcript)))
                .verdict,
            Verdicts::pass);
  const auto result =
      explored(parties, 1'000, 1, Property().clients(2, 4).eventually("same count", 0s, Party::Sim::sameFold(lines)));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.how, "ann and bob differ in room-1");
}

TEST(Laws, NoDuplicatesSeesAMessageThatCameTwice) {
  const auto result = explored(Party::parties<Wall<true>>("main"), 1'000, 1,
                               Property().always("nothing twice", Party::Sim::noDuplicates()));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->minimal.steps.size(), 3u) << result.failure->minimal.text();
}

TEST(Messages, OfAPropertyComeFromItsGeneratorAlone) {
  Property property;
  property.messages(rc::gen::element<std::string>("left", "right"))
      .always("known words",
              [](const View& view) {
                return std::ranges::all_of(view.clients(), [](const auto& client) {
                  return std::ranges::all_of(client.allMessages(), [](const Party::Message& message) {
                    return message.content().starts_with("so far:") || message == Party::Message("left") ||
                           message == Party::Message("right");
                  });
                });
              })
      .sometimes("both", [](const View& view) {
        return std::ranges::any_of(view.clients(), [](const auto& client) {
          const auto seen = client.allMessages();
          return std::ranges::count(seen, Party::Message("left")) > 0 &&
                 std::ranges::count(seen, Party::Message("right")) > 0;
        });
      });
  EXPECT_EQ(explored(Party::parties<Wall<true>>("main"), 500, 1, property).verdict, Verdicts::pass);
}

TEST(Connects, OfAPropertyHaveQueriesOfItsGeneratorAlone) {
  std::set<std::string> queries;
  Property property;
  property.connects(rc::gen::element<std::string>("tags=a", "tags=b")).always("known queries", [&](const View& view) {
    for (const auto& client : view.clients()) {
      for (const auto& message : client.allMessages()) queries.insert(std::string(message.content()));
    }
    return true;
  });
  EXPECT_EQ(explored(Party::parties<Tagged>("main"), 500, 1, property, 1).verdict, Verdicts::pass);
  EXPECT_EQ(queries, (std::set<std::string>{"a", "b"}));
}

// CONNECT-17, D-9: no handler throws, the room itself cannot take so many.
TEST(Connects, WithMoreTagsThanARoomTakesAreAFailure) {
  Property property;
  property.connects(rc::gen::element<std::string>("tags=9", "tags=10"));
  const auto result = explored(Party::parties<ManyTags>("main"), 500, 1, property);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::handlerError);
  EXPECT_NE(result.failure->finding.how.find("can only have 10 tags"), std::string::npos)
      << result.failure->finding.how;
  ASSERT_EQ(result.failure->minimal.steps.size(), 1u);
  EXPECT_EQ(result.failure->minimal.steps[0].payload, "tags=10");
}

// simulation.md, H: a wake costs no virtual time, the calls of onStart included.
TEST(Peers, ThatAreAskedWhenARoomWakesAnswerAtOnce) {
  Property property;
  property.peer("https://outside.example", [](const Party::Request&) { return Party::Response("soup"); });
  const auto result = explored(Party::parties<AsksWhenItWakes>("main"), 5'000, 1, property);
  EXPECT_EQ(result.verdict, Verdicts::pass);
  if (result.failure) ADD_FAILURE() << reportText(*result.failure, 1, Party::parties<AsksWhenItWakes>("main"), {});
  EXPECT_GT(result.statistics.count(Verb::hibernate), 100u);
}

// CP-92: what matters is what happens while the room waits for an answer.
TEST(Peers, OfAPropertyAnswerInEveryLifeAndLetHandlersInterleave) {
  const auto shape = [] {
    return Property().peer("https://outside.example", [](const Party::Request&) { return Party::Response("1"); });
  };
  const auto silent = explored(Party::parties<Adding<false>>("main"), 2'000, 1, shape());
  EXPECT_EQ(silent.verdict, Verdicts::pass);
  if (silent.failure) ADD_FAILURE() << reportText(*silent.failure, 1, Party::parties<Adding<false>>("main"), {});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto found = explored(Party::parties<Adding<true>>("main"), 2'000, seed, shape());
    ASSERT_TRUE(found.failure.has_value()) << "seed " << seed;
    EXPECT_EQ(found.failure->finding.how, "onMessage of main/room-1 threw: an addition was lost");
    EXPECT_LE(found.failure->minimal.steps.size(), 4u) << found.failure->minimal.text();
  }
}

TEST(Properties, OutsideTheLimitsAreRefusedInASentence) {
  EXPECT_THROW(Property().clients(0, 2), Party::Error);
  EXPECT_THROW(Property().clients(3, 2), Party::Error);
  EXPECT_THROW(Property().clients(1, 17), Party::Error);
  EXPECT_THROW(Property().rooms(9), Party::Error);
  EXPECT_THROW(Property().steps(0), Party::Error);
  EXPECT_THROW(Property().steps(5, 4), Party::Error);
}

TEST(Times, AreReadWithTheirUnit) {
  EXPECT_EQ(Party::Sim::parseTime("250ms"), 250ms);
  EXPECT_EQ(Party::Sim::parseTime("5"), 5s);
  EXPECT_EQ(Party::Sim::parseTime("2min"), 2min);
  for (const char* wrong : {"", "-1s", "5 s", "5h", "99999999999999999999s", "86401s"}) {
    EXPECT_THROW(Party::Sim::parseTime(wrong), Party::Error) << wrong;
  }
}

}  // namespace
