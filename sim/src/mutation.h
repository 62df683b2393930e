#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

/// How a fuzzer changes a life: as a story, where changing bytes would mostly give another one altogether.

namespace Party::Sim::Detail {

/// Changes so many bytes in place, within the room there is; the new size.
using ChangeBytes = std::function<std::size_t(std::span<std::uint8_t> room, std::size_t size)>;

/// One change, a function of its arguments: a step more, as random lives have them, one less, two in another order,
/// another moment, a message the party's generators would make, other bytes in one, another slowness or seed.
void mutate(Scenario& scenario, const Host::PartyDescriptor& party, const Property& property, std::uint64_t seed,
            const ChangeBytes& changeBytes);

}  // namespace Party::Sim::Detail
