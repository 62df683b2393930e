#include <party/sim/shrink.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "verb_table.h"

namespace Party::Sim {
namespace {

using Detail::Actor;
using Detail::Payload;
using Detail::shapeOf;

/// The best scenario so far, and what may still be spent on a better one.
class Search {
 public:
  Search(Scenario scenario, const std::function<bool(const Scenario&)>& fails, const ShrinkLimits& limits)
      : best_(std::move(scenario)), fails_(fails), limits_(limits) {}

  /// Takes the candidate when it still fails.
  bool accept(Scenario candidate) {
    if (candidate == best_ || exhausted()) return false;
    ++runs_;
    if (!fails_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }
  bool exhausted() {
    if (!exhausted_) exhausted_ = runs_ >= limits_.runs || (limits_.spent && limits_.spent());
    return exhausted_;
  }
  const Scenario& best() const { return best_; }
  const ShrinkLimits& limits() const { return limits_; }
  std::size_t runs() const { return runs_; }

 private:
  Scenario best_;
  const std::function<bool(const Scenario&)>& fails_;
  const ShrinkLimits& limits_;
  std::size_t runs_ = 0;
  bool exhausted_ = false;
};

/// Without the steps chosen. Their time goes with them, or to whatever follows.
template <class Chosen>
Scenario without(const Scenario& scenario, bool keepTime, Chosen&& chosen) {
  Scenario result = scenario;
  result.steps.clear();
  std::uint64_t owed = 0;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    if (chosen(i, scenario.steps[i])) {
      if (keepTime) owed += scenario.steps[i].after;
      continue;
    }
    result.steps.push_back(scenario.steps[i]);
    auto& after = result.steps.back().after;
    after =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(after + std::exchange(owed, 0), Scenario::maxMilliseconds));
  }
  return result;
}

/// With fewer steps there are fewer moments at which something is unfinished, so that the same one has a lower number.
bool acceptWithEarlierCrash(Search& search, Scenario candidate) {
  if (search.accept(candidate)) return true;
  const auto crash = std::ranges::find(candidate.steps, Verb::crashInside, &Step::verb);
  if (crash == candidate.steps.end()) return false;
  const std::uint32_t before = crash->number;
  for (const std::uint32_t fewer : {1u, 2u, before - 1}) {
    if (fewer == 0 || fewer >= before) continue;
    crash->number = fewer;
    if (search.accept(candidate)) return true;
  }
  return false;
}

template <class Chosen>
bool removeSteps(Search& search, Chosen&& chosen) {
  return acceptWithEarlierCrash(search, without(search.best(), false, chosen)) ||
         acceptWithEarlierCrash(search, without(search.best(), true, chosen));
}

void dropFaultKinds(Search& search) {
  for (unsigned i = 0; i < faults; ++i) {
    Scenario candidate = search.best();
    candidate.faults = candidate.faults.without(static_cast<Fault>(i));
    search.accept(std::move(candidate));
  }
  for (const auto& shape : Detail::verbTable) {
    if (shape.fault) removeSteps(search, [&](std::size_t, const Step& step) { return step.verb == shape.verb; });
  }
}

bool usesRoom(const Step& step) { return shapeOf(step.verb).namesRoom || shapeOf(step.verb).actor == Actor::room; }

void dropClientsAndRooms(Search& search) {
  for (std::uint8_t client = 0; client < search.best().clients; ++client) {
    removeSteps(search, [&](std::size_t, const Step& step) {
      return shapeOf(step.verb).actor == Actor::client && step.client == client;
    });
  }
  for (std::uint8_t room = 0; room < search.best().rooms; ++room) {
    removeSteps(search, [&](std::size_t, const Step& step) { return usesRoom(step) && step.room == room; });
  }
}

/// Zeller's ddmin: ever smaller runs of steps are removed, until single ones cannot be.
void dropSteps(Search& search) {
  for (std::size_t length = std::max<std::size_t>(search.best().steps.size() / 2, 1);; length /= 2) {
    for (std::size_t begin = 0; begin < search.best().steps.size() && !search.exhausted();) {
      const bool removed =
          removeSteps(search, [&](std::size_t i, const Step&) { return i >= begin && i < begin + length; });
      if (!removed) begin += length;
    }
    if (length == 1) return;
  }
}

/// Steps that only go together, a connect and its close: worth trying all pairs once few are left.
void dropPairs(Search& search) {
  if (search.best().steps.size() > 16) return;
  for (std::size_t first = 0; first < search.best().steps.size(); ++first) {
    for (std::size_t second = first + 1; second < search.best().steps.size() && !search.exhausted();) {
      if (!removeSteps(search, [&](std::size_t i, const Step&) { return i == first || i == second; })) ++second;
    }
  }
}

/// Waiting for one alarm after the other is often just letting time pass: in the step that follows, or in one of its
/// own.
void dropAlarmWaits(Search& search) {
  const auto waits = [](const Step& step) { return step.verb == Verb::fireAlarm; };
  for (const std::uint32_t time : {1'000u, 10'000u, 60'000u, 600'000u}) {
    const auto& steps = search.best().steps;
    const auto first = std::ranges::find_if(steps, waits);
    if (first == steps.end()) return;
    const auto at = static_cast<std::size_t>(first - steps.begin());
    Scenario longer = search.best();
    longer.steps[at].after = std::min(longer.steps[at].after + time, Scenario::maxMilliseconds);
    if (std::ranges::any_of(steps.begin() + static_cast<std::ptrdiff_t>(at), steps.end(), std::not_fn(waits)) &&
        search.accept(without(longer, true, [&](std::size_t, const Step& step) { return waits(step); }))) {
      return;
    }
    if (std::ranges::count_if(steps, waits) < 2) continue;
    longer.steps[at].verb = Verb::wait;
    longer.steps[at].room = 0;
    if (search.accept(without(longer, true, [&](std::size_t i, const Step& step) { return i != at && waits(step); }))) {
      return;
    }
  }
}

/// One client may do what two did: then the second need not come.
void mergeClients(Search& search) {
  for (std::uint8_t second = 1; second < search.best().clients; ++second) {
    for (std::uint8_t first = 0; first < second; ++first) {
      Scenario candidate = search.best();
      bool arrived = false;
      for (Step& step : candidate.steps) {
        if (shapeOf(step.verb).actor != Actor::client) continue;
        arrived = arrived || step.client == first;
        if (step.client == second) step.client = first;
      }
      // Only with a step less is it simpler: what the second did to come.
      const Scenario before = search.best();
      for (std::size_t i = 0; arrived && i < candidate.steps.size(); ++i) {
        const Step& step = before.steps[i];
        if (step.verb != Verb::connect || step.client != second) continue;
        const auto coming = [&](std::size_t at, const Step&) { return at == i; };
        if (search.accept(without(candidate, false, coming)) || search.accept(without(candidate, true, coming))) break;
      }
    }
  }
}

/// Without one of two messages, the other one as long as both were.
bool acceptMerged(Search& search, std::size_t kept, std::size_t gone) {
  const auto isMessage = [](const Step& step) { return step.verb == Verb::send || step.verb == Verb::sendBytes; };
  const auto bytes = [](const Step& step) { return step.number > 0 ? step.number : step.payload.size(); };
  Scenario candidate = search.best();
  Step& longer = candidate.steps[kept];
  const Step& other = candidate.steps[gone];
  if (kept == gone || !isMessage(longer) || !isMessage(other) || longer.payload.empty()) return false;
  const std::size_t sum = bytes(longer) + bytes(other);
  if (sum > Scenario::maxFilledBytes) return false;
  longer.number = static_cast<std::uint32_t>(sum);
  const auto chosen = [&](std::size_t at, const Step&) { return at == gone; };
  return search.accept(without(candidate, false, chosen)) || search.accept(without(candidate, true, chosen));
}

/// Where bytes add up to too many, a few long messages do what many short ones did.
void mergeMessages(Search& search) {
  if (!search.limits().cutPayloads) return;  // such a text is not to be repeated either
  for (std::size_t kept = 0; kept < search.best().steps.size(); ++kept) {
    for (std::size_t gone = 0; gone < search.best().steps.size() && !search.exhausted();) {
      const bool merged = acceptMerged(search, kept, gone);
      if (!merged) ++gone;
      if (merged && gone < kept) --kept;
    }
  }
}

/// The scenario in which step `at`, by which a client comes back, is a newcomer's first connect.
Scenario withNewcomer(Scenario scenario, std::size_t at) {
  std::uint8_t room = 0;
  for (std::size_t i = 0; i < at; ++i) {
    const Step& step = scenario.steps[i];
    if (step.verb == Verb::connect && step.client == scenario.steps[at].client) room = step.room;
  }
  Step& step = scenario.steps[at];
  if (step.verb == Verb::reconnect) step.room = room;
  step.verb = Verb::connect;
  step.client = scenario.clients++;
  return scenario;
}

/// A client that leaves and comes back is often just somebody who comes: then the leaving can go.
void dropReturns(Search& search) {
  const auto leaves = [](Verb verb) {
    return verb == Verb::close || verb == Verb::drop || verb == Verb::vanish || verb == Verb::breakProtocol;
  };
  for (std::size_t back = 0; back < search.best().steps.size(); ++back) {
    const Verb verb = search.best().steps[back].verb;
    if (search.best().clients == Scenario::maxClients || (verb != Verb::connect && verb != Verb::reconnect)) continue;
    const Scenario candidate = withNewcomer(search.best(), back);
    if (verb == Verb::reconnect && search.accept(candidate)) continue;
    for (std::size_t i = 0; i < back; ++i) {
      const Step& step = search.best().steps[i];
      if (!leaves(step.verb) || step.client != search.best().steps[back].client) continue;
      const auto left = [&](std::size_t at, const Step&) { return at == i; };
      if (search.accept(without(candidate, false, left)) || search.accept(without(candidate, true, left))) break;
    }
  }
}

/// Changes one field of every step to the first of some values, simplest first, with which it still fails.
template <class Values>
void simplify(Search& search, Values&& valuesFor) {
  for (std::size_t i = 0; i < search.best().steps.size(); ++i) {
    for (Step& simpler : valuesFor(search.best().steps[i])) {
      Scenario candidate = search.best();
      candidate.steps[i] = std::move(simpler);
      Detail::normalise(candidate.steps[i], candidate.clients, candidate.rooms);
      if (search.exhausted() || search.accept(std::move(candidate))) break;
    }
  }
}

void shortenTimes(Search& search) {
  simplify(search, [](const Step& step) {
    std::vector<Step> simpler;
    for (const std::uint32_t after : {0u, 10u, 100u, 1'000u, 10'000u, 60'000u}) {
      if (after < step.after) simpler.push_back(step), simpler.back().after = after;
    }
    return simpler;
  });
}

/// Shorter is simpler; but an empty message is odder than a letter.
std::pair<std::size_t, std::string_view> simplicity(std::string_view payload, Verb verb) {
  if (payload.empty() && verb == Verb::send) return {1, "\x7f"};
  return {payload.size(), payload};
}

void simplifyPayloads(Search& search) {
  simplify(search, [&](const Step& step) {
    std::vector<Step> simpler;
    for (const std::uint32_t number : {0u, 100u, 1'000u, step.number / 2}) {
      if (number < step.number) simpler.push_back(step), simpler.back().number = number;
    }
    const auto use = [&](std::string payload) {
      // Strictly simpler, or two of the same kind would replace each other for ever.
      if (simplicity(payload, step.verb) >= simplicity(step.payload, step.verb)) return;
      simpler.push_back(step), simpler.back().payload = std::move(payload);
    };
    const bool query = step.verb == Verb::connect;
    for (const std::string& text : query ? search.limits().queries : search.limits().payloads) use(text);
    if (search.limits().cutPayloads && !query) {
      use("a"), use("b");
      for (std::size_t size = step.payload.size() / 2; size > 0; size /= 2) use(step.payload.substr(0, size));
      if (!step.payload.empty()) use(step.payload.substr(0, step.payload.size() - 1));
    }
    return simpler;
  });
}

/// What was drawn for a step that could go may be what it is needed for: other draws may do without it.
void tryOtherSeeds(Search& search) {
  constexpr std::size_t mostSteps = 8;
  constexpr std::uint64_t seeds = 6;
  if (search.best().steps.size() > mostSteps) return;
  for (std::size_t gone = 0; gone < search.best().steps.size() && !search.exhausted();) {
    bool removed = false;
    for (std::uint64_t seed = 1; seed <= seeds && !removed; ++seed) {
      Scenario candidate = without(search.best(), false, [&](std::size_t at, const Step&) { return at == gone; });
      candidate.seed = seed;
      removed = acceptWithEarlierCrash(search, std::move(candidate));
    }
    if (!removed) ++gone;
  }
}

/// Gives those who are left the first names, and forgets the rest.
void renumber(Search& search) {
  std::array<std::uint8_t, Scenario::maxClients> clients{};
  std::array<std::uint8_t, Scenario::maxRooms> rooms{};
  std::uint8_t clientCount = 0;
  std::uint8_t roomCount = 0;
  Scenario candidate = search.best();
  for (Step& step : candidate.steps) {
    if (shapeOf(step.verb).actor == Actor::client) {
      if (clients[step.client] == 0) clients[step.client] = ++clientCount;
      step.client = static_cast<std::uint8_t>(clients[step.client] - 1);
    }
    if (usesRoom(step)) {
      if (rooms[step.room] == 0) rooms[step.room] = ++roomCount;
      step.room = static_cast<std::uint8_t>(rooms[step.room] - 1);
    }
  }
  candidate.clients = std::max<std::uint8_t>(clientCount, 1);
  candidate.rooms = std::max<std::uint8_t>(roomCount, 1);
  search.accept(std::move(candidate));
  Scenario fewer = search.best();  // when the names matter, at least the unused ones behind the last may go
  std::uint8_t lastClient = 0;
  for (const Step& step : fewer.steps) lastClient = std::max(lastClient, step.client);
  fewer.clients = static_cast<std::uint8_t>(lastClient + 1);
  search.accept(std::move(fewer));
}

}  // namespace

Shrunk shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails, const ShrinkLimits& limits) {
  Search search(scenario, fails, limits);
  Scenario before;
  do {
    before = search.best();
    dropFaultKinds(search);
    dropClientsAndRooms(search);
    dropSteps(search);
    dropPairs(search);
    dropReturns(search);
    mergeClients(search);
    mergeMessages(search);
    dropAlarmWaits(search);
    shortenTimes(search);
    simplifyPayloads(search);
    renumber(search);
    tryOtherSeeds(search);
  } while (search.best() != before && !search.exhausted());
  return {search.best(), search.runs(), !search.exhausted()};
}

std::vector<Scenario> simplerThan(const Scenario& scenario, const ShrinkLimits& limits) {
  std::vector<Scenario> candidates;
  shrink(scenario, [&](const Scenario& candidate) { return candidates.push_back(candidate), false; }, limits);
  return candidates;
}

}  // namespace Party::Sim
