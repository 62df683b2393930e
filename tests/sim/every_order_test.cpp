#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/error.h>
#include <party/party.h>
#include <party/sim/every_order.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "played_parties.h"

namespace {

using namespace std::chrono_literals;
using Party::Sim::everyOrder;
using Party::Sim::Finding;
using Party::Sim::Gap;
using Party::Sim::OrderOptions;
using Party::Sim::OrderSearch;
using Party::Sim::parseOrders;
using Party::Sim::Property;
using Party::Sim::Verdicts;
using Party::Sim::View;

enum class Kept { onDisk, inConnection, inMemory };

/// Opens, which is an error, when the senders' initials are exactly the order that the first client's URL asks for.
/// How much of it has come is all it keeps: after a wrong one it knows no more than that.
template <Kept Where>
class Lock : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = Where != Kept::inMemory}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext context) override {
    if (Where == Kept::inConnection) connection.setState<std::int64_t>(0);
    if (connection.id() != "ann") co_return;
    wanted_ = context.request.query("wanted").value_or("");
    room().storage().put("wanted", wanted_);
  }
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    Party::Storage& storage = room().storage();
    const std::optional<std::string> wanted = co_await storage.template get<std::string>("wanted");
    if (!wanted || wanted->empty() || !room().getConnection("ann")) co_return;
    std::int64_t matched = matched_;
    if (Where == Kept::onDisk) {
      const std::optional<std::int64_t> saved = co_await storage.template get<std::int64_t>("matched");
      matched = saved.value_or(0);
    }
    if (Where == Kept::inConnection) matched = first().template state<std::int64_t>().value_or(0);
    const bool right = matched >= 0 && wanted->at(static_cast<std::size_t>(matched)) == sender.id().front();
    matched = right ? matched + 1 : -1;
    if (matched == static_cast<std::int64_t>(wanted->size())) throw std::runtime_error("open");
    matched_ = matched;
    if (Where == Kept::onDisk) storage.put("matched", matched);
    if (Where == Kept::inConnection) first().template setState<std::int64_t>(matched);
  }

 private:
  Party::Connection first() { return *room().getConnection("ann"); }

  std::string wanted_;
  std::int64_t matched_ = 0;
};

/// Keeps nothing, and cannot bear ann's first message more than four seconds after midnight.
class Impatient : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    if (message == Party::Message("ann 1") && Party::millisecondsOf(room().now()) % 86'400'000 > 4'000) {
      throw std::runtime_error("too late");
    }
    return {};
  }
};

OrderOptions small(std::uint8_t clients, std::uint8_t messages, std::vector<Gap> gaps = {}) {
  OrderOptions options;
  options.clients = clients;
  options.messages = messages;
  options.gaps = std::move(gaps);
  options.progress = false;
  return options;
}

template <class Class>
OrderSearch searched(const OrderOptions& options, const Property& property = Property()) {
  return everyOrder(property, Party::parties<Class>("main"), "main", options);
}

/// All words with three of each letter.
std::vector<std::string> ordersOfThreeAndThree() {
  std::vector<std::string> all;
  std::string word = "aaabbb";
  do {
    all.push_back(word);
  } while (std::ranges::next_permutation(word).found);
  return all;
}

template <Kept Where>
void expectEveryOrderIsFound(bool pruned) {
  for (const std::string& wanted : ordersOfThreeAndThree()) {
    const Property property = Property().connects(rc::gen::just("wanted=" + wanted));
    const auto search = searched<Lock<Where>>(small(2, 3), property);
    EXPECT_EQ(search.pruned, pruned);
    ASSERT_TRUE(search.result.failure.has_value()) << wanted << ": " << search.certificate();
    EXPECT_EQ(search.result.failure->finding.how, "onMessage of main/room-1 threw: open");
    std::string found;
    for (const auto& step : search.result.failure->original.steps) {
      if (step.verb == Party::Sim::Verb::send) found += Party::Sim::clientName(step.client).front();
    }
    EXPECT_EQ(found, wanted);
  }
  const auto none =
      searched<Lock<Where>>(small(2, 3), Property().connects(rc::gen::just<std::string>("wanted=aaaaaa")));
  EXPECT_EQ(none.result.verdict, Verdicts::pass);
  EXPECT_TRUE(none.complete) << none.certificate();
  if (pruned) {
    EXPECT_LT(none.played, 20u) << none.certificate();
  } else {
    EXPECT_EQ(none.played, 20u) << none.certificate();
  }
}

