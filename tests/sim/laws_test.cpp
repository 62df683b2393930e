#include <gtest/gtest.h>
#include <party/sim/explore.h>
#include <party/sim/laws.h>
#include <party/sim/report.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "law_parties.h"

// Each law holds for a party that keeps it, in lives with crashes, lost connections, slow disks and the rest, and is
// broken by the same party with one mistake.

namespace {

using namespace LawParties;
using namespace Party::Sim;
using Party::Message;

/// What stands behind a word, if the message begins with it.
NameOf behind(std::string word) {
  return [word = std::move(word)](const Message& message) -> std::optional<std::string> {
    if (!message.content().starts_with(word)) return std::nullopt;
    return std::string(message.content().substr(word.size()));
  };
}

std::set<std::string> words(std::string_view text) {
  std::set<std::string> found;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) found.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

/// Every message is one of a kind, as an author's would be with an id in it.
rc::Gen<std::string> numbers() {
  const auto any = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint32_t>());
  return rc::gen::map(any, [](std::uint32_t n) { return "n" + std::to_string(n); });
}

template <class Party_>
Exploration explored(const Property& property, std::uint64_t lives = 3'000) {
  ExploreOptions options;
  options.budget.lives = lives;
  options.progress = false;
  return explore(property, Party::parties<Party_>("main"), "main", options);
}

template <class Party_>
void expectHolds(const Property& property) {
  const auto result = explored<Party_>(property);
  EXPECT_EQ(result.verdict, Verdicts::pass);
  EXPECT_EQ(result.undecided.times, 0u) << result.undecided.why;
  if (result.failure) ADD_FAILURE() << reportText(*result.failure, 1, Party::parties<Party_>("main"), {});
}

template <class Party_>
void expectBroken(const Property& property, std::string_view how, std::size_t steps) {
  const auto result = explored<Party_>(property);
  ASSERT_TRUE(result.failure.has_value()) << "never broken";
  EXPECT_EQ(result.failure->finding.kind, Finding::Kind::law) << result.failure->finding.law;
  EXPECT_NE(result.failure->finding.how.find(how), std::string::npos) << result.failure->finding.how;
  EXPECT_LE(result.failure->minimal.steps.size(), steps) << result.failure->minimal.text();
}

TEST(NoLostAcknowledgedMessage, HoldsWhenThePromiseIsMadeBehindTheWriteAndIsBrokenBeforeIt) {
  const NamesOf have = [](const Message& message) -> std::optional<std::set<std::string>> {
    if (!message.content().starts_with("have")) return std::nullopt;
    return words(message.content().substr(4));
  };
  Property property;
  property.messages(numbers()).clients(1, 3).always("kept", noLostAcknowledgedMessage(behind("ok "), have));
  expectHolds<Ledger<false>>(property);
  expectBroken<Ledger<true>>(property, "after \"n", 4);
}

TEST(ExactlyOnce, HoldsForAnEchoAndIsBrokenByTwoAndByNone) {
  Property property;
  property.messages(numbers()).clients(1, 3).steps(40).eventually("once", 0s, exactlyOnce(behind("n"), behind("n")));
  expectHolds<Stutter<1>>(property);
  expectBroken<Stutter<2>>(property, " times in room-1, and it was sent ", 8);
  expectBroken<Stutter<0>>(property, " times since it came", 8);
}

TEST(TotalOrder, HoldsForAnEchoAndIsBrokenWhenOneClientWaits) {
  Property property;
  property.messages(numbers()).clients(2, 3).always("one order", totalOrder(behind("n")));
  expectHolds<Echo<false>>(property);
  expectBroken<Echo<true>>(property, "in different orders", 4);

  // What is said more than once has no place in an order: who came in between saw the second alone.
  property.messages(rc::gen::element<std::string>("n1", "n2", "n3"));
  expectHolds<Echo<false>>(property);
}

