#pragma once

#include <party/sim/scenario.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace Party::Sim {

struct ShrinkLimits {
  /// A few hundred runs are typical.
  std::size_t runs = 3'000;
  /// Asked before every run; true ends the search with the best so far. Empty: never.
  std::function<bool()> spent;
  /// Simpler payloads to try in place of a longer one, simplest first. For parties that take only texts of some form.
  std::vector<std::string> payloads;
  /// The same for the queries of connects, which are never cut.
  std::vector<std::string> queries;
  /// Whether payloads may also be cut anywhere.
  bool cutPayloads = true;
};

struct Shrunk {
  Scenario scenario;
  std::size_t runs = 0;
  /// False when a limit ended the search before nothing more could be taken away.
  bool minimal = false;
};

/// The smallest scenario it can find that still fails, by taking away until nothing more can go: whole kinds of faults,
/// clients, rooms, steps (with their time, or leaving it to the next), then waiting times and payloads.
///
/// `fails` is a pure function, and true for `scenario`. The result is 1-minimal: no single step can be removed.
Shrunk shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails,
              const ShrinkLimits& limits = {});

/// What `shrink` tries from here until something still fails, in its order: for the searches of others.
std::vector<Scenario> simplerThan(const Scenario& scenario, const ShrinkLimits& limits = {});

}  // namespace Party::Sim