// Pruning must lose none of them: each of the 20 orders is, in its turn, the only one that is wrong.
TEST(EveryOrder, ThatAloneIsWrongIsFoundAlthoughOthersArePruned) { expectEveryOrderIsFound<Kept::onDisk>(true); }
TEST(EveryOrder, IsToldApartByTheStatesOfConnections) { expectEveryOrderIsFound<Kept::inConnection>(true); }
TEST(EveryOrder, IsPlayedWhenAPartyKeepsItsStateInMemory) { expectEveryOrderIsFound<Kept::inMemory>(false); }

// Two beginnings may leave the same room behind and still not go on alike, as other messages are left.
TEST(EveryOrder, IsToldApartByTheMessagesThatAreStillToCome) {
  const auto search = searched<Impatient>(small(2, 3));
  EXPECT_TRUE(search.pruned);
  ASSERT_TRUE(search.result.failure.has_value()) << search.certificate();
  EXPECT_EQ(search.result.failure->foundBy, "the order bob, bob, bob, ann, ann, ann");
}

TEST(EveryOrder, ReachesTheRoomOnceWhenNothingIsPruned) {
  std::set<std::string> seen;
  std::uint64_t lives = 0;
  std::mutex lock;
  Property property;
  property.messages(rc::gen::just<std::string>("x"))
      .withoutHibernation()
      .eventually("all came", 0s, [&](const View& view) {
        std::string senders;
        for (const auto& message : view.clients().front().allMessages()) senders += message.content().substr(0, 1);
        const std::lock_guard guard(lock);
        seen.insert(senders);
        ++lives;
        return senders.size() == 6;
      });
  const auto search = searched<PlayedParties::Points<false>>(small(3, 2), property);
  EXPECT_EQ(search.result.verdict, Verdicts::pass);
  EXPECT_EQ(search.orders, 90u);
  EXPECT_EQ(search.played, 90u);
  EXPECT_EQ(seen.size(), 90u);
  EXPECT_EQ(lives, 90u);
}

