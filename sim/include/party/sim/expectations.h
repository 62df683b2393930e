#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// How the checks of a test framework count in a life: `EXPECT_EQ` in a law, a generator or a handler.
///
/// A framework notes a failed check and goes on. Of the thousands of lives of a run most are thrown away, so what
/// failed in them must reach the judge and not the framework: a watch stands between them. The simulator knows no
/// framework; <party/sim/gtest.h> gives properties a watch for GoogleTest.

namespace Party::Sim {

/// A check that did not hold.
struct FailedExpectation {
  /// What was checked and what was there instead; may have several lines.
  std::string text;
  /// `file:line`, which tells it from others.
  std::string place;
};

/// Hears of the failed checks of the thread that made it, in place of the framework, for as long as it lives. Watches
/// of one thread end in the opposite order.
class ExpectationWatch {
 public:
  virtual ~ExpectationWatch() = default;
  /// Those that failed since it was last asked, in order.
  virtual std::vector<FailedExpectation> take() = 0;
};

/// Makes a watch, on any thread.
using ExpectationWatchMaker = std::function<std::unique_ptr<ExpectationWatch>()>;

}  // namespace Party::Sim
