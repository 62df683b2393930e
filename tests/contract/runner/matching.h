#pragma once

#include "observation.h"
#include "scenario.h"

#include <string>
#include <vector>

namespace Party::Contract {

/// Comparisons of what was expected with what was observed. Each gives nothing when they agree, else what was expected
/// as one phrase. A text that begins with `~` is a regular expression for the whole of the other.

std::string difference(const Expected& expected, const Observation& observed);
/// What an expectation wants, as one phrase.
std::string describe(const Expected& expected);

bool matchesText(const std::string& expected, const std::string& observed);
/// Numbers compare as numbers, texts inside as `matchesText` does.
bool matchesJson(const Json& expected, const Json& observed);

/// The lines of a report that this step looks at.
std::vector<std::string> chosenLines(const ReportStep& step, const std::vector<std::string>& lines);
/// Nothing when the chosen lines are as expected, else the first place where they are not.
std::string difference(const ReportStep& step, const std::vector<std::string>& lines);

}  // namespace Party::Contract
