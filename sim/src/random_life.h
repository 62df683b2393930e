#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <cstdint>

namespace Party::Sim::Detail {

/// The `number`-th random life of a master seed: a function of its arguments alone, so that life 1,234 is the same
/// whatever ran before it.
///
/// Swarm: each life switches whole kinds of faults and of steps on or off, because a life with everything in it
/// rarely goes deep anywhere.
Scenario randomLife(const Host::PartyDescriptor& party, const Property& property, std::uint64_t masterSeed,
                    std::uint64_t number);

}  // namespace Party::Sim::Detail
