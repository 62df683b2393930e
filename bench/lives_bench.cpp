/// How many random lives does one core try in a second: written, played, judged, and with hibernation held against a
/// twin that never slept?

#include <benchmark/benchmark.h>
#include <party/sim/explore.h>

#include <cstdint>

#include "parties.h"

namespace Bench {
namespace {

using Party::Sim::ExploreOptions;
using Party::Sim::Property;

constexpr std::uint64_t livesAtATime = 200;

/// Lives of thirty steps, and those that let rooms sleep, and of one to four clients. An item is a life played, twins
/// included; beside them the random lives, of which each may have a twin, and the events.
template <Party::Worker Server>
void lives(benchmark::State& state) {
  const bool hibernation = state.range(0) != 0;
  const bool faults = state.range(1) != 0;
  Property property("lives");
  property.steps(30, 30);
  if (!hibernation) property.withoutHibernation();
  if (!faults) property.withoutFaults();
  const Party::Host::Parties parties = Party::parties<Server>("main");
  ExploreOptions options;
  options.budget.lives = livesAtATime;
  options.progress = false;
  options.jobs = 1;  // per core
  std::uint64_t played = 0, random = 0, steps = 0, events = 0;
  for (auto _ : state) {
    ++options.seed;
    const auto result = Party::Sim::explore(property, parties, "main", options);
    if (result.verdict != Party::Sim::Verdicts::pass) return state.SkipWithError("a correct party was found wanting");
    played += result.lives;
    random += result.randomLives;
    steps += result.statistics.steps;
    events += result.statistics.events;
  }
  const auto perSecond = [](std::uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
  };
  state.SetItemsProcessed(static_cast<std::int64_t>(played));
  state.counters["random/s"] = perSecond(random);
  state.counters["events/s"] = perSecond(events);
  state.counters["steps/life"] = static_cast<double>(steps) / static_cast<double>(played);
}
void kinds(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"hibernation", "faults"})->Args({0, 0})->Args({1, 0})->Args({1, 1})->Unit(benchmark::kMillisecond);
}
BENCHMARK(lives<Shout>)->Name("lives/broadcast")->Apply(kinds);
BENCHMARK(lives<Remembering>)->Name("lives/put")->Apply(kinds);
BENCHMARK(lives<StoredCount>)->Name("lives/getPutBroadcast")->Apply(kinds);

}  // namespace
}  // namespace Bench
