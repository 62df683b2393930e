#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/peer.h>
#include <party/sim/scenario.h>

#include <optional>
#include <string>

/// Stopping a debugger inside a life: `gdb --args … replay --scenario=s1.… --break-at-step 3`, or PARTY_BREAK_AT_STEP=3
/// with a regression test.

namespace Party::Sim {

/// The number in PARTY_BREAK_AT_STEP. Throws `Party::Error` when it is none.
std::optional<StepId> stepToBreakAt();

/// Plays the scenario once, as it is judged, and raises SIGTRAP right before the step with this id, the number before
/// it in the scenario's text. Without a debugger that ends the process. Returns a sentence when there is no such step.
std::optional<std::string> breakAtStep(const Scenario& scenario, StepId step, const Host::Parties& parties,
                                       const Peers& peers = {});

}  // namespace Party::Sim
