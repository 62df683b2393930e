#pragma once

#include <party/sim/report.h>

#include <string>

namespace Party::Sim::Detail {

/// Writes the page into `folder` (the temporary one when empty), under a name made from the scenario, and returns its
/// path; an empty one, and a sentence on stderr, when it cannot be written.
std::string writePicture(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                         const ReportContext& context, const std::string& folder);

/// The trace of the scenario's life as text.
std::string traceOf(const Scenario& scenario, const Host::Parties& parties);

}  // namespace Party::Sim::Detail
