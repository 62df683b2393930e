#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/explore.h>
#include <party/sim/property.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// All orders in which the messages of a few clients can reach a room: not a sample, but a proof for that size.

namespace Party::Sim {

/// What lies between two messages.
enum class Gap : std::uint8_t {
  sleep,  ///< all comes to rest, and the room goes to sleep if it may
  rest,   ///< all comes to rest
  close   ///< 5 ms: what the message before has set off may still be under way
};
/// `sleep`, `rest`, `close`.
const char* nameOf(Gap gap);

struct OrderOptions {
  static constexpr std::uint32_t mostMessages = 64;  // of all clients together

  std::uint8_t clients = 2;
  std::uint8_t messages = 2;  // of each of them
  /// Between each two messages each of these is tried, which multiplies the orders. Empty: `sleep` for a party that
  /// hibernates, otherwise `rest`.
  std::vector<Gap> gaps;
  /// Keys what the messages are, when the property has a generator for them, and every draw.
  std::uint64_t seed = 1;
  /// Ends the search early; without it all orders are judged.
  std::optional<std::chrono::milliseconds> time;
  /// As in `ExploreOptions`. A search that prunes uses one.
  std::uint32_t jobs = 0;
  std::chrono::milliseconds shrinkTime{1'000};
  bool progress = true;
};

struct OrderSearch {
  /// `pass`, `propertyFailed` or `nonDeterminism`. The failure's number counts the orders that were played.
  Exploration result;
  std::uint8_t clients = 0;
  std::uint8_t messages = 0;
  std::vector<Gap> gaps;
  std::uint64_t orders = 0;  // gaps included; the largest number stands for all that are larger
  std::uint64_t played = 0;
  /// Orders led into a state from which all others had been played: these were not played.
  bool pruned = false;
  /// All orders have been judged.
  bool complete = false;

  /// `all 34,650 orders of 3 clients x 4 messages, 214 lives after pruning, 0 violations`
  std::string certificate() const;
};

/// Lets the clients connect one after the other, then judges every order of their messages that keeps those of each
/// client in turn.
///
/// Orders are pruned where that is sound: after a `sleep`, two beginnings with the same messages left go on alike when
/// nothing is on the way, no instance is in memory, and disk, alarm and connections are equal (`World::stateAtRest`).
/// What is in the memory of an instance cannot be compared, so nothing is pruned after other gaps; nor when the
/// property has laws of its own, as they may look at what clients saw before.
OrderSearch everyOrder(const Property& property, const Host::Parties& parties, std::string_view party,
                       const OrderOptions& options = {});

/// `clients=3,messages=4` and perhaps `gaps=sleep+close`. Throws `Party::Error`.
OrderOptions parseOrders(std::string_view text);

}  // namespace Party::Sim
