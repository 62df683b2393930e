#pragma once

#include "fields.h"

#include <cstddef>
#include <functional>

namespace Party::Contract {

/// A smaller script that is still `bad`: steps are removed with the pauses behind them, then commands, then options and
/// values made simple, until nothing more can go or `budget` tries are used up. `bad` is asked for scripts that can be
/// loaded, also ones in which clients speak that never connected.
Json shrinkScript(Json script, const std::function<bool(const Json&)>& bad, std::size_t budget);

}  // namespace Party::Contract
