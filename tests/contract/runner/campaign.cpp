#include "campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <ranges>
#include <thread>

namespace Party::Contract {
namespace {

/// The beginning of the title as a room's name, so that a log says what a room was for.
std::string roomNameOf(const Scenario& scenario, std::size_t number) {
  constexpr std::size_t most = 24;
  std::string slug;
  for (const char c : scenario.title) {
    if (slug.size() == most) break;
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain) {
      slug += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  return fmt::format("{}-{}{}", slug, number, scenario.roomSuffix);
}

void playOne(Run& run, std::size_t number, const std::string& armName, Arm& arm) {
  const auto begin = std::chrono::steady_clock::now();
  run.outcome = play(*run.scenario, {run.party, roomNameOf(*run.scenario, number)}, armName, arm);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void playAgain(std::vector<Run>& runs, const std::string& armName, Arm& arm) {
  constexpr std::ptrdiff_t most = 25;
  const auto differed = [](const Run& run) { return isBad(run.outcome.kind); };
  if (std::ranges::count_if(runs, differed) > most) return;
  std::size_t number = runs.size();
  for (Run& run : runs | std::views::filter(differed)) {
    run.firstTry = run.outcome.how;
    playOne(run, number++, armName, arm);
  }
}

}  // namespace

std::vector<Run> playAll(const std::vector<Scenario>& scenarios, const std::string& armName, Arm& arm,
                         std::size_t jobs) {
  std::vector<Run> runs;
  for (const Scenario& scenario : scenarios) {
    for (const std::string& party : scenario.parties) runs.push_back({&scenario, party, {}, 0, ""});
  }
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr unavailable;
  const auto work = [&] {
    for (std::size_t index = next++; index < runs.size(); index = next++) {
      try {
        playOne(runs[index], index, armName, arm);
      } catch (const Unavailable&) {
        const std::lock_guard lock(mutex);
        unavailable = std::current_exception();
        next = runs.size();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(jobs, runs.size()); ++i) threads.emplace_back(work);
    work();
  }
  if (unavailable) std::rethrow_exception(unavailable);
  if (arm.pace().realTime) playAgain(runs, armName, arm);
  return runs;
}

std::string resultsAsJson(const std::string& armName, const std::vector<Run>& runs) {
  auto all = nlohmann::ordered_json::array();
  for (const Run& run : runs) {
    all.push_back({{"scenario", run.scenario->file},
                   {"title", run.scenario->title},
                   {"party", run.party},
                   {"rules", run.scenario->rules},
                   {"result", nameOf(run.outcome.kind)},
                   {"because", run.outcome.because},
                   {"how", run.outcome.how},
                   {"firstTry", run.firstTry},
                   {"seconds", std::round(run.seconds * 1'000) / 1'000}});
  }
  const nlohmann::ordered_json results{{"arm", armName}, {"runs", std::move(all)}};
  return results.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace Party::Contract
