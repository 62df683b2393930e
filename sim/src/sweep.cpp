#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/sweep.h>

#include <algorithm>
#include <vector>

#include "random_life.h"
#include "search.h"
#include "variants.h"

namespace Party::Sim {
namespace {

using Detail::Addition;

/// By number: the scenario, each addition alone, then the pairs in the order of their first.
class Variants {
 public:
  Variants(const Scenario& scenario, const std::vector<Addition>& all, bool pairs) : scenario_(scenario), all_(all) {
    begins_.push_back(1 + all.size());
    if (!pairs) return;
    for (std::size_t first = 0; first < all.size(); ++first) {
      std::uint64_t count = 0;
      for (std::size_t second = first + 1; second < all.size(); ++second) count += together(first, second) ? 1 : 0;
      begins_.push_back(begins_.back() + count);
    }
  }

  std::uint64_t count() const { return begins_.back(); }
  std::vector<const Addition*> additions(std::uint64_t number) const {
    if (number == 0) return {};
    if (number <= all_.size()) return {&all_[number - 1]};
    const auto row = std::ranges::upper_bound(begins_, number) - begins_.begin() - 1;
    const auto first = static_cast<std::size_t>(row);
    std::uint64_t left = number - begins_[first];
    for (std::size_t second = first + 1;; ++second) {
      if (together(first, second) && left-- == 0) return {&all_[first], &all_[second]};
    }
  }
  Scenario scenario(std::uint64_t number) const { return Detail::with(scenario_, additions(number)); }

 private:
  /// A second crash inside would never be asked for.
  bool together(std::size_t first, std::size_t second) const {
    const auto inside = [](const Addition& each) { return !each.slowness && each.step.verb == Verb::crashInside; };
    return !inside(all_[first]) || !inside(all_[second]);
  }

  const Scenario& scenario_;
  const std::vector<Addition>& all_;
  std::vector<std::uint64_t> begins_;  // of the pairs of each first one, and behind the last
};

void demandPlayable(const Scenario& scenario) {
  constexpr std::size_t additions = 2;
  if (!scenario.isNormal()) throw Error("this scenario is not within the limits of a scenario");
  if (scenario.steps.size() + additions > Scenario::maxSteps) {
    throw Error(fmt::format("this scenario has {} steps; a sweep adds {} to them, and {} is the limit",
                            scenario.steps.size(), additions, Scenario::maxSteps));
  }
}

}  // namespace

std::string Sweep::certificate() const {
  const std::string many =
      tried == variants ? fmt::format("all {}", variants) : fmt::format("{} of {}", tried, variants);
  std::string text = fmt::format("{} variants of the scenario with {}, {} lives, {}", many,
                                 pairs ? "one fault and with two" : "one fault", result.lives,
                                 result.failure ? "1 violation" : "0 violations");
  if (momentsLeftOut > 0) text += fmt::format("; {} unfinished moments were left out", momentsLeftOut);
  return text;
}

Sweep sweep(const Property& property, const Host::Parties& parties, const Scenario& scenario,
            const SweepOptions& options) {
  demandPlayable(scenario);
  const auto additions = Detail::additionsTo(scenario, property, parties);
  const Variants variants(scenario, additions.all, options.pairs);
  Detail::Sequence sequence;
  sequence.scenario = [&](std::uint64_t number) { return variants.scenario(number); };
  sequence.count = variants.count();
  sequence.unit = "variants";
  const ExploreOptions how = Detail::toTheEnd(options, scenario.seed, variants.count());
  Sweep sweep;
  sweep.result = Detail::search(property, parties, sequence, how);
  sweep.result.unseen.clear();  // a scenario written by hand shows what it shows
  sweep.variants = variants.count();
  sweep.tried = sweep.result.randomLives;
  sweep.momentsLeftOut = additions.momentsLeftOut;
  sweep.pairs = options.pairs;
  if (sweep.result.failure) {
    std::string by;
    for (const Addition* addition : variants.additions(sweep.result.failure->number)) {
      by += (by.empty() ? "the scenario with " : " and ") + Detail::describe(*addition);
    }
    sweep.result.failure->foundBy = by.empty() ? "the scenario as it is" : by;
  }
  return sweep;
}

Scenario quietVisit(const Property& property, const Host::Parties& parties, std::string_view party,
                    std::uint64_t seed) {
  const auto found = std::ranges::find(parties, party, &Host::PartyDescriptor::name);
  if (found == parties.end()) throw Error(fmt::format("there is no party called \"{}\"", party));
  return Detail::quietVisit(*found, property, seed);
}

}  // namespace Party::Sim
