#pragma once

#include "player.h"
#include "scenario.h"

#include <cstddef>
#include <string>
#include <vector>

namespace Party::Contract {

/// One scenario in one party, and how it went.
struct Run {
  const Scenario* scenario = nullptr;
  std::string party;
  Outcome outcome;
  double seconds = 0;
  /// How an earlier try differed, when this one was played again with nobody beside it.
  std::string firstTry;
};

/// Plays every scenario once for each of its parties, `jobs` at a time, each in a room of its own. The runs come back
/// in the order of the scenarios.
///
/// Where time is real, a busy machine can be too slow for a scenario that waits. So runs that differed are played once
/// more, one at a time, and count as they end then; unless there are so many that it was not the machine.
std::vector<Run> playAll(const std::vector<Scenario>& scenarios, const std::string& armName, Arm& arm,
                         std::size_t jobs);

/// All of it as JSON, for tests/contract/report.
std::string resultsAsJson(const std::string& armName, const std::vector<Run>& runs);

}  // namespace Party::Contract