TEST(EveryOrder, OfMessagesThatCommuteNeedsFewLives) {
  const auto search = searched<PlayedParties::Points<false>>(small(3, 4));
  EXPECT_TRUE(search.complete) << search.certificate();
  EXPECT_EQ(search.orders, 34'650u);
  EXPECT_LT(search.played, 300u);  // of 5 x 5 x 5 states, two ways on from most
  EXPECT_THAT(search.certificate(),
              testing::MatchesRegex("all 34,650 orders of 3 clients x 4 messages with sleep between them, [0-9]+ "
                                    "played after pruning, [0-9,]+ lives, 0 violations"));
}

TEST(EveryOrder, OfFarMoreThanCanBePlayedIsProvenOrSaysThatItIsNot) {
  const auto search = searched<PlayedParties::Points<false>>(small(2, 16));
  EXPECT_TRUE(search.complete);
  EXPECT_THAT(search.certificate(), testing::StartsWith("all 601,080,390 orders of 2 clients x 16 messages "));
  OrderOptions options = small(4, 16);
  options.time = 20ms;
  EXPECT_THAT(searched<PlayedParties::Points<false>>(options).certificate(),
              testing::MatchesRegex("more than 18 quintillion orders of 4 clients x 16 messages with sleep between "
                                    "them, not all of them: [0-9,]+ played after pruning in .*"));
}

TEST(EveryOrder, IsNotPrunedWhenALawMayLookBack) {
  const auto law = [](const View&) { return true; };
  EXPECT_FALSE(searched<PlayedParties::Points<false>>(small(2, 2), Property().always("any", law)).pruned);
  EXPECT_TRUE(searched<PlayedParties::Points<false>>(small(2, 2), Property().sometimes("any", law)).pruned);
}

// CP-92: a message that comes while a handler waits for an answer.
TEST(EveryOrder, WithCloseGapsReachesHandlersThatAreStillWaiting) {
  Property property;
  property.peer("https://outside.example", [](const Party::Request&) { return Party::Response("1"); });
  const auto apart = searched<PlayedParties::Adding<true>>(small(2, 2), property);
  EXPECT_EQ(apart.result.verdict, Verdicts::pass);
  EXPECT_TRUE(apart.complete);
  const auto close = searched<PlayedParties::Adding<true>>(small(2, 2, {Gap::rest, Gap::close}), property);
  EXPECT_EQ(close.orders, 6u * 8u);
  ASSERT_TRUE(close.result.failure.has_value());
  EXPECT_THAT(close.result.failure->foundBy, testing::StartsWith("the order "));
}

TEST(EveryOrder, WithSleepAndCloseGapsTriesAllOfThem) {
  const Property lock = Property().connects(rc::gen::just<std::string>("wanted=abab"));
  const auto search = searched<Lock<Kept::onDisk>>(small(2, 2, {Gap::sleep, Gap::close}), lock);
  ASSERT_TRUE(search.result.failure.has_value());
  EXPECT_EQ(search.orders, 6u * 8u);
  const auto clean = searched<PlayedParties::Points<false>>(small(2, 3, {Gap::sleep, Gap::close}));
  EXPECT_TRUE(clean.complete);
  EXPECT_EQ(clean.orders, 20u * 32u);
  EXPECT_LT(clean.played, clean.orders);
}

TEST(EveryOrder, SaysHowFarItCameWhenTheTimeIsUp) {
  OrderOptions options = small(4, 6, {Gap::rest});
  options.time = 50ms;
  const auto search = searched<PlayedParties::Awake>(options);
  EXPECT_FALSE(search.complete);
  EXPECT_GT(search.played, 0u);
  EXPECT_THAT(search.certificate(), testing::HasSubstr("not all of them: "));
}

TEST(EveryOrder, GivesTheSameFailureWithAnyNumberOfJobs) {
  const Property lock = Property().connects(rc::gen::just<std::string>("wanted=abbaab"));
  OrderOptions options = small(2, 3);
  options.jobs = 1;
  const auto one = searched<Lock<Kept::inMemory>>(options, lock);
  options.jobs = 4;
  const auto four = searched<Lock<Kept::inMemory>>(options, lock);
  ASSERT_TRUE(one.result.failure && four.result.failure);
  EXPECT_EQ(one.result.failure->number, four.result.failure->number);
  EXPECT_EQ(one.result.failure->original, four.result.failure->original);
}

TEST(EveryOrder, OfTooManyMessagesIsRefusedInASentence) {
  EXPECT_THROW(searched<PlayedParties::Awake>(small(0, 2)), Party::Error);
  EXPECT_THROW(searched<PlayedParties::Awake>(small(2, 0)), Party::Error);
  EXPECT_THROW(searched<PlayedParties::Awake>(small(17, 1)), Party::Error);
  EXPECT_THROW(searched<PlayedParties::Awake>(small(9, 8)), Party::Error);
  EXPECT_THROW(searched<PlayedParties::Awake>(small(2, 2, {Gap::rest, Gap::rest})), Party::Error);
}

TEST(EveryOrder, IsAskedForInAFewWords) {
  const auto options = parseOrders("clients=3,messages=4,gaps=sleep+close");
  EXPECT_EQ(options.clients, 3);
  EXPECT_EQ(options.messages, 4);
  EXPECT_EQ(options.gaps, (std::vector{Gap::sleep, Gap::close}));
  for (const char* wrong :
       {"3x4", "clients=x", "clients=300", "rooms=2", "gaps=far", "gaps=rest+rest", "clients=2,,messages=2"}) {
    EXPECT_THROW(parseOrders(wrong), Party::Error) << wrong;
  }
}

}  // namespace
