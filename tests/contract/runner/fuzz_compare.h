#pragma once

#include "arm.h"
#include "fields.h"

#include <map>
#include <string>
#include <vector>

namespace Party::Contract {

/// What was seen of one script in one arm: each channel's observations, as the steps that would expect them, and under
/// `report` the lines of the room's report. The id of the room is `{room}` in all of it.
struct Seen {
  std::map<std::string, std::vector<Json>> channels;
  /// Why it could not be played to its end, or nothing.
  std::string broken;
};

/// Where two arms saw something else.
struct FirstDifference {
  std::string channel;  // empty: there is none
  std::size_t at = 0;   // in the channel
  std::string here;
  std::string there;

  explicit operator bool() const { return !channel.empty(); }
};

/// Plays a script in the room `room`. `slower`: how much longer than usual things may take to come to rest. Throws
/// `Unavailable` alone.
Seen look(const Json& script, const std::string& room, const std::string& armName, Arm& arm, int slower);

/// The first channel, by name, in which something differs. JSON texts are compared as values.
FirstDifference compare(const Seen& here, const Seen& there);

/// The script as a scenario file that expects of every channel what was seen.
Json withExpectations(Json script, const Seen& seen);

}  // namespace Party::Contract
