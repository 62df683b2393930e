#pragma once

#include <party/sim/judge.h>
#include <party/sim/scenario.h>
#include <party/sim/subject.h>

#include <chrono>
#include <optional>

/// What the runner is told by a search that is not the simulator's own: one object as the last line of stdout, with the
/// same names as that of `simulate --json`.

struct Outcome {
  Party::Sim::Finding finding;
  Party::Sim::Scenario minimal;
  double seconds = 0;  // until it was found
  double shrinkSeconds = 0;
};

/// `{}` when nothing was found.
void print(const std::optional<Outcome>& outcome);

/// The one subject of this program.
const Party::Sim::SubjectEntry& subject();

/// Real time since a moment.
inline double secondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}