TEST(PresenceConverges, HoldsWhenLeavingIsSeenAndIsBrokenWhenItIsBelieved) {
  Property property;
  property.messages(rc::gen::element<std::string>("leave", "hello")).clients(1, 4);
  property.withoutHibernation().eventually("presence", 10s, presenceConverges([](const std::vector<Message>& seen) {
                                             return seen.empty() ? std::set<std::string>()
                                                                 : words(seen.back().content().substr(5));
                                           }));
  Property quiet = property;
  quiet.messages(rc::gen::just<std::string>("hello"));
  expectHolds<Lobby<false>>(quiet);
  expectBroken<Lobby<true>>(quiet, "who is not there", 3);
  expectBroken<Lobby<false>>(property, "who is there", 2);
}

TEST(SnapshotPlusDeltas, HoldsWhenEveryChangeIsToldAndIsBrokenWhenOneIsNot) {
  const auto sum = [](const Message& message) -> std::optional<int> {
    if (!message.content().starts_with("= ")) return std::nullopt;
    return std::stoi(std::string(message.content().substr(2)));
  };
  const auto add = [](int& state, const Message&) { ++state; };
  Property property;
  property.clients(2, 3).steps(30).eventually("same sum", 0s, snapshotPlusDeltas(sum, add));
  expectHolds<Sum<false>>(property);
  expectBroken<Sum<true>>(property, "have different states of room-1", 7);
}

TEST(KeysMoveTogether, HoldsForOneTurnAndIsBrokenByAWaitBetweenTwoWrites) {
  Property together;
  together.always("both or none", keysMoveTogether({"left", "right"}));
  expectHolds<Scales<false>>(together);
  expectBroken<Scales<true>>(together, "\"right\" is missing", 3);

  Property balanced;
  balanced.always("ten in all", keysMoveTogether<int>({"left", "right"}, [](const auto& values) {
                    return values[0].value_or(10) + values[1].value_or(0) == 10;
                  }));
  expectHolds<Scales<false>>(balanced);
  expectBroken<Scales<true>>(balanced, "do not fit together: left, right", 3);
}

std::optional<Operation> operationOf(const Message& message) {
  const std::string rest(message.content().substr(message.content().empty() ? 0 : 1));
  if (message.content().starts_with('w')) return Operation{Operation::Kind::write, rest, ""};
  if (message.content().starts_with('r')) return Operation{Operation::Kind::read, "", ""};
  if (message.content().starts_with('+')) return Operation{Operation::Kind::add, "1", ""};
  if (message.content().starts_with('i')) return Operation{Operation::Kind::add, rest, ""};
  return std::nullopt;
}
std::optional<OperationResult> resultOf(const Message& message) {
  for (const std::string_view word : {"is ", "sum ", "was ", "done"}) {
    if (message.content().starts_with(word))
      return OperationResult{std::string(message.content().substr(word.size())), ""};
  }
  return std::nullopt;
}

/// Without crashes: these objects live in memory.
Property inMemory(std::initializer_list<std::string> messages) {
  Property property;
  property.clients(2, 4).steps(8).withoutFaults().withoutHibernation();
  property.messages(rc::gen::elementOf(std::vector<std::string>(messages)));
  return property;
}

TEST(LinearizableCounter, HoldsWhenTheSumIsReadBehindTheWaitAndIsBrokenBeforeIt) {
  auto property = inMemory({"+"});
  property.always("counter", linearizableCounter(operationOf, resultOf));
  expectHolds<Shared<false>>(property);
  expectBroken<Shared<true>>(property, "no order of the operations in room-1 explains their answers: ", 4);
}

TEST(LinearizableRegister, IsBrokenByAValueOfLongAgo) {
  auto property = inMemory({"wa", "wb", "r"});
  property.always("register", linearizableRegister(operationOf, resultOf));
  expectBroken<Shared<true>>(property, "no order of the operations", 6);
}

TEST(LinearizableSet, HoldsWhenItIsReadBehindTheWaitAndIsBrokenBeforeIt) {
  auto property = inMemory({"ia", "ib"});
  property.always("set", linearizableSet(operationOf, resultOf));
  expectHolds<Shared<false>>(property);
  expectBroken<Shared<true>>(property, " -> false; ", 4);
}

