#pragma once

#include <party/sim/explore.h>

#include <cstdint>
#include <string_view>

namespace Party::Sim::Detail {

/// Real time since it was made. Time in which a property is tried is the one thing that real time decides here.
class Stopwatch {
 public:
  Stopwatch();
  double seconds() const;
  void restart();

 private:
  std::int64_t begin_;
};

/// Says when a search has had enough.
class Spending {
 public:
  explicit Spending(const Budget& budget) : budget_(budget) {}
  bool spent(std::uint64_t lives) const;
  double seconds() const { return watch_.seconds(); }
  /// Seconds or lives that are left, for people.
  std::string left(std::uint64_t lives) const;

 private:
  Budget budget_;
  Stopwatch watch_;
};

/// How many threads are meant by `ExploreOptions::jobs`.
std::uint32_t jobsFor(std::uint32_t wanted);

/// One line on a terminal that is written over again and again; silent when stderr is none.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine();
  /// True at most ten times a second: worth rendering a new text.
  bool due();
  void show(std::string_view text);

 private:
  bool shown_ = false;
  bool terminal_;
  Stopwatch since_;
};

}  // namespace Party::Sim::Detail
