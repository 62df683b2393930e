#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// The faults that a sweep puts into a scenario, one or two at a time.

namespace Party::Sim::Detail {

/// One fault more.
struct Addition {
  /// Before the step with this index; as many as there are steps: at the end.
  std::size_t place = 0;
  /// Right before that step, else right after the one before it.
  bool late = false;
  Step step;
  /// Not a step: this kind of slowness, throughout.
  bool slowness = false;
  Fault fault = Fault::slowNetwork;
};

struct Additions {
  std::vector<Addition> all;
  std::uint64_t momentsLeftOut = 0;
};

/// In a fixed order. Plays one life, to count the unfinished moments between the steps.
Additions additionsTo(const Scenario& scenario, const Property& property, const Host::Parties& parties);

/// The scenario with these in it, by place.
Scenario with(const Scenario& scenario, const std::vector<const Addition*>& additions);

/// `"the process crashes" after step 3`
std::string describe(const Addition& addition);

}  // namespace Party::Sim::Detail
