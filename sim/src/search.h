#pragma once

#include <party/sim/explore.h>
#include <party/sim/shrink.h>

#include <cstdint>
#include <functional>
#include <limits>

/// Judges a sequence of scenarios with several threads, and gives the answer that one thread would have given.

namespace Party::Sim::Detail {

struct Sequence {
  /// The `number`-th scenario: a function of its argument alone. Called from several threads at once.
  std::function<Scenario(std::uint64_t number)> scenario;
  /// How many there are.
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
  /// What one of them is called on the line about progress.
  const char* unit = "lives";
};

/// Until the sequence ends, a law is broken or the budget is spent. Whatever the number of threads, what was judged is
/// a beginning of the sequence, and a failure is the first in it. A failure is shrunk.
///
/// `Exploration::unseen` is filled in, but decides no verdict here.
Exploration search(const Property& property, const Host::Parties& parties, const Sequence& sequence,
                   const ExploreOptions& options);

/// How the lives of a property may be shrunk: its payloads come from the scenario itself, when it has generators.
ShrinkLimits limitsFor(const Property& property, const Scenario& scenario);

/// For a sweep, and for all orders: the whole of a sequence, or as far as their options' time reaches.
template <class Options>
ExploreOptions toTheEnd(const Options& options, std::uint64_t seed, std::uint64_t count) {
  ExploreOptions how;
  how.seed = seed;
  how.jobs = options.jobs;
  how.shrinkTime = options.shrinkTime;
  how.progress = options.progress;
  how.budget = options.time ? Budget{std::nullopt, options.time} : Budget{count, std::nullopt};
  return how;
}

/// Shrinks what breaks a law.
Failure shrunkFailure(Judge& judge, const Property& property, Scenario scenario, const Finding& found,
                      std::chrono::milliseconds time);

}  // namespace Party::Sim::Detail
