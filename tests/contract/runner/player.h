#pragma once

#include "arm.h"
#include "scenario.h"

#include <string>

namespace Party::Contract {

/// How one run of a scenario ended.
struct Outcome {
  enum class Kind : std::uint8_t {
    same,       ///< everything was as expected
    explained,  ///< as expected of this arm, which differs from the others for the reason in `because`
    different,  ///< something else was seen
    failed,     ///< it could not be played to its end
    leftOut     ///< it was not played, `because` says why
  };
  Kind kind = Kind::same;
  std::string because;
  std::string how;
};

const char* nameOf(Outcome::Kind kind);
/// Whether it must not stay so.
inline bool isBad(Outcome::Kind kind) { return kind == Outcome::Kind::different || kind == Outcome::Kind::failed; }

/// Plays a scenario in one room of an arm, and compares what is seen with what is expected. Throws `Unavailable` alone.
Outcome play(const Scenario& scenario, const RoomName& room, const std::string& armName, Arm& arm);

}  // namespace Party::Contract
