#pragma once

#include "fields.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace Party::Contract {

/// What random scripts may do. Everything a script does must have one outcome in both arms, so what
/// docs/differences.md explains, and what depends on a clock or a race, is not written at all:
///
/// | not written                                                     | because                            |
/// |-----------------------------------------------------------------|------------------------------------|
/// | connections without an id, `internalID`, hosts                  | drawn by each arm                  |
/// | `getAlarm` in time from now, `$date`                            | clocks; `exact` with a fixed time  |
/// | `close` with a code that may not be on the wire, as 2999         | D-15: the client's echo is a fault |
/// | numbers such as 1e9                                             | each language writes them its way  |
/// | headers of answers                                              | H-8, and each server adds its own  |
/// | time that counts and is short                                   | a busy machine; 30 ms or a wait    |
///
/// With `partykit` also none of these:
///
/// | not written                                                     | because            |
/// |-----------------------------------------------------------------|--------------------|
/// | an id that is there already, or was                             | D-3, D-7           |
/// | a throw in onConnect                                            | D-4                |
/// | anything after the room's own `close`, scripts in onClose       | D-7, D-10, D-12    |
/// | `waitUntil` without a sleep first                               | JavaScript runs an async function at once |
/// | `drop`                                                          | D-11               |
/// | `each`, unsorted lists, empty tags, too many tags, `listen`     | D-9, D-12, D-13    |
/// | `changeState`, state that was never set                         | D-14               |
/// | codes of errors outside 400 to 599                              | D-17               |
/// | `id` in onAlarm                                                 | D-22               |
/// | alarms in transactions, or that throw                           | H-6                |
struct FuzzWorld {
  bool partykit = false;
};

/// Most steps of a script, the waits among them.
inline constexpr std::size_t maxFuzzSteps = 30;

/// Script `number` of a campaign as a scenario of a file: title, rules, party, steps; nothing is expected yet. A pure
/// function of its arguments. Each step that reaches a room is followed by `{"quiet": true}`.
Json fuzzScript(std::uint64_t seed, std::size_t number, const FuzzWorld& world);

/// Whether a step only lets time pass; it belongs to the step before it.
bool isPause(const Json& step);

}  // namespace Party::Contract
