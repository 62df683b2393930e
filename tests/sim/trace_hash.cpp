#include <party/sim/life.h>
#include <party/sim/property.h>

#include <cinttypes>
#include <cstdio>

#include "fixed_life.h"
#include "random_life.h"

/// Prints one line that must be the same from every compiler, with and without optimisation: the hashes of fixed lives,
/// and of a hundred random ones of each party.
int main() {
  Party::Sim::World world(WorldTests::allParties());
  std::uint64_t hash = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    world.reset(Party::Sim::Seed(seed), WorldTests::stressed());
    WorldTests::liveFixedLife(world);
    hash = Party::Host::mix(hash, world.trace().hash(), world.trace().size(), world.eventCount());
  }
  const Party::Host::Parties parties = WorldTests::allParties();
  Party::Sim::Stage stage(parties);
  Party::Sim::LifeOptions options;
  options.trace = Party::Sim::TraceMode::hashOnly;
  for (const auto& party : parties) {
    for (std::uint64_t number = 0; number < 100; ++number) {
      const auto scenario = Party::Sim::Detail::randomLife(party, Party::Sim::Property(), 1, number);
      for (const std::uint8_t byte : scenario.encode()) hash = Party::Host::mix(hash, byte, number, 0);
      hash = Party::Host::mix(hash, stage.play(scenario, options).traceHash, number, 1);
    }
  }
  std::printf("%016" PRIx64 "\n", hash);
}
