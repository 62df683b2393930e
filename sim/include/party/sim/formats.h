#pragma once

namespace Party::Sim {

/// The number that written traces and scenarios begin with; a reader takes this one and the one before.
int traceFormat();
int scenarioFormat();

}  // namespace Party::Sim
