#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace Party::Contract {

/// What happened to each room of the probe, one line per callback, in the order in which they began.
///
/// It lies outside the rooms, for the whole process, so that it outlives hibernation and reset of a room; that makes
/// the probe the one party that may not be simulated with chance (two worlds share it), and is why each run of a
/// scenario uses rooms of its own. Safe from several threads: a server's shards share it too.
class Report {
 public:
  /// `room` is `party/id`.
  static void add(const std::string& room, std::string line);
  /// The lines since the last time, and forgets them.
  static std::vector<std::string> take(const std::string& room);
};

/// At most the first 60 code points of a text, as the report shows messages.
std::string_view firstCharacters(std::string_view text);

}  // namespace Party::Contract