TEST(Linearizable, ALifeThatTakesLongerThanTheBudgetIsUndecidedAndCounted) {
  auto property = inMemory({"+"});
  LinearizableOptions options;
  options.budget = 2;
  property.steps(20).always("counter", linearizableCounter(operationOf, resultOf, options));
  const auto result = explored<Shared<true>>(property, 200);
  EXPECT_GT(result.undecided.times, 0u);
  EXPECT_NE(result.undecided.why.find("2 steps were not enough to find an order of "), std::string::npos)
      << result.undecided.why;
}

TEST(Projections, LetWhatIsKeptInMemoryOnPurposeDiffer) {
  const auto cursor = [](const Message& message) { return message.content().starts_with("cursor"); };
  const auto words = rc::gen::element<std::string>("1", "2", "3");
  const auto found = explored<Cursor>(Property().messages(words).volatileKeys("moves"));
  ASSERT_TRUE(found.failure.has_value());
  EXPECT_EQ(found.failure->finding.kind, Finding::Kind::hibernation);
  EXPECT_NE(found.failure->finding.how.find("frame 3"), std::string::npos) << found.failure->finding.how;

  const auto onDisk = explored<Cursor>(Property().messages(words).volatileMessages(cursor));
  ASSERT_TRUE(onDisk.failure.has_value());
  EXPECT_NE(onDisk.failure->finding.how.find("key \"moves\""), std::string::npos) << onDisk.failure->finding.how;

  expectHolds<Cursor>(Property().messages(words).volatileMessages(cursor).volatileKeys("mov"));
}

TEST(Projections, ForgiveWhatAConnectionThatBrokeHadNotBroughtYet) {
  const auto life = [](std::initializer_list<const char*> messages, std::uint16_t code) {
    Life played;
    ClientLife client;
    for (const char* text : messages) client.frames.push_back({Frame::Kind::message, 0, 1, {}, Message(text)});
    client.frames.push_back({Frame::Kind::closed, code, 1, {}, Message("")});
    played.clients.push_back(client);
    return played;
  };
  Projections projections;
  projections.volatileMessages.emplace_back([](const Message& message) { return message.content() == "cursor"; });
  EXPECT_FALSE(firstDifference(life({"a", "cursor"}, 1006), life({"a", "b"}, 1006), projections));
  EXPECT_FALSE(firstDifference(life({"a", "b", "c"}, 1006), life({"a"}, 1006), projections));
  EXPECT_TRUE(firstDifference(life({"a", "cursor"}, 1000), life({"a", "b"}, 1000), projections)) << "nothing broke";
  EXPECT_TRUE(firstDifference(life({"a", "c"}, 1006), life({"a", "b"}, 1006), projections)) << "both saw something";
  EXPECT_TRUE(firstDifference(life({"a"}, 1006), life({"a", "b"}, 1006))) << "nothing is left out";
}

TEST(Projections, EventuallyEqualComparesTheLastOfItsKindOverEachConnection) {
  const auto life = [](std::initializer_list<const char*> frames) {
    Life played;
    ClientLife client;
    for (const char* text : frames) client.frames.push_back({Frame::Kind::message, 0, 1, {}, Message(text)});
    played.clients.push_back(client);
    return played;
  };
  Projections projections;
  projections.eventuallyEqual.emplace_back([](const Message& message) { return message.content().starts_with("at"); });
  EXPECT_FALSE(firstDifference(life({"at 1", "b", "at 3"}), life({"b", "at 2", "at 3"}), projections));
  EXPECT_TRUE(firstDifference(life({"at 1", "b", "at 3"}), life({"at 1", "b", "at 4"}), projections));
  const auto other = firstDifference(life({"at 1", "b", "at 3"}), life({"at 1", "c", "at 3"}), projections);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->where, "ann in room-1, frame 2");
  EXPECT_EQ(other->without, "\"b\"");
  EXPECT_EQ(other->with, "\"c\"");
}

}  // namespace
