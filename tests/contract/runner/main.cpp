#include "campaign.h"
#include "fuzz_campaign.h"
#include "scenario_loader.h"
#include "simulator_arm.h"
#include "socket_arm.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace Party::Contract {
namespace {

enum ExitCode { same = 0, different = 1, usage = 64, unreadable = 65, failed = 70, cannotWrite = 73, leftOut = 77 };

struct Options {
  std::string arm;
  std::string out;
  std::vector<std::string> files;
  std::string only;
  std::size_t jobs = 0;
  std::size_t fuzz = 0;
  std::uint64_t seed = 1;
  std::size_t first = 0;
  std::size_t shrinkTries = 150;
  std::string against;
  bool json = false;
  std::string server = PARTY_PROBE_SERVER;
  std::string partykit = PARTY_PARTYKIT_RUN;
  std::string partykitBuild = PARTY_PARTYKIT_BUILD;
};

const std::filesystem::path scenarioFolder = PARTY_SCENARIOS;

std::vector<std::filesystem::path> allScenarioFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scenarioFolder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<Scenario> load(const Options& options) {
  std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
  if (files.empty()) files = allScenarioFiles();
  std::vector<Scenario> scenarios;
  for (const auto& file : files) {
    const auto relative = std::filesystem::weakly_canonical(file).lexically_relative(scenarioFolder);
    const bool inside = !relative.empty() && *relative.begin() != "..";
    for (Scenario& scenario : loadScenarioFile(file, inside ? relative.string() : file.string())) {
      const bool chosen = options.only.empty() || scenario.title.contains(options.only) ||
                          std::ranges::find(scenario.rules, options.only) != scenario.rules.end();
      if (chosen) scenarios.push_back(std::move(scenario));
    }
  }
  return scenarios;
}

std::unique_ptr<Arm> armOf(const Options& options, const std::string& name) {
  // Compared with PartyKit, the simulator does what PartyKit does.
  const bool asPartyKit = options.fuzz > 0 && (options.arm == "partykit" || options.against == "partykit");
  if (name == "simulator") {
    return std::make_unique<SimulatorArm>(asPartyKit ? Profile::partykit() : Profile::documented());
  }
  if (name == "partykit") return partykitArm(options.partykit, options.partykitBuild);
  if (options.server.empty()) throw Unavailable("this build has no server");
  return serverArm(options.server);
}

/// The differences, and how many runs ended in which way.
void print(const std::string& arm, const std::vector<Run>& runs) {
  std::map<std::string, std::size_t> counts;
  std::size_t again = 0;
  for (const Run& run : runs) {
    ++counts[nameOf(run.outcome.kind)];
    again += run.firstTry.empty() ? 0 : 1;
    if (!isBad(run.outcome.kind)) continue;
    fmt::print("{}: {}\n  {} in {}, rules {}\n  {}\n", nameOf(run.outcome.kind), run.scenario->title,
               run.scenario->file, run.party, fmt::join(run.scenario->rules, ", "), run.outcome.how);
  }
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  if (again > 0) text += fmt::format(" ({} of them played a second time, alone)", again);
  fmt::print("{}: {} runs: {}\n", arm, runs.size(), text);
}

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (file.flush()) return true;
  fmt::print(stderr, "{} cannot be written\n", path);
  return false;
}

/// Random scripts in two arms.
int runFuzz(const Options& options) {
  const auto here = armOf(options, options.arm);
  const auto there = armOf(options, options.against);
  FuzzOptions campaign{
      .seed = options.seed, .first = options.first, .scripts = options.fuzz, .shrinkTries = options.shrinkTries};
  campaign.world.partykit = options.arm == "partykit" || options.against == "partykit";
  campaign.jobs = options.jobs != 0 ? options.jobs : campaign.world.partykit ? 20 : 12;
  const FuzzOutcome outcome = fuzz(campaign, {options.arm, *here}, {options.against, *there});
  const Json summary = fuzzSummary(campaign, outcome, options.arm, options.against);
  if (!options.out.empty() && !write(options.out, summary.dump(1) + "\n")) return ExitCode::cannotWrite;
  if (options.json) fmt::print("{}\n", summary.dump());
  for (const FuzzFinding& finding : outcome.findings) {
    if (options.json) break;
    fmt::print("different: script {} at {} {}\n  {}: {}\n  {}: {}\n{}\n", finding.number, finding.difference.channel,
               finding.difference.at, options.arm, finding.difference.here, options.against, finding.difference.there,
               finding.scenario.dump(1));
  }
  if (!options.json) {
    fmt::print("{} against {}: {} random scripts of seed {}: {} different, {} broken ({} differed only once)\n",
               options.arm, options.against, options.fuzz, options.seed, outcome.findings.size(), outcome.broken,
               outcome.unsteady);
  }
  return outcome.findings.empty() && outcome.broken == 0 ? ExitCode::same : ExitCode::different;
}

