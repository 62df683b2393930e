#pragma once

#include "arm.h"
#include "fuzz_compare.h"
#include "fuzz_scripts.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace Party::Contract {

/// One arm of a campaign.
struct FuzzSide {
  std::string name;
  Arm& arm;
};

struct FuzzOptions {
  std::uint64_t seed = 1;
  std::size_t first = 0;
  std::size_t scripts = 100;
  std::size_t jobs = 8;
  std::size_t shrinkTries = 150;  // for each of the first three differences
  FuzzWorld world;
};

/// A script whose outcomes differ, also when it was played again with more time to come to rest.
struct FuzzFinding {
  std::size_t number = 0;
  FirstDifference difference;
  Json scenario;  // shrunk; it expects what the second arm saw
};

struct FuzzOutcome {
  std::vector<FuzzFinding> findings;
  std::size_t broken = 0;    // scripts that could not be played to their end: the generator is wrong
  std::size_t unsteady = 0;  // scripts that differed once, and not when played again
};

/// Plays random scripts in both arms, `jobs` at a time, and compares what was seen. Throws `Unavailable`.
FuzzOutcome fuzz(const FuzzOptions& options, FuzzSide here, FuzzSide there);

/// The campaign as one object: seed, scripts, arms, differences.
Json fuzzSummary(const FuzzOptions& options, const FuzzOutcome& outcome, const std::string& here,
                 const std::string& there);

}  // namespace Party::Contract
