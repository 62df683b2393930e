#include "life_options.h"

#include <chrono>

namespace Party::Sim::Detail {

WorldOptions optionsFor(const Scenario& scenario, const LifeOptions& life) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  WorldOptions options;
  options.neverHibernate()
      .freeWakes(life.freeWakes)
      .freeAlarms(life.freeAlarms)
      .trace(life.trace)
      .throwOnViolation(false);
  const bool ranked = scenario.faults.has(Fault::priorities);
  options.ranked(ranked);
  if (ranked || scenario.faults.has(Fault::slowNetwork)) options.latency({Duration(0), milliseconds(250)});
  if (ranked || scenario.faults.has(Fault::slowDisk)) options.flush({Duration(0), milliseconds(500)});
  if (scenario.faults.has(Fault::delayedReads)) options.delayedReads({1, 3}, {Duration(0), milliseconds(50)});
  if (scenario.faults.has(Fault::lateAlarms)) options.alarmLateness({Duration(0), seconds(10)});
  if (ranked || scenario.faults.has(Fault::slowCalls)) options.callLatency({Duration(0), seconds(3)});
  if (scenario.faults.has(Fault::lostCalls)) options.callFailures({1, 4});
  if (scenario.faults.has(Fault::slowTimers)) options.timerLateness({Duration(0), seconds(2)});
  if (scenario.faults.has(Fault::mergedCommits)) {
    options.flushStart({Duration(0), milliseconds(20)}).partialCommits(true).flushRetries({1, 4});
  }
  if (scenario.faults.has(Fault::heldOutputs)) options.releaseDelay({Duration(0), milliseconds(200)});
  if (scenario.faults.has(Fault::waitingWriters)) {
    Profile profile = options.profile();
    profile.maxUnflushedBytes = 0;
    options.profile(profile);
  }
  return options;
}

}  // namespace Party::Sim::Detail
