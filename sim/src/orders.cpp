#include "orders.h"

#include <party/host/chance.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>

#include "verb_table.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::uint32_t restMilliseconds = 1'000;
constexpr std::uint32_t closeMilliseconds = 5;  // latencies are 1 to 5 ms: no message overtakes another
constexpr std::uint32_t connectMilliseconds = 100;
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t drawnPurpose = 0x04de'0000;  // far from what worlds, rooms and random lives draw for

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? largest : result;
}
std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  return __builtin_add_overflow(a, b, &result) ? largest : result;
}

/// How many ways there are to choose `k` of `n`, by Pascal's triangle.
std::uint64_t choose(std::uint32_t n, std::uint32_t k) {
  std::vector<std::uint64_t> row{1};
  for (std::uint32_t i = 0; i < n; ++i) {
    row.push_back(1);
    for (std::size_t at = row.size() - 2; at > 0; --at) row[at] = sum(row[at], row[at - 1]);
  }
  return row[k];
}

std::string drawn(const std::optional<rc::Gen<std::string>>& generator, std::uint64_t seed, std::uint64_t number,
                  std::string otherwise) {
  if (!generator) return otherwise;
  const std::uint64_t key = Host::mix(seed, drawnPurpose, number, 0);
  const int size = static_cast<int>(1 + Host::below(Host::mix(seed, drawnPurpose, number, 1), rc::kNominalSize));
  return (*generator)(rc::Random(key), size).value();
}

}  // namespace

Orders::Orders(const Property& property, std::string party, const OrderOptions& options, std::vector<Gap> gaps)
    : options_(options), gaps_(std::move(gaps)) {
  base_.party = std::move(party);
  base_.seed = options.seed;
  base_.clients = options.clients;
  StepId id = 1;
  for (std::uint8_t client = 0; client < options.clients; ++client) {
    Step connect{.id = id, .after = client == 0 ? 0 : connectMilliseconds, .verb = Verb::connect, .client = client};
    connect.payload = drawn(property.shape().connects, options.seed, id++, "");
    normalise(connect, base_.clients, base_.rooms);
    base_.steps.push_back(std::move(connect));
  }
  for (std::uint8_t client = 0; client < options.clients; ++client) {
    for (std::uint8_t message = 0; message < options.messages; ++message) {
      Step send{.id = id, .verb = Verb::send, .client = client};
      send.payload = drawn(property.shape().messages, options.seed, id++,
                           std::string(clientName(client)) + " " + std::to_string(message + 1));
      normalise(send, base_.clients, base_.rooms);
      messages_.push_back(std::move(send));
    }
  }
}

std::uint64_t Orders::ordersOf(const std::vector<std::uint8_t>& left) const {
  std::uint64_t result = 1;
  std::uint32_t placed = 0;
  for (const std::uint8_t count : left) {
    placed += count;
    result = product(result, choose(placed, count));
  }
  return result;
}

std::uint64_t Orders::gapChoices() const {
  std::uint64_t result = 1;
  for (std::uint32_t place = 1; place < length(); ++place) result = product(result, gaps_.size());
  return result;
}

std::uint64_t Orders::count() const {
  return product(ordersOf(std::vector<std::uint8_t>(options_.clients, options_.messages)), gapChoices());
}

std::vector<Gap> Orders::gapsBefore(std::uint32_t place) const {
  if (place > 0) return gaps_;
  return {std::ranges::find(gaps_, Gap::sleep) != gaps_.end() ? Gap::sleep : Gap::rest};
}

Order Orders::at(std::uint64_t number) const {
  std::uint64_t gapNumber = number % gapChoices();
  number /= gapChoices();
  std::vector<std::uint8_t> left(options_.clients, options_.messages);
  Order order;
  for (std::uint32_t place = 0; place < length(); ++place) {
    Turn turn{.gap = gapsBefore(place).front()};
    if (place > 0) {
      turn.gap = gaps_[gapNumber % gaps_.size()];
      gapNumber /= gaps_.size();
    }
    for (;; ++turn.client) {
      if (left[turn.client] == 0) continue;
      --left[turn.client];
      const std::uint64_t behind = ordersOf(left);
      if (number < behind) break;
      number -= behind;
      ++left[turn.client];
    }
    order.push_back(turn);
  }
  return order;
}

Scenario Orders::scenario(const Order& order) const {
  Scenario result = base_;
  std::vector<std::uint32_t> sent(options_.clients, 0);
  StepId sleepId = static_cast<StepId>(base_.steps.size() + messages_.size());
  for (const Turn& turn : order) {
    ++sleepId;
    if (turn.gap == Gap::sleep) {
      result.steps.push_back({.id = sleepId, .after = restMilliseconds, .verb = Verb::hibernate});
    }
    result.steps.push_back(messages_[turn.client * std::size_t{options_.messages} + sent[turn.client]++]);
    result.steps.back().after = turn.gap == Gap::sleep  ? 0
                                : turn.gap == Gap::rest ? restMilliseconds
                                                        : closeMilliseconds;
  }
  return result;
}

std::string Orders::text(const Order& order) {
  std::string result;
  for (const Turn& turn : order) {
    if (!result.empty()) result += ", ";
    result += clientName(turn.client);
  }
  return result;
}

}  // namespace Party::Sim::Detail
