#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/every_order.h>
#include <party/sim/view.h>
#include <party/sim/world.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_set>

#include "budget.h"
#include "orders.h"
#include "search.h"

namespace Party::Sim {
namespace {

using Detail::Order;
using Detail::Orders;

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

/// Notes the state after each sleep, by how many messages had been sent before it.
class SleepStates final : public Witness {
 public:
  explicit SleepStates(const Scenario& scenario) : scenario_(scenario), states_(scenario.steps.size() + 1) {}

  void afterStep(const View& view) override {
    const Verb verb = scenario_.steps[step_++].verb;
    sent_ += verb == Verb::send ? 1 : 0;
    if (verb == Verb::hibernate) states_[sent_] = view.world().stateAtRest();
  }
  const std::optional<std::string>& after(std::size_t messages) const { return states_[messages]; }

 private:
  const Scenario& scenario_;
  std::vector<std::optional<std::string>> states_;
  std::size_t step_ = 0;
  std::size_t sent_ = 0;
};

/// Goes through the tree of all orders, and into no branch that begins in a state it has seen.
///
/// Each life is a whole order: a beginning that is given, and from there always the first that is possible. Where it
/// meets a state for the first time, all other ways to go on from there are put off as beginnings of their own; where
/// it meets a known one, they have been put off before, by a life that went on the same way. So by induction every
/// order is either played or equal, from some sleep on, to one that is.
class PruningSearch {
 public:
  PruningSearch(const Property& property, const Host::Parties& parties, const Orders& orders,
                const OrderOptions& options)
      : property_(property),
        orders_(orders),
        options_(options),
        judge_(parties, property),
        spending_(options.time ? Budget{std::nullopt, options.time} : Budget{orders.count(), std::nullopt}),
        progress_(options.progress) {}

  void run(OrderSearch& search) {
    open_.push_back({});
    while (!open_.empty() && (!options_.time || !spending_.spent(0)) && search.result.verdict == Verdicts::pass) {
      Choices choices = std::move(open_.back());
      open_.pop_back();
      const std::size_t given = choices.size();
      complete(choices);
      judge(orderOf(choices), search);
      branch(choices, given);
      ++search.played;
      if (progress_.due()) {
        progress_.show(
            fmt::format("{} orders played, {} states, {} beginnings left", search.played, seen_.size(), open_.size()));
      }
    }
    search.complete = open_.empty() && search.result.verdict == Verdicts::pass;
    const Totals totals = judge_.takeTotals();
    search.result.lives = totals.lives;
    search.result.cutShort = totals.cutShort;
    search.result.statistics = totals.statistics;
    search.result.undecided = totals.undecided;
    search.result.seconds = spending_.seconds();
  }

 private:
  /// By turns: the gap before a message, as an index, and the client whose message it is.
  using Choices = std::vector<std::uint8_t>;

  std::vector<std::uint8_t> leftAfter(const Choices& choices, std::size_t count) const {
    std::vector<std::uint8_t> left(orders_.clients(), orders_.messages());
    for (std::size_t at = 1; at < count; at += 2) --left[choices[at]];
    return left;
  }
  /// What may stand at this place, the usual first.
  std::vector<std::uint8_t> possible(const Choices& choices, std::size_t place) const {
    std::vector<std::uint8_t> all;
    if (place % 2 == 0) {
      const std::size_t gaps = orders_.gapsBefore(static_cast<std::uint32_t>(place / 2)).size();
      for (std::size_t gap = 0; gap < gaps; ++gap) all.push_back(static_cast<std::uint8_t>(gap));
    } else {
      const auto left = leftAfter(choices, place);
      for (std::uint8_t client = 0; client < left.size(); ++client) {
        if (left[client] > 0) all.push_back(client);
      }
    }
    return all;
  }
  void complete(Choices& choices) const {
    while (choices.size() < std::size_t{2} * orders_.length()) {
      choices.push_back(possible(choices, choices.size()).front());
    }
  }
  Order orderOf(const Choices& choices) const {
    Order order;
    for (std::uint32_t place = 0; place < orders_.length(); ++place) {
      order.push_back(
          {orders_.gapsBefore(place)[choices[std::size_t{2} * place]], choices[std::size_t{2} * place + 1]});
    }
    return order;
  }

