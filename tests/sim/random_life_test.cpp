#include "random_life.h"

#include <gtest/gtest.h>
#include <party/party.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>

namespace {

using Party::Sim::Fault;
using Party::Sim::Property;
using Party::Sim::Scenario;
using Party::Sim::Schedule;
using Party::Sim::Step;
using Party::Sim::Verb;
using Party::Sim::Detail::LifeStyle;

class Plain : public Party::Server {
 public:
  using Party::Server::Server;
};

constexpr std::size_t lives = 400;

template <class Holds>
std::size_t count(const Property& property, Holds&& holds, const LifeStyle& style = {}) {
  const auto parties = Party::parties<Plain>("main");
  std::size_t found = 0;
  for (std::size_t number = 0; number < lives; ++number) {
    const Scenario life = Party::Sim::Detail::randomLife(parties.front(), property, 1, number, style);
    EXPECT_TRUE(life.isNormal()) << life.text();
    found += holds(life) ? 1 : 0;
  }
  return found;
}

bool has(const Scenario& life, Verb verb) {
  return std::ranges::any_of(life.steps, [verb](const Step& step) { return step.verb == verb; });
}

TEST(RandomLives, SwitchEachKindOfFaultOnInSomeAndOffInOthers) {
  for (const Verb verb : {Verb::crash, Verb::reset, Verb::drop, Verb::vanish, Verb::breakProtocol, Verb::failCommit,
                          Verb::loseCommitReply, Verb::hibernate}) {
    const std::size_t with = count(Property(), [&](const Scenario& life) { return has(life, verb); });
    EXPECT_GT(with, lives / 10) << static_cast<int>(verb);
    EXPECT_LT(with, lives * 9 / 10) << static_cast<int>(verb);
  }
  for (const Verb verb : {Verb::partition, Verb::readNothing, Verb::exceedCpu, Verb::redeploy}) {
    const std::size_t with = count(Property(), [&](const Scenario& life) { return has(life, verb); });
    EXPECT_GT(with, lives / 40) << static_cast<int>(verb);
    EXPECT_LT(with, lives / 4) << static_cast<int>(verb);
  }
  for (unsigned i = 0; i < Party::Sim::faults; ++i) {
    const auto fault = static_cast<Fault>(i);
    const std::size_t with = count(Property(), [&](const Scenario& life) { return life.faults.has(fault); });
    EXPECT_GT(with, lives / 8) << nameOf(fault);
    EXPECT_LT(with, lives / 2) << nameOf(fault);
  }
}

TEST(RandomLives, HavePrioritiesAsTheScheduleSays) {
  const auto ranked = [](const Scenario& life) { return life.faults.has(Fault::priorities); };
  EXPECT_EQ(count(Property(), ranked, {.schedule = Schedule::walk}), 0u);
  EXPECT_EQ(count(Property(), ranked, {.schedule = Schedule::pct}), lives);
  EXPECT_EQ(count(Property().withoutFaults(), ranked, {.schedule = Schedule::pct}), 0u);
}

TEST(RandomLives, WithoutSwarmHaveEveryKindOfSlownessAndMostKindsOfSteps) {
  const LifeStyle everything{.swarm = false};
  const auto slow = [](const Scenario& life) { return life.faults == Party::Sim::Faults::all(); };
  EXPECT_EQ(count(Property(), slow, everything), lives);
  const auto closes = [](const Scenario& life) { return has(life, Verb::close); };
  EXPECT_GT(count(Property(), closes, everything), count(Property(), closes));
}

TEST(AQuietVisit, OfTwoClientsIsTheSameForASeedAndHasNoFault) {
  const auto parties = Party::parties<Plain>("main");
  const Scenario visit = Party::Sim::Detail::quietVisit(parties.front(), Property(), 5);
  EXPECT_TRUE(visit.isNormal()) << visit.text();
  EXPECT_EQ(visit, Party::Sim::Detail::quietVisit(parties.front(), Property(), 5));
  EXPECT_NE(visit, Party::Sim::Detail::quietVisit(parties.front(), Property(), 6));
  EXPECT_EQ(std::ranges::count(visit.steps, Verb::connect, &Step::verb), 2);
  EXPECT_EQ(std::ranges::count(visit.steps, Verb::send, &Step::verb), 6);
  EXPECT_TRUE(std::ranges::none_of(visit.steps, [](const Step& step) { return isFault(step.verb); }));
  EXPECT_EQ(visit.faults, Party::Sim::Faults::none());
}

TEST(RandomLives, HaveAsManyStepsAsTheyMay) {
  const auto steps = [](std::size_t least, std::size_t most) {
    return [=](const Scenario& life) { return life.steps.size() >= least && life.steps.size() <= most; };
  };
  EXPECT_EQ(count(Property().withoutFaults().withoutHibernation().steps(30, 30), steps(30, 30)), lives);
  EXPECT_EQ(count(Property().withoutFaults().withoutHibernation().steps(5, 7), steps(5, 7)), lives);
  EXPECT_EQ(count(Property().withoutFaults().withoutHibernation().steps(2), steps(2, 2)), lives);
}

TEST(RandomLives, OfWhoCallsSomebodyOutsideMostlyHaveSlowCalls) {
  Property property;
  property.peer("https://outside.example", [](const Party::Request&) { return Party::Response(); });
  const auto slow = [](const Scenario& life) { return life.faults.has(Fault::slowCalls); };
  EXPECT_GT(count(property, slow), lives / 2);
  EXPECT_LT(count(property, slow), lives * 9 / 10);
  EXPECT_EQ(count(property.withoutFaults(), slow), 0u);
}

TEST(RandomLives, ConnectWithQueriesWhenThereIsAGeneratorForThem) {
  const auto queried = [](const Scenario& life) {
    return std::ranges::any_of(life.steps,
                               [](const Step& step) { return step.verb == Verb::connect && !step.payload.empty(); });
  };
  EXPECT_EQ(count(Property(), queried), 0u);
  EXPECT_EQ(count(Property().connects(rc::gen::just<std::string>("a=b")), queried), lives);
}

}  // namespace
