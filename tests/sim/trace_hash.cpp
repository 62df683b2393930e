#include <cinttypes>
#include <cstdio>

#include "fixed_life.h"

/// Prints one line that must be the same from every compiler, with and without optimisation: the hashes of fixed lives.
int main() {
  Party::Sim::World world(WorldTests::allParties());
  std::uint64_t hash = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    world.reset(Party::Sim::Seed(seed), WorldTests::stressed());
    WorldTests::liveFixedLife(world);
    hash = Party::Host::mix(hash, world.trace().hash(), world.trace().size(), world.eventCount());
  }
  std::printf("%016" PRIx64 "\n", hash);
}
