#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/explore.h>
#include <party/sim/seed.h>
#include <party/sim/shrink.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "budget.h"
#include "random_life.h"

namespace Party::Sim {
namespace {

using Detail::Stopwatch;

std::string progressText(const Judge& judge, const Detail::Spending& spending, std::uint64_t number) {
  const double seconds = std::max(spending.seconds(), 0.001);
  const Statistics& all = judge.statistics();
  return fmt::format(
      "{}; {} lives, {:.0f} lives/s, {:.0f} steps/s; {} hibernations, {} crashes, {} lost connections, {} failed "
      "commits",
      spending.left(number), judge.lives(), static_cast<double>(judge.lives()) / seconds,
      static_cast<double>(all.steps) / seconds, all.count(Verb::hibernate),
      all.count(Verb::crash) + all.count(Verb::reset), all.count(Verb::drop) + all.count(Verb::vanish),
      all.count(Verb::failCommit) + all.count(Verb::loseCommitReply));
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

Failure shrunk(Judge& judge, const Property& property, Scenario scenario, const Finding& found,
               const ExploreOptions& options) {
  Failure failure;
  failure.lives = judge.lives();
  const Stopwatch watch;
  ShrinkLimits limits;
  limits.spent = [&] { return watch.seconds() >= std::chrono::duration<double>(options.shrinkTime).count(); };
  limits.payloads = simplerTexts(scenario, Verb::send);
  limits.queries = simplerTexts(scenario, Verb::connect);
  limits.cutPayloads = !property.shape().messages && !property.shape().requests;
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

const Host::PartyDescriptor& named(const Host::Parties& parties, std::string_view party) {
  const auto found = std::ranges::find(parties, party, &Host::PartyDescriptor::name);
  if (found == parties.end()) throw Error(fmt::format("there is no party called \"{}\"", party));
  return *found;
}

}  // namespace

Exploration explore(const Property& property, const Host::Parties& parties, std::string_view party,
                    const ExploreOptions& options) {
  const Host::PartyDescriptor& descriptor = named(parties, party);
  Judge judge(parties, property);
  const Detail::Spending spending(options.budget);
  Exploration result;
  result.seed = options.seed;
  {
    Detail::ProgressLine progress(options.progress);
    std::uint64_t number = 0;
    for (; !spending.spent(number); ++number) {
      Scenario scenario = Detail::randomLife(descriptor, property, options.seed, number);
      if (options.determinismSample > 0 && number % options.determinismSample == 0) {
        if (auto divergence = judge.nondeterminism(scenario)) {
          result.divergence = *std::move(divergence);
          result.divergent = std::move(scenario);
          result.verdict = Verdicts::nonDeterminism;
          break;
        }
      }
      if (const auto finding = judge.examine(scenario)) {
        const double seconds = spending.seconds();
        result.failure = shrunk(judge, property, std::move(scenario), *finding, options);
        result.failure->number = number;
        result.failure->seconds = seconds;
        result.verdict = Verdicts::propertyFailed;
        ++number;
        break;
      }
      if (progress.due()) progress.show(progressText(judge, spending, number));
    }
    result.randomLives = number;
  }
  result.lives = judge.lives();
  result.cutShort = judge.cutShort();
  result.undecided = judge.undecided();
  result.seconds = spending.seconds();
  result.statistics = judge.statistics();
  if (result.verdict != Verdicts::pass) return result;
  result.unseen = judge.unseen();
  if (!result.unseen.empty()) result.verdict = Verdicts::sometimesNeverSeen;
  if (result.lives - result.cutShort < fewestLives) result.verdict = Verdicts::tooFewLives;
  return result;
}

std::chrono::milliseconds parseTime(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr std::uint64_t most = 86'400'000;
  const std::uint64_t factor = unit == "ms" ? 1 : unit == "s" || unit.empty() ? 1'000 : unit == "min" ? 60'000 : 0;
  if (error != std::errc() || factor == 0 || number > most / factor) {
    throw Error(fmt::format("\"{}\" is no time: write 250ms, 5s or 2min, at most a day", text));
  }
  return std::chrono::milliseconds(number * factor);
}

ExploreOptions withEnvironment(ExploreOptions options) {
  if (const char* seed = std::getenv("PARTY_SEED")) options.seed = Seed::parse(seed).value();
  if (const char* time = std::getenv("PARTY_TIME")) options.budget.time = parseTime(time);
  if (const char* lives = std::getenv("PARTY_LIVES")) {
    const std::string_view text(lives);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      throw Error(fmt::format("PARTY_LIVES is a number of lives, not \"{}\"", text));
    }
    options.budget.lives = number;
  }
  return options;
}

}  // namespace Party::Sim
