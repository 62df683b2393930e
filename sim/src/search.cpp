#include "search.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "budget.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// What ended the search, and where in the sequence.
struct Hit {
  std::uint64_t number = nowhere;
  Scenario scenario;
  std::optional<Finding> finding;
  std::optional<std::string> divergence;
  std::exception_ptr error;  // of a law or a generator
  double seconds = 0;
};

/// What the threads have in common. Numbers are given out in order, so when the lowest hit is known, all below it have
/// been judged or are being judged; what lies above it is thrown away.
class Ledger {
 public:
  Ledger(const Budget& budget, std::uint64_t count, const char* unit, bool progress)
      : spending_(budget), progress_(progress), count_(count), unit_(unit) {}

  std::optional<std::uint64_t> next() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t end = std::min(count_, hit_.number);
    if (given_ >= end || spending_.spent(given_)) return std::nullopt;
    return given_++;
  }
  void judged(std::uint64_t number, Totals&& totals) {
    const std::lock_guard lock(mutex_);
    done_.emplace(number, std::move(totals));
    while (!done_.empty() && done_.begin()->first == prefix_ && prefix_ <= hit_.number) {
      sum_ += done_.begin()->second;
      done_.erase(done_.begin());
      ++prefix_;
    }
  }
  void hit(Hit&& hit) {
    hit.seconds = spending_.seconds();
    const std::lock_guard lock(mutex_);
    if (hit.number < hit_.number) hit_ = std::move(hit);
  }
  void saw(const std::vector<bool>& seen) {
    const std::lock_guard lock(mutex_);
    seen_.resize(seen.size(), false);
    for (std::size_t i = 0; i < seen.size(); ++i) seen_[i] = seen_[i] || seen[i];
  }
  /// By one thread alone.
  void showProgress() {
    if (!progress_.due()) return;
    std::unique_lock lock(mutex_);
    const std::string text = progressText();
    lock.unlock();
    progress_.show(text);
  }

  // When all threads have ended:
  Hit& hit() { return hit_; }
  const Totals& sum() const { return sum_; }
  std::uint64_t prefix() const { return prefix_; }
  bool seen(std::size_t law) const { return law < seen_.size() && seen_[law]; }
  double seconds() const { return spending_.seconds(); }

 private:
  std::string progressText() const {
    const double seconds = std::max(spending_.seconds(), 0.001);
    const Statistics& all = sum_.statistics;
    const std::string left =
        count_ == nowhere ? spending_.left(prefix_) : fmt::format("{} of {} {}", prefix_, count_, unit_);
    return fmt::format(
        "{}; {} lives, {:.0f} lives/s, {:.0f} steps/s; {} hibernations, {} crashes, {} lost connections, {} failed "
        "commits",
        left, sum_.lives, static_cast<double>(sum_.lives) / seconds, static_cast<double>(all.steps) / seconds,
        all.count(Verb::hibernate), all.count(Verb::crash) + all.count(Verb::reset),
        all.count(Verb::drop) + all.count(Verb::vanish),
        all.count(Verb::failCommit) + all.count(Verb::loseCommitReply));
  }

  std::mutex mutex_;
  Spending spending_;
  ProgressLine progress_;
  std::uint64_t count_;
  const char* unit_;
  std::uint64_t given_ = 0;
  std::uint64_t prefix_ = 0;              // so many from the first on are in the sum
  std::map<std::uint64_t, Totals> done_;  // of those behind it
  Totals sum_;
  std::vector<bool> seen_;
  Hit hit_;
};

/// One thread: judges what it is given until there is no more.
void work(Ledger& ledger, const Property& property, const Host::Parties& parties, const Sequence& sequence,
          const ExploreOptions& options, bool showsProgress) {
  std::optional<Judge> judge;
  while (const auto number = ledger.next()) {
    Hit hit{.number = *number};
    try {
      if (!judge) judge.emplace(parties, property);
      hit.scenario = judge->madeUp([&] { return sequence.scenario(*number); }, hit.finding);
      if (!hit.finding && options.determinismSample > 0 && *number % options.determinismSample == 0) {
        hit.divergence = judge->nondeterminism(hit.scenario);
      }
      if (!hit.finding && !hit.divergence) hit.finding = judge->examine(hit.scenario);
    } catch (...) {
      hit.error = std::current_exception();
    }
    if (hit.finding || hit.divergence || hit.error) ledger.hit(std::move(hit));
    ledger.judged(*number, judge ? judge->takeTotals() : Totals());
    if (showsProgress) ledger.showProgress();
  }
  if (judge) ledger.saw(judge->seen());
}

