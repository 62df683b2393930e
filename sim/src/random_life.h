#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/explore.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <cstdint>

namespace Party::Sim::Detail {

/// What lives are like, beyond what the property says: see `ExploreOptions`.
struct LifeStyle {
  Schedule schedule = Schedule::mixed;
  bool swarm = true;
};

/// The `number`-th random life of a master seed: a function of its arguments alone, so that life 1,234 is the same
/// whatever ran before it.
///
/// Swarm: each life switches whole kinds of faults and of steps on or off, because a life with everything in it
/// rarely goes deep anywhere.
Scenario randomLife(const Host::PartyDescriptor& party, const Property& property, std::uint64_t masterSeed,
                    std::uint64_t number, const LifeStyle& style = {});

/// Two clients or more come one after the other, each says two things, asks, and waits for an alarm, as far as the
/// party has handlers for it; one comes back, and each says something more. Nothing goes wrong.
Scenario quietVisit(const Host::PartyDescriptor& party, const Property& property, std::uint64_t seed);

}  // namespace Party::Sim::Detail