  void judge(const Order& order, OrderSearch& search) {
    Scenario scenario = orders_.scenario(order);
    states_.emplace(scenario);
    if (search.played % determinismSample == 0) {
      if (auto divergence = judge_.nondeterminism(scenario)) {
        search.result.divergence = *std::move(divergence);
        search.result.divergent = std::move(scenario);
        search.result.verdict = Verdicts::nonDeterminism;
        return;
      }
    }
    const auto finding = judge_.examine(scenario, &*states_);
    if (!finding) return;
    const std::uint64_t lives = judge_.totals().lives;
    const double seconds = spending_.seconds();
    Failure failure = Detail::shrunkFailure(judge_, property_, std::move(scenario), *finding, options_.shrinkTime);
    failure.number = search.played;
    failure.lives = lives;
    failure.seconds = seconds;
    failure.foundBy = "the order " + Orders::text(order);
    search.result.failure = std::move(failure);
    search.result.verdict = Verdicts::propertyFailed;
  }

  /// Puts off every other way to go on from what is new in this order.
  void branch(const Choices& choices, std::size_t given) {
    for (std::size_t place = given; place < choices.size(); ++place) {
      if (place % 2 == 1 && known(choices, place)) return;
      for (const std::uint8_t other : possible(choices, place)) {
        if (other == choices[place]) continue;
        Choices beginning(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(place));
        beginning.push_back(other);
        open_.push_back(std::move(beginning));
      }
    }
  }
  /// Whole states are kept, not their hashes: a proof must not hang on a collision. When they have become too many,
  /// new ones are forgotten, which costs time alone.
  bool known(const Choices& choices, std::size_t place) {
    const auto gaps = orders_.gapsBefore(static_cast<std::uint32_t>(place / 2));
    if (gaps[choices[place - 1]] != Gap::sleep) return false;
    const auto& state = states_->after(place / 2);
    if (!state) return false;
    std::string key;
    for (const std::uint8_t left : leftAfter(choices, place)) key += static_cast<char>(left);
    key += *state;
    if (seen_.contains(key)) return true;
    constexpr std::size_t mostBytes = 512'000'000;
    if (bytes_ + key.size() <= mostBytes) {
      bytes_ += key.size();
      seen_.insert(std::move(key));
    }
    return false;
  }

