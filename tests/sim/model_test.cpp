#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/sim/explore.h>
#include <party/sim/gtest.h>
#include <party/sim/model.h>
#include <party/sim/rapidcheck.h>
#include <party/sim/report.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model_parties.h"

// A party against a plain value: what it must not be blamed for, and what it must.

namespace {

using namespace ModelParties;
using namespace Party::Sim;
using testing::HasSubstr;

template <class Class>
Exploration explored(const Property& property, std::uint64_t seed = 1, std::uint64_t lives = 2'000) {
  ExploreOptions options;
  options.seed = seed;
  options.budget.lives = lives;
  options.progress = false;
  options.shrinkTime = std::chrono::minutes(1);
  return explore(property, Party::parties<Class>("main"), "main", options);
}

template <class Class>
Exploration expectFollows(const Property& property, std::uint64_t lives = 2'000) {
  auto result = explored<Class>(property, 1, lives);
  EXPECT_EQ(result.verdict, Verdicts::pass);
  EXPECT_EQ(result.undecided.times, 0u) << result.undecided.why;
  EXPECT_GT(result.statistics.count(Verb::crash), 50u);
  EXPECT_GT(result.statistics.count(Verb::drop), 100u);
  if (result.failure) ADD_FAILURE() << reportText(*result.failure, 1, Party::parties<Class>("main"), {});
  return result;
}

/// With every one of twenty seeds, as the law and not by something that is always on.
template <class Class>
void expectFound(const Property& property, std::string_view how, std::size_t steps) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = explored<Class>(property, seed);
    ASSERT_TRUE(result.failure.has_value()) << "seed " << seed;
    EXPECT_EQ(result.failure->finding.kind, Finding::Kind::law) << result.failure->finding.law;
    EXPECT_EQ(result.failure->finding.law, "follows its model");
    EXPECT_THAT(result.failure->finding.how, HasSubstr(how));
    EXPECT_LE(result.failure->minimal.steps.size(), steps) << result.failure->minimal.text();
  }
}

Model<int> counter() {
  Model<int> model;
  model.command("inc", [](int& count) { return "now " + std::to_string(++count); });
  model.command("get", [](int& count) { return "now " + std::to_string(count); });
  model.answers("now ");
  return model;
}

Property counting(const Model<int>& model) {
  Property property;
  property.clients(1, 3).follows(model).peer("https://outside.example",
                                             [](const Party::Request&) { return Party::Response("yes"); });
  return property;
}

TEST(AModel, OfACounterIsFollowedThroughEveryFault) {
  expectFollows<Counter<Mistake::none>>(counting(counter()), 5'000);
}

TEST(AModel, OfACounterFindsAnUpdateThatIsLostAcrossACall) {
  // One who sends twice without waiting is enough.
  expectFound<Counter<Mistake::lostUpdate>>(
      counting(counter()),
      "no order of the operations in room-1 explains their answers: ann inc; ann inc; ann <- now 1; ann <- now 1", 3);
}

TEST(AModel, OfACounterFindsAnAnswerThatACrashTakesBack) {
  expectFound<Counter<Mistake::inMemory>>(counting(counter()), "ann <- now 1; ", 5);
}

TEST(AModel, FindsAtRestWhatIsOnDiskAndNotInAnyAnswer) {
  const auto onDisk = [](int count, const DiskImage& disk) {
    const auto kept = disk.entries.find("count");
    return count == (kept == disk.entries.end() ? 0 : Party::decodeValue<int>(kept->second));
  };
  Model<int> model = counter();
  model.atRest(0s, onDisk);
  expectFollows<Counter<Mistake::none>>(counting(model));
  const auto result = explored<Counter<Mistake::everyThirdOff>>(counting(model));
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_THAT(result.failure->finding.how, HasSubstr("explains their answers and what is on disk: "));
  EXPECT_EQ(result.failure->minimal.steps.size(), 4u) << result.failure->minimal.text();
}

rc::Gen<std::string> someNames() { return rc::gen::element<std::string>("ann", "bob"); }

TEST(AModel, OfASetTakesArgumentsAndIsFollowedThroughEveryFault) {
  using Set = std::set<std::string, std::less<>>;
  Model<Set> model;
  model.command("add ", someNames(),
                [](Set& all, std::string_view name) { return all.emplace(name).second ? "yes" : "no"; });
  model.command("remove ", someNames(),
                [](Set& all, std::string_view name) { return all.erase(std::string(name)) > 0 ? "yes" : "no"; });
  expectFollows<Names>(Property().clients(1, 3).follows(model));

  Model<Set> mistaken;  // a set is not a list: adding twice is no news
  mistaken.command("add ", someNames(), [](Set& all, std::string_view name) { return all.emplace(name), "yes"; });
  expectFound<Names>(Property().clients(1, 3).follows(mistaken), "ann add ", 3);
}

Model<std::vector<std::string>> queue() {
  using Items = std::vector<std::string>;
  Model<Items> model;
  model.command("push ", someNames(),
                [](Items& items, std::string_view item) { return items.emplace_back(item), "ok"; });
  model
      .command("pop",
               [](Items& items) {
                 const std::string first = items.front();
                 items.erase(items.begin());
                 return "got " + first;
               })
      .when([](const Items& items) { return !items.empty(); });
  return model;
}

TEST(AModel, OfAQueueIsFollowedThroughEveryFaultAndKeepsItsOrder) {
  expectFollows<Queue<false>>(Property().clients(1, 3).follows(queue()));
  expectFound<Queue<true>>(Property().clients(1, 3).follows(queue()), "ann <- got ", 5);
}

TEST(APrecondition, SteersRandomLivesAndNothingElse) {
  std::size_t pops = 0;
  std::size_t impossible = 0;
  const Property steered = Property().clients(1, 1).withoutFaults().follows(queue());
  const auto lives = scenarios(Party::parties<Queue<false>>("main"), steered);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::size_t kept = 0;
    for (const Step& step : lives(rc::Random(seed), 100).value().steps) {
      if (step.payload.starts_with("push")) ++kept;
      if (step.payload != "pop") continue;
      ++pops;
      if (kept == 0) {
        ++impossible;
      } else {
        --kept;
      }
    }
  }
  EXPECT_GT(pops, 300u);
  EXPECT_LT(impossible, pops / 20);  // in a room that nobody is in, none is possible
}

