#pragma once

#include <party/sim/life.h>
#include <party/sim/options.h>
#include <party/sim/scenario.h>

namespace Party::Sim::Detail {

/// The world of a life: what each kind of slowness that its scenario names makes slow, and how much.
WorldOptions optionsFor(const Scenario& scenario, const LifeOptions& life);

}  // namespace Party::Sim::Detail
