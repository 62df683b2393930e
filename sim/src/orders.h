#pragma once

#include <party/sim/every_order.h>
#include <party/sim/scenario.h>

#include <cstdint>
#include <string>
#include <vector>

/// The orders of some clients' messages, by number and as scenarios.

namespace Party::Sim::Detail {

/// Whose next message it is, and what comes before it.
struct Turn {
  Gap gap = Gap::rest;
  std::uint8_t client = 0;
};
using Order = std::vector<Turn>;

class Orders {
 public:
  Orders(const Property& property, std::string party, const OrderOptions& options, std::vector<Gap> gaps);

  std::uint32_t length() const { return std::uint32_t{options_.clients} * options_.messages; }
  std::uint8_t clients() const { return options_.clients; }
  std::uint8_t messages() const { return options_.messages; }
  /// How many there are; the largest number stands for all that are larger.
  std::uint64_t count() const;
  /// The `number`-th of them.
  Order at(std::uint64_t number) const;
  /// What may come before the message at this place. Before the first all is at rest, so that nobody still connects.
  std::vector<Gap> gapsBefore(std::uint32_t place) const;
  /// The same message has the same id in every order, so that whatever is drawn for it is the same.
  Scenario scenario(const Order& order) const;
  /// `ann, bob, ann`
  static std::string text(const Order& order);

 private:
  std::uint64_t ordersOf(const std::vector<std::uint8_t>& left) const;
  std::uint64_t gapChoices() const;

  OrderOptions options_;
  std::vector<Gap> gaps_;
  Scenario base_;               // the connects
  std::vector<Step> messages_;  // of client 0, then of client 1, …
};

}  // namespace Party::Sim::Detail
