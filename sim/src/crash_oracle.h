#pragma once

#include <party/sim/life.h>
#include <party/sim/scenario.h>

#include <cstdint>
#include <functional>
#include <optional>

/// Oracle C, the crash at the output gate: nothing anybody saw may be missing after a crash, and nothing may be there
/// by half.
///
/// A life in which the process dies at a moment at which something is unfinished must have an explanation: a life
/// without a crash, in which some of what was unfinished had happened and the rest never arrived, and which was then
/// stopped in an orderly way. It must have shown each client at least what it saw; and whoever comes later must find
/// the same in both.

namespace Party::Sim::Detail {

struct CrashVerdict {
  enum class Kind : std::uint8_t {
    explained,
    unexplained,
    unclear,  ///< nothing can be said: it did not come to a crash, or too much was going on
  };
  Kind kind = Kind::unclear;
  /// For `unexplained`: how the life differs from the one in which everything unfinished had been finished.
  std::optional<Difference> difference;
};

/// True for scenarios that oracle C judges: one crash inside, and no other accident that ends a room.
bool judgedByCrash(const Scenario& scenario);

/// `crashed` is the life of the scenario, played with `options`; `play` plays it anew.
CrashVerdict judgeCrash(const Life& crashed, LifeOptions options, const Projections& projections,
                        const std::function<Life(const LifeOptions&)>& play);

}  // namespace Party::Sim::Detail
