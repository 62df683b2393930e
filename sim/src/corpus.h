#pragma once

#include <party/sim/explore.h>

#include <string>
#include <string_view>
#include <vector>

/// A folder in which failures outlive the run that found them, as files of scenarios named after what they break:
/// `Chat.SameTranscript.main.hibernation_changes_nothing.1f3a90c2.scenario`.

namespace Party::Sim::Detail {

/// The files kept for a property and a party, in the order of their names. None when there is no such folder.
std::vector<std::string> keptFailures(const std::string& folder, std::string_view property, std::string_view party);

/// Writes the smallest scenario of a failure and returns its path; an empty one, and a sentence on stderr, when it
/// cannot be written.
std::string keepFailure(const std::string& folder, std::string_view property, const Failure& failure);

}  // namespace Party::Sim::Detail