TEST(APrecondition, ThatDoesNotHoldMakesACommandThatDoesNothing) {
  // The queue answers "empty handed", which the model does not know of; and shrinking may leave a pop alone.
  const char* const visit =
      "party-scenario 1\nparty main\nclients 1\nrooms 1\nseed 7\n1 +0ms ann connects to room-1\n"
      "2 +20ms ann sends \"pop\"\n3 +99ms ann sends \"push bob\"\n4 +99ms ann sends \"pop\"\n";
  EXPECT_TRUE(survives(visit, Party::parties<Queue<false>>("main"), Property().follows(queue())));
}

TEST(AModel, TakesAnswersThatComeOutOfOrderAndKnowsThemByTheirNames) {
  const auto idOf = [](std::string_view text) {
    return std::string(text.substr(std::min(text.find('#'), text.size())));
  };
  const auto numbered = rc::gen::map(
      rc::gen::pair(rc::gen::element<std::string>("1", "2", "3"), rc::gen::inRange(0, 1'000'000)),
      [](const std::pair<std::string, int>& both) { return both.first + " #" + std::to_string(both.second); });
  Model<int> model;
  model.command("double ", numbered, [](int&, std::string_view argument, const std::optional<std::string>& answer) {
    return !answer || answer->starts_with(std::to_string(2 * (argument[0] - '0')) + " ");
  });
  expectFollows<OutOfOrder<false>>(Property().follows(model));
  model.answers(idOf, [idOf](std::string_view text) { return std::optional<std::string>(idOf(text)); });
  expectFollows<OutOfOrder<false>>(Property().follows(model));
  expectFound<OutOfOrder<true>>(Property().follows(model), "ann double ", 4);
}

TEST(AModel, MayLookAtAnAnswerThatItsValueDoesNotDetermine) {
  Model<int> model;
  model.command("inc", [](int& count) {
    ++count;
    return std::optional<std::string>();
  });
  model.command("get", rc::gen::just<std::string>(""),
                [](int& count, std::string_view, const std::optional<std::string>& answer) {
                  return !answer || *answer <= "now " + std::to_string(count);
                });
  model.answers("now ");
  EXPECT_EQ(explored<Counter<Mistake::none>>(counting(model).steps(8)).verdict, Verdicts::pass);
}

TEST(AModel, WhoseCommandsAreNotAnsweredBlamesNobodyForThem) {
  Model<int> model;
  model.command("inc", [](int& count) { ++count; });
  model.command("get", [](int& count) { return "now " + std::to_string(count); });
  model.answers("never");
  expectFollows<Counter<Mistake::inMemory>>(counting(model).withoutCrashes());
}

TEST(AModel, LeavesALifeUndecidedThatTakesLongerThanItsBudget) {
  Model<int> model = counter();
  model.budget(2);
  const auto result = explored<Counter<Mistake::none>>(counting(model), 1, 300);
  EXPECT_EQ(result.verdict, Verdicts::pass);
  EXPECT_GT(result.undecided.times, 0u);
  EXPECT_THAT(result.undecided.why, HasSubstr("2 steps were not enough to find an order of "));
}

TEST(AModel, FindsTheSameWithAnyNumberOfJobs) {
  ExploreOptions options;
  options.budget.lives = 2'000;
  options.progress = false;
  options.shrinkTime = std::chrono::minutes(1);
  std::vector<Exploration> found;
  for (const std::uint32_t jobs : {1u, 4u}) {
    options.jobs = jobs;
    found.push_back(
        explore(counting(counter()), Party::parties<Counter<Mistake::lostUpdate>>("main"), "main", options));
    ASSERT_TRUE(found.back().failure.has_value());
  }
  EXPECT_EQ(found[0].failure->number, found[1].failure->number);
  EXPECT_EQ(found[0].failure->minimal, found[1].failure->minimal);
}

using CorrectCounter = Counter<Mistake::none>;
PARTY_PROPERTY(CorrectCounter, CountsLikeANumber) {
  Model<int> model;
  model.command("inc", [](int& count) { return "now " + std::to_string(++count); });
  model.command("get", [](int& count) { return "now " + std::to_string(count); });
  model.answers("now ");
  follows(model);
}

}  // namespace
