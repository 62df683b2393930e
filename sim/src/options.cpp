#include <party/sim/options.h>

namespace Party::Sim {

WorldOptions WorldOptions::stress() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  Profile profile = Profile::documented();
  profile.maxUnflushedBytes = 0;  // CP-07
  WorldOptions options;
  options.profile(profile)
      .flush({Duration(0), seconds(10)})
      .commitFailures({2, 100})
      .lostAcks({1, 100})
      .flushStart({Duration(0), milliseconds(50)})
      .partialCommits(true)
      .flushRetries({1, 10})
      .releaseDelay({Duration(0), seconds(1)})
      .delayedReads({30, 100}, {Duration(0), milliseconds(50)})
      .shuffledEvents(true)
      .timerLateness({Duration(0), seconds(1)})
      .clockSkew(seconds(1))
      .alarmLateness({Duration(0), seconds(60)})
      .alarmRepeats({5, 100})
      .phantomRuns({1, 2})
      .extremeRetryDelays(true)
      .resetDropDelay({Duration(0), seconds(5)})
      .deployDelay({Duration(0), seconds(300)})
      .hibernateAfter(Duration(0));
  return options;
}

}  // namespace Party::Sim
