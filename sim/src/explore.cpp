#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/explore.h>
#include <party/sim/seed.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "budget.h"
#include "corpus.h"
#include "random_life.h"
#include "search.h"

namespace Party::Sim {
namespace {

/// What earlier runs kept comes first: the first that still breaks a law, with what it took to get there.
void replayKept(const Property& property, const Host::Parties& parties, std::string_view party,
                const ExploreOptions& options, Exploration& result) {
  Judge judge(parties, property);
  const Detail::Stopwatch watch;
  for (const std::string& file : Detail::keptFailures(options.corpus, property.name(), party)) {
    auto scenario = Scenario::load(file);
    if (!scenario) {
      result.unreadable.push_back(scenario.error());
      continue;
    }
    const auto finding = judge.examine(*scenario);
    if (!finding) {
      result.fixed.push_back(file);
      continue;
    }
    const double seconds = watch.seconds();
    Totals played = judge.takeTotals();
    result.failure = Detail::shrunkFailure(judge, property, *std::move(scenario), *finding, options.shrinkTime);
    result.failure->foundBy = "the failure kept in " + file;
    result.failure->kept = file;
    result.failure->lives = played.lives;
    result.failure->seconds = seconds;
    result.verdict = Verdicts::propertyFailed;
    played += judge.takeTotals();
    result.lives = played.lives;
    result.statistics = played.statistics;
    result.seconds = watch.seconds();
    return;
  }
}

const Host::PartyDescriptor& named(const Host::Parties& parties, std::string_view party) {
  const auto found = std::ranges::find(parties, party, &Host::PartyDescriptor::name);
  if (found == parties.end()) throw Error(fmt::format("there is no party called \"{}\"", party));
  return *found;
}

std::uint64_t numberIn(const char* name, const char* what, std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(fmt::format("{} is {}, not \"{}\"", name, what, text));
  }
  return number;
}

}  // namespace

Exploration explore(const Property& property, const Host::Parties& parties, std::string_view party,
                    const ExploreOptions& options) {
  const Host::PartyDescriptor& descriptor = named(parties, party);
  Exploration kept;
  kept.seed = options.seed;
  if (!options.corpus.empty()) replayKept(property, parties, party, options, kept);
  if (kept.failure) return kept;
  Detail::Sequence lives;
  lives.scenario = [&](std::uint64_t number) {
    Scenario life = Detail::randomLife(descriptor, property, options.seed, number, {options.schedule, options.swarm});
    for (const auto& steer : property.shape().steering) steer(life);
    return life;
  };
  Exploration result = Detail::search(property, parties, lives, options);
  result.fixed = std::move(kept.fixed);
  result.unreadable = std::move(kept.unreadable);
  if (result.failure && !options.corpus.empty()) {
    result.failure->keptAs = Detail::keepFailure(options.corpus, property.name(), *result.failure);
  }
  if (result.verdict != Verdicts::pass) {
    result.unseen.clear();  // what the rest would have shown is not known
    return result;
  }
  if (!result.unseen.empty()) result.verdict = Verdicts::sometimesNeverSeen;
  if (result.lives - result.cutShort < fewestLives) result.verdict = Verdicts::tooFewLives;
  return result;
}

void needFolder(std::string_view what, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto probe = std::filesystem::path(folder) / ".party-can-write";
  const bool writable = std::filesystem::is_directory(folder, error) && std::ofstream(probe).good();
  std::filesystem::remove(probe, error);
  if (!writable) throw Error(fmt::format("{}: \"{}\" is no folder that can be written to", what, folder));
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

Schedule parseSchedule(std::string_view text) {
  if (text == "mixed") return Schedule::mixed;
  if (text == "walk") return Schedule::walk;
  if (text == "pct") return Schedule::pct;
  throw Error(fmt::format("\"{}\" is no schedule: there is mixed, walk and pct", text));
}

ExploreOptions withEnvironment(ExploreOptions options) {
  if (const char* seed = std::getenv("PARTY_SEED")) options.seed = Seed::parse(seed).value();
  if (const char* time = std::getenv("PARTY_TIME")) options.budget.time = parseTime(time);
  if (const char* lives = std::getenv("PARTY_LIVES")) {
    options.budget.lives = numberIn("PARTY_LIVES", "a number of lives", lives);
  }
  if (const char* jobs = std::getenv("PARTY_JOBS")) {
    const auto number = numberIn("PARTY_JOBS", "a number of threads", jobs);
    if (number == 0 || number > mostJobs) {
      throw Error(fmt::format("PARTY_JOBS is {}; it may be 1 to {}", number, mostJobs));
    }
    options.jobs = static_cast<std::uint32_t>(number);
  }
  if (const char* sample = std::getenv("PARTY_DETERMINISM")) {
    options.determinismSample = static_cast<std::uint32_t>(
        std::min(numberIn("PARTY_DETERMINISM", "a number of lives", sample), std::uint64_t{1'000'000}));
  }
  if (const char* schedule = std::getenv("PARTY_SCHEDULE")) options.schedule = parseSchedule(schedule);
  if (const char* corpus = std::getenv("PARTY_CORPUS")) {
    options.corpus = corpus;
    needFolder("PARTY_CORPUS", options.corpus);
  }
  return options;
}

}  // namespace Party::Sim