int run(const Options& options) {
  if (options.fuzz > 0) return runFuzz(options);
  const std::vector<Scenario> scenarios = load(options);
  if (scenarios.empty()) {
    fmt::print(stderr, "no scenario is chosen by \"{}\"\n", options.only);
    return ExitCode::usage;
  }
  const auto arm = armOf(options, options.arm);
  const std::size_t usual = options.arm == "partykit" ? 25 : options.arm == "server" ? 8 : 1;
  const auto runs = playAll(scenarios, options.arm, *arm, options.jobs == 0 ? usual : options.jobs);
  if (!options.out.empty() && !write(options.out, resultsAsJson(options.arm, runs))) return ExitCode::cannotWrite;
  print(options.arm, runs);
  const bool bad = std::ranges::any_of(runs, [](const Run& one) { return isBad(one.outcome.kind); });
  return bad ? ExitCode::different : ExitCode::same;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("plays the scenarios of the contract in one arm, and compares what is seen with what they expect");
  app.footer(
      "exit code   0  as expected, or explained      65  a scenario file that cannot be read\n"
      "            1  something was different        73  the results cannot be written\n"
      "           64  an option that does not exist  77  the arm is not available");
  app.add_option("--arm", options.arm, "simulator, server or partykit")->required()->check(CLI::IsMember(armNames));
  app.add_option("--out", options.out, "file for the results as JSON");
  app.add_option("--scenario", options.files, "a scenario file; without one, all of them")->check(CLI::ExistingFile);
  app.add_option("--only", options.only, "a rule's id, or a part of a title: only those scenarios");
  app.add_option("--jobs", options.jobs,
                 "runs at a time; usually 1 in the simulator, 8 with the server, 25 with PartyKit")
      ->check(CLI::Range(1, 100));
  auto* fuzz = app.add_option("--fuzz", options.fuzz, "plays so many random scripts in two arms, and compares them")
                   ->check(CLI::Range(1, 1'000'000));
  auto* against = app.add_option("--against", options.against, "the other arm")->check(CLI::IsMember(armNames));
  fuzz->needs(against)->excludes("--scenario")->excludes("--only");
  against->needs(fuzz);
  app.add_option("--seed", options.seed, "of the random scripts; usually 1")->needs(fuzz);
  app.add_option("--first", options.first, "number of the first script; usually 0")->needs(fuzz);
  app.add_option("--shrink-tries", options.shrinkTries,
                 "for each of the first three differences; usually 150, 0 for none")
      ->needs(fuzz);
  app.add_flag("--json", options.json, "prints the result of --fuzz as one object")->needs(fuzz);
  app.add_option("--server", options.server, "the program that serves the probe")->check(CLI::ExistingFile);
  app.add_option("--partykit", options.partykit, "the script that starts PartyKit")->check(CLI::ExistingFile);
  app.add_option("--partykit-build", options.partykitBuild, "a folder for what npm installs");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return ExitCode::same;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}; --help lists the options\n", error.what());
    return ExitCode::usage;
  }
  try {
    return run(options);
  } catch (const LoadError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return ExitCode::unreadable;
  } catch (const Unavailable& error) {
    fmt::print(stderr, "{}: {}\n", options.arm, error.what());
    return ExitCode::leftOut;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return ExitCode::failed;
  }
}

}  // namespace
}  // namespace Party::Contract

int main(int argc, char** argv) { return Party::Contract::main(argc, argv); }