/// Simpler texts of the property's own kind, for parties that take no others: what these steps have, the short ones
/// first.
std::vector<std::string> simplerTexts(const Scenario& scenario, Verb verb) {
  std::vector<std::string> texts;
  for (const Step& step : scenario.steps) {
    if (step.verb == verb && std::ranges::find(texts, step.payload) == texts.end()) texts.push_back(step.payload);
  }
  std::ranges::sort(texts, {}, [](const std::string& text) { return std::pair(text.size(), text); });
  return texts;
}

}  // namespace

ShrinkLimits limitsFor(const Property& property, const Scenario& scenario) {
  ShrinkLimits limits;
  limits.payloads = simplerTexts(scenario, Verb::send);
  limits.queries = simplerTexts(scenario, Verb::connect);
  limits.cutPayloads = !property.shape().messages && !property.shape().requests;
  return limits;
}

Failure shrunkFailure(Judge& judge, const Property& property, Scenario scenario, const Finding& found,
                      std::chrono::milliseconds time) {
  Failure failure;
  if (found.kind == Finding::Kind::generator) {  // it is the seed that plays this again
    failure.finding = found;
    failure.original = scenario;
    failure.minimal = std::move(scenario);
    return failure;
  }
  const Stopwatch watch;
  ShrinkLimits limits = limitsFor(property, scenario);
  limits.spent = [&] { return watch.seconds() >= std::chrono::duration<double>(time).count(); };
  const auto fails = [&](const Scenario& candidate) {
    const auto finding = judge.examine(candidate);
    return finding && finding->sameAs(found);
  };
  Shrunk result = shrink(scenario, fails, limits);
  failure.finding = judge.examine(result.scenario).value_or(found);
  failure.original = std::move(scenario);
  failure.minimal = std::move(result.scenario);
  failure.shrinkRuns = result.runs;
  failure.shrunkToTheEnd = result.minimal;
  failure.shrinkSeconds = watch.seconds();
  return failure;
}

Exploration search(const Property& property, const Host::Parties& parties, const Sequence& sequence,
                   const ExploreOptions& options) {
  Exploration result;
  result.seed = options.seed;
  Ledger ledger(options.budget, sequence.count, sequence.unit, options.progress);
  {
    std::vector<std::jthread> others;
    for (std::uint32_t i = 1; i < jobsFor(options.jobs); ++i) {
      others.emplace_back([&] { work(ledger, property, parties, sequence, options, false); });
    }
    work(ledger, property, parties, sequence, options, true);
  }
  Hit& hit = ledger.hit();
  if (hit.error) std::rethrow_exception(hit.error);
  Totals sum = ledger.sum();
  if (hit.divergence) {
    result.divergence = *std::move(hit.divergence);
    result.divergent = std::move(hit.scenario);
    result.verdict = Verdicts::nonDeterminism;
  } else if (hit.finding) {
    Judge judge(parties, property);
    result.failure = shrunkFailure(judge, property, std::move(hit.scenario), *hit.finding, options.shrinkTime);
    result.failure->number = hit.number;
    result.failure->lives = sum.lives;
    result.failure->seconds = hit.seconds;
    result.verdict = Verdicts::propertyFailed;
    sum += judge.takeTotals();
  }
  result.randomLives = ledger.prefix();
  result.lives = sum.lives;
  result.cutShort = sum.cutShort;
  result.undecided = sum.undecided;
  result.statistics = sum.statistics;
  result.seconds = ledger.seconds();
  for (std::size_t i = 0; i < property.laws().size(); ++i) {
    const Law& law = property.laws()[i];
    if (law.when == Law::When::sometimes && !ledger.seen(i)) result.unseen.push_back(law.name);
  }
  return result;
}

}  // namespace Party::Sim::Detail
