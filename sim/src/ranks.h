#pragma once

#include <party/host/keys.h>
#include <party/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "chances.h"

/// Priorities in place of chance (probabilistic concurrency testing): all that comes from one source is equally fast or
/// equally slow, so that one client, or the disk, is behind or ahead of the others for a while; and a few times in a
/// life some sources change places. A bug that needs k such changes has a stated chance in each life, however long.

namespace Party::Sim::Detail {

/// What events come from, beside its identity.
enum class Strand : std::uint64_t { up = 1, down, edge, disk, call, read };

class Ranks {
 public:
  void reset(bool on, Time start) {
    on_ = on;
    begun_ = false;
    ranks_.clear();
    start_ = start;
  }
  bool on() const { return on_; }

  /// From `range.low` for the first rank to `range.high` for the last, twice as long from each to the next, and up to a
  /// millisecond of its own.
  Duration pace(Chances& chances, Choice purpose, Host::Cause cause, std::uint64_t n, const Between& range,
                Host::Cause source, Strand strand, Time now);

 private:
  static constexpr std::uint64_t lastRank = 7;
  static constexpr std::uint64_t groups = 4;  // of sources; a change is for one group

  struct Change {
    Time at;
    std::uint64_t group = 0;
  };

  void begin(Chances& chances);

  bool on_ = false;
  bool begun_ = false;
  Time start_;
  std::array<Change, 3> changes_{};
  std::size_t changeCount_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> ranks_;  // by source, and how often it has changed
};

}  // namespace Party::Sim::Detail
