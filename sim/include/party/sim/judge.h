#pragma once

#include <party/sim/life.h>
#include <party/sim/property.h>
#include <party/sim/scenario.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party::Sim {

/// What a scenario broke: the law, and how it shows.
struct Finding {
  enum class Kind : std::uint8_t {
    hibernation,   ///< sleeping changed what somebody could see
    crash,         ///< something somebody saw was gone after a crash, or half done
    repeat,        ///< an alarm that ran twice changed something twice
    cost,          ///< a room that could sleep stays in memory
    stranded,      ///< something is due, and no alarm is set that would wake the room for it
    handlerError,  ///< an error left a handler
    neverLegal,    ///< the library itself did what it never may
    law,           ///< one of the property's own laws
    expectation,   ///< a check of a test framework failed, in a law or while the life was played
    generator      ///< the same while a life was made up: no scenario plays that again
  };
  Kind kind = Kind::law;
  std::string law;
  /// One sentence about this life.
  std::string how;
  /// For `hibernation`, `crash` and `repeat`: the two sides of the first difference.
  std::optional<Difference> difference;
  /// For `expectation` and `generator`: where the check stands.
  std::string place{};

  /// The same law was broken; of checks, the same check. Of errors, and of what the library must never do, the sentence
  /// must be the same too, but for its numbers and what it quotes: those come from the life, and shrinking changes
  /// them.
  bool sameAs(const Finding& other) const;
};

/// `hibernation`, `handler error`, …: one word or two for tables.
const char* nameOf(Finding::Kind kind);

/// Moments about which a law of the property came to no conclusion.
struct Undecided {
  std::uint64_t times = 0;
  std::string why;
};

/// What a judge has played, and what became of it.
struct Totals {
  std::uint64_t lives = 0;
  Statistics statistics;
  /// Lives from which nothing was concluded, because they had too many events.
  std::uint64_t cutShort = 0;
  /// How often a law could not be judged for a life, and why the last time.
  Undecided undecided;
  /// Crashes that could not be judged, because too much was going on.
  std::uint64_t unclearCrashes = 0;

  Totals& operator+=(const Totals& other);
};

/// What the two sides of a finding's difference are called.
struct Sides {
  std::string_view without;
  std::string_view with;
};
Sides sidesOf(Finding::Kind kind);

/// How a judge plays the first life of a scenario, without a witness.
LifeOptions judgedLife(const Scenario& scenario);

/// Tries scenarios against a property: plays one life, and beside it the twins that its accidents ask for: without the
/// sleep, without the alarm that came twice, stopped in an orderly way instead of crashed.
class Judge {
 public:
  /// The property outlives the judge.
  Judge(Host::Parties parties, const Property& property);

  /// The first law broken, if any. Pure: the same scenario, the same answer. `beside` sees the steps of the first life.
  std::optional<Finding> examine(const Scenario& scenario, Witness* beside = nullptr);
  /// What `makeUp` gives; and a finding when a check of a generator failed.
  Scenario madeUp(const std::function<Scenario()>& makeUp, std::optional<Finding>& finding) const;
  /// Names what differs when a scenario is played twice, which must be nothing.
  std::optional<std::string> nondeterminism(const Scenario& scenario);

  const Totals& totals() const { return totals_; }
  /// What has been counted since this was last called.
  Totals takeTotals() { return std::exchange(totals_, Totals()); }
  /// For each law, whether it is a `sometimes` that has been seen.
  const std::vector<bool>& seen() const { return seen_; }
  Stage& stage() { return stage_; }

 private:
  Life play(const Scenario& scenario, const LifeOptions& options);
  std::unique_ptr<ExpectationWatch> watch() const;
  std::optional<Finding> crashFinding(const Scenario& scenario, const Life& life, const LifeOptions& options);
  std::optional<Finding> sleepFinding(const Scenario& scenario, const Life& life, LifeOptions options);
  std::optional<Finding> repeatFinding(const Scenario& scenario, const Life& life, LifeOptions options);

  const Property& property_;
  Stage stage_;
  std::vector<bool> seen_;
  Totals totals_;
};

}  // namespace Party::Sim