  static constexpr std::uint64_t determinismSample = 100;
  const Property& property_;
  const Orders& orders_;
  const OrderOptions& options_;
  Judge judge_;
  Detail::Spending spending_;
  Detail::ProgressLine progress_;
  std::vector<Choices> open_;
  std::unordered_set<std::string> seen_;
  std::size_t bytes_ = 0;
  std::optional<SleepStates> states_;
};

void searchAll(const Property& property, const Host::Parties& parties, const Orders& orders,
               const OrderOptions& options, OrderSearch& search) {
  Detail::Sequence sequence;
  sequence.scenario = [&](std::uint64_t number) { return orders.scenario(orders.at(number)); };
  sequence.count = orders.count();
  sequence.unit = "orders";
  search.result = Detail::search(property, parties, sequence, Detail::toTheEnd(options, options.seed, orders.count()));
  search.result.unseen.clear();
  search.played = search.result.randomLives;
  search.complete = search.played == search.orders && search.result.verdict == Verdicts::pass;
  if (auto& failure = search.result.failure) failure->foundBy = "the order " + Orders::text(orders.at(failure->number));
}

bool hibernates(const Property& property, const Host::Parties& parties, const Scenario& scenario) {
  Stage stage(parties, property.shape().peers);
  stage.play(scenario);
  const auto room = stage.world().findRoom(scenario.party, roomName(0));
  return property.shape().hibernation && room && stage.world().status(*room).hibernates;
}

void demand(bool holds, std::string sentence) {
  if (!holds) throw Error(std::move(sentence));
}

}  // namespace

const char* nameOf(Gap gap) { return gap == Gap::sleep ? "sleep" : gap == Gap::rest ? "rest" : "close"; }

std::string OrderSearch::certificate() const {
  std::string between;
  for (const Gap gap : gaps) between += (between.empty() ? "" : " or ") + std::string(nameOf(gap));
  const char* violations = result.failure ? "1 violation" : "0 violations";
  const bool uncounted = orders == std::numeric_limits<std::uint64_t>::max();
  const std::string many = uncounted ? "more than 18 quintillion" : grouped(orders);
  std::string text =
      fmt::format("{} orders of {} clients x {} messages with {} between them, ", many, clients, messages, between);
  if (complete) {
    text = (uncounted ? "all of " : "all ") + text +
           fmt::format("{} played{}, {} lives, {}", grouped(played), pruned ? " after pruning" : "",
                       grouped(result.lives), violations);
  } else {
    text += fmt::format("not all of them: {} played{} in {:.1f} s, {} lives, {}", grouped(played),
                        pruned ? " after pruning" : "", result.seconds, grouped(result.lives), violations);
  }
  if (result.cutShort > 0) text += fmt::format("; {} lives had too many events and were not judged", result.cutShort);
  return text;
}

OrderSearch everyOrder(const Property& property, const Host::Parties& parties, std::string_view party,
                       const OrderOptions& options) {
  const std::uint32_t all = std::uint32_t{options.clients} * options.messages;
  demand(options.clients <= Scenario::maxClients && all >= 1 && all <= OrderOptions::mostMessages,
         fmt::format("{} clients with {} messages: at least one of each, at most {} clients and {} messages together",
                     options.clients, options.messages, Scenario::maxClients, OrderOptions::mostMessages));
  demand(std::ranges::find(parties, party, &Host::PartyDescriptor::name) != parties.end(),
         fmt::format("there is no party called \"{}\"", party));
  std::vector<Gap> gaps = options.gaps;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    demand(std::ranges::find(gaps.begin() + static_cast<std::ptrdiff_t>(i) + 1, gaps.end(), gaps[i]) == gaps.end(),
           fmt::format("the gap \"{}\" is named twice", nameOf(gaps[i])));
  }
  if (gaps.empty()) {
    const Orders one(property, std::string(party), options, {Gap::rest});
    gaps.push_back(hibernates(property, parties, one.scenario({})) ? Gap::sleep : Gap::rest);
  }
  const Orders orders(property, std::string(party), options, gaps);
  OrderSearch search{.clients = options.clients, .messages = options.messages, .gaps = gaps, .orders = orders.count()};
  const auto looksBack = [](const Law& law) { return law.when != Law::When::sometimes; };
  search.pruned = std::ranges::find(gaps, Gap::sleep) != gaps.end() && std::ranges::none_of(property.laws(), looksBack);
  search.result.seed = options.seed;
  if (search.pruned) {
    PruningSearch(property, parties, orders, options).run(search);
  } else {
    searchAll(property, parties, orders, options, search);
  }
  if (search.result.cutShort > 0) search.complete = false;
  return search;
}

OrderOptions parseOrders(std::string_view text) {
  OrderOptions options;
  const auto wrong = [&] {
    return Error(fmt::format("\"{}\" is not of the form clients=3,messages=4,gaps=sleep+rest+close", text));
  };
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) throw wrong();
    const std::string_view name = part.substr(0, equals);
    std::string_view value = part.substr(equals + 1);
    if (name == "gaps") {
      while (!value.empty()) {
        const std::string_view word = value.substr(0, value.find('+'));
        value.remove_prefix(std::min(word.size() + 1, value.size()));
        const Gap all[] = {Gap::sleep, Gap::rest, Gap::close};
        const auto* gap = std::ranges::find(all, word, [](Gap each) { return std::string_view(nameOf(each)); });
        if (gap == std::end(all) || std::ranges::find(options.gaps, *gap) != options.gaps.end()) throw wrong();
        options.gaps.push_back(*gap);
      }
      continue;
    }
    std::uint8_t number = 0;
    const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || last != value.data() + value.size()) throw wrong();
    if (name != "clients" && name != "messages") throw wrong();
    (name == "clients" ? options.clients : options.messages) = number;
  }
  return options;
}

}  // namespace Party::Sim
