#include "fuzz_campaign.h"

#include "fuzz_shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

namespace Party::Contract {
namespace {

constexpr std::size_t mostShrunk = 3;
constexpr int patient = 3;

class Campaign {
 public:
  Campaign(const FuzzOptions& options, FuzzSide here, FuzzSide there)
      : options_(options), here_(std::move(here)), there_(std::move(there)) {}

  FuzzOutcome run() {
    std::vector<std::size_t> all(options_.scripts);
    std::iota(all.begin(), all.end(), options_.first);
    const std::vector<std::size_t> suspects = thatDiffer(all, options_.jobs, options_.world.partykit ? 2 : 1);
    constexpr std::size_t few = 4;  // beside one another: a script waits most of its time
    const std::size_t broken = broken_;
    const std::vector<std::size_t> different = thatDiffer(suspects, std::min(options_.jobs, few), patient);
    FuzzOutcome outcome;
    outcome.broken = broken;
    outcome.unsteady = suspects.size() - different.size();
    for (const std::size_t number : different) {
      const Json script = fuzzScript(options_.seed, number, options_.world);
      const bool shrinks = outcome.findings.size() < mostShrunk;
      FuzzFinding found = finding(number, shrinks ? shrunk(script) : script);
      if (found.difference) {
        outcome.findings.push_back(std::move(found));
      } else {
        ++outcome.unsteady;
      }
    }
    return outcome;
  }

 private:
  /// Those of these scripts that differ, in their order.
  std::vector<std::size_t> thatDiffer(const std::vector<std::size_t>& numbers, std::size_t jobs, int slower) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::vector<std::size_t> found;
    std::exception_ptr failure;
    const auto work = [&] {
      for (std::size_t index = next++; index < numbers.size(); index = next++) {
        try {
          if (!differ(fuzzScript(options_.seed, numbers[index], options_.world), slower)) continue;
          const std::lock_guard lock(mutex);
          found.push_back(numbers[index]);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
          next = numbers.size();
        }
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < std::min(jobs, numbers.size()); ++i) threads.emplace_back(work);
      work();
    }
    if (failure) std::rethrow_exception(failure);
    std::ranges::sort(found);
    return found;
  }

  /// A room that nobody has met. Its name is always as long.
  std::string freshRoom() { return fmt::format("fuzz-{:08}", ++rooms_); }

  Seen lookAt(const Json& script, const FuzzSide& side, int slower) {
    const Json& steps = script["steps"];
    // With more time the room would sleep before it is told to.
    const bool sleeps = std::ranges::any_of(steps, [](const Json& step) { return step.contains("hibernate"); });
    return look(script, freshRoom(), side.name, side.arm, sleeps ? 1 : slower);
  }

  FirstDifference differ(const Json& script, int slower) {
    const Seen here = lookAt(script, here_, slower);
    const Seen there = lookAt(script, there_, slower);
    if (!here.broken.empty() || !there.broken.empty()) ++broken_;
    return compare(here, there);
  }

  Json shrunk(const Json& script) {
    const auto bad = [this](const Json& candidate) {
      const FirstDifference quick = differ(candidate, 1);
      return quick && differ(candidate, patient);
    };
    return options_.shrinkTries == 0 ? script : shrinkScript(script, bad, options_.shrinkTries);
  }

  FuzzFinding finding(std::size_t number, const Json& script) {
    const Seen here = lookAt(script, here_, patient);
    const Seen there = lookAt(script, there_, patient);
    return {number, compare(here, there), withExpectations(script, there)};
  }

  FuzzOptions options_;
  FuzzSide here_;
  FuzzSide there_;
  std::atomic<std::size_t> rooms_ = 0;
  std::atomic<std::size_t> broken_ = 0;
};

}  // namespace

FuzzOutcome fuzz(const FuzzOptions& options, FuzzSide here, FuzzSide there) {
  return Campaign(options, std::move(here), std::move(there)).run();
}

Json fuzzSummary(const FuzzOptions& options, const FuzzOutcome& outcome, const std::string& here,
                 const std::string& there) {
  Json differences = Json::array();
  for (const FuzzFinding& finding : outcome.findings) {
    differences.push_back({{"number", finding.number},
                           {"channel", finding.difference.channel},
                           {"at", finding.difference.at},
                           {here, finding.difference.here},
                           {there, finding.difference.there},
                           {"scenario", finding.scenario}});
  }
  return {
      {"seed", options.seed}, {"first", options.first},   {"scripts", options.scripts},   {"arm", here},
      {"against", there},     {"broken", outcome.broken}, {"unsteady", outcome.unsteady}, {"differences", differences}};
}

}  // namespace Party::Contract
