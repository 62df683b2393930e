#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/judge.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace Party::Sim {

/// How long to look. Without a number: one second or 2,000 lives, whichever is later, and at most ten seconds.
struct Budget {
  /// Exactly so many random lives, however long they take.
  std::optional<std::uint64_t> lives;
  /// So much real time.
  std::optional<std::chrono::milliseconds> time;
};

/// Which of several events that could come next does: drawn anew each time, or by priorities that rarely change
/// (`Fault::priorities`), or the one in some lives and the other in others.
enum class Schedule : std::uint8_t { mixed, walk, pct };

/// More threads than this are not used.
inline constexpr std::uint32_t mostJobs = 64;

struct ExploreOptions {
  std::uint64_t seed = 1;
  Budget budget;
  /// So many threads judge lives; 0: one for each CPU that may be used, at most 8. What is found does not depend on it.
  ///
  /// With more than one, rooms of different lives run at the same time, and so do laws, generators and peers: a party
  /// that keeps something in a static variable, or a law that writes to what it captured, needs `jobs = 1` or a lock.
  /// A room itself, and one life, is never in two threads.
  std::uint32_t jobs = 0;
  /// Real time a failure may be shrunk for.
  std::chrono::milliseconds shrinkTime{1'000};
  /// Each n-th random life is played twice and its traces compared; 0: never.
  std::uint32_t determinismSample = 100;
  /// A line about progress on stderr, when that is a terminal.
  bool progress = true;
  Schedule schedule = Schedule::mixed;
  /// Each life turns whole kinds of steps and faults on or off. Without: every life has every kind.
  bool swarm = true;
  /// A folder of failures that earlier runs kept: they are played first, and a new one is kept there. Empty: none.
  std::string corpus;
};

struct Failure {
  Finding finding;    // of the minimal scenario
  Scenario original;  // as it was found
  Scenario minimal;
  std::uint64_t number = 0;  // of the random life, from 0
  std::string foundBy;       // what found it, when not a random life
  std::uint64_t lives = 0;   // played until then, twins included
  double seconds = 0;        // real time until then
  std::size_t shrinkRuns = 0;
  double shrinkSeconds = 0;
  bool shrunkToTheEnd = true;
  /// A kept failure that is still one: its file. `number` says nothing then.
  std::string kept;
  /// Where it has been kept for the next run.
  std::string keptAs;
};

/// What a run ends with, and its exit code.
enum class Verdicts : int { pass = 0, propertyFailed = 1, nonDeterminism = 2, sometimesNeverSeen = 3, tooFewLives = 4 };

struct Exploration {
  Verdicts verdict = Verdicts::pass;
  std::optional<Failure> failure;
  /// For nonDeterminism: what differed, and the scenario.
  std::string divergence;
  std::optional<Scenario> divergent;
  /// Kept failures that break nothing any more, and what could not be read: files, and sentences.
  std::vector<std::string> fixed;
  std::vector<std::string> unreadable;
  /// For sometimesNeverSeen.
  std::vector<std::string> unseen;
  std::uint64_t seed = 0;
  std::uint64_t randomLives = 0;
  std::uint64_t lives = 0;  // twins included
  std::uint64_t cutShort = 0;
  Undecided undecided;
  double seconds = 0;
  Statistics statistics;
};

/// A run with a verdict has at least this many lives.
inline constexpr std::uint64_t fewestLives = 100;

/// Random lives of `party`, a name among `parties`, until a law is broken or the budget is spent. A failure is shrunk.
/// Which lives are tried depends on the seed alone; a budget only says how many of them, and jobs how many at a time.
Exploration explore(const Property& property, const Host::Parties& parties, std::string_view party,
                    const ExploreOptions& options = {});

/// Seed, budget, threads and schedule from PARTY_SEED, PARTY_LIVES, PARTY_TIME (`250ms`, `5s`), PARTY_JOBS and
/// PARTY_SCHEDULE, how many lives are played twice from PARTY_DETERMINISM, and the folder PARTY_CORPUS, over the ones
/// given. Throws `Party::Error` with a sentence when one of them is malformed.
ExploreOptions withEnvironment(ExploreOptions options);
/// Makes the folder if it is not there. Throws `Party::Error` when nothing could be written into it; `what` names it.
void needFolder(std::string_view what, const std::string& folder);
/// `mixed`, `walk` or `pct`. Throws `Party::Error`.
Schedule parseSchedule(std::string_view text);
/// `250ms`, `5s`, `2min`, or a number of seconds. Throws `Party::Error`.
std::chrono::milliseconds parseTime(std::string_view text);

}  // namespace Party::Sim
