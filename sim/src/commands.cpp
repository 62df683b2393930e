#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/breakpoint.h>
#include <party/sim/commands.h>
#include <party/sim/every_order.h>
#include <party/sim/explore.h>
#include <party/sim/report.h>
#include <party/sim/seed.h>
#include <party/sim/sweep.h>
#include <party/sim/world.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>

#include "junit.h"

namespace Party::Sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int usageError = 64;
constexpr int dataError = 65;
constexpr const char* exitCodes =
    "exit code: 0 no law was broken, 1 one was, 2 not deterministic, 3 a `sometimes` was never seen, 4 too few lives "
    "for a verdict, 64 usage, 65 a scenario that cannot be read";

void say(FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

void printJson(const Json& object) { say(stdout, object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"); }

/// Parses, and turns help and mistakes into an exit code.
std::optional<int> parsed(CLI::App& app, std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    say(stdout, app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    say(stderr, fmt::format("{}: {}\nsee {} --help\n", app.get_name(), error.what(), app.get_name()));
    return usageError;
  }
}

std::string partyNames(const Host::Parties& parties) {
  std::string names;
  for (const auto& party : parties) names += (names.empty() ? "" : ", ") + party.name;
  return names;
}

ReportContext contextOf(const CommandOptions& options) {
  ReportContext context;
  context.program = options.program;
  context.suite = options.suite;
  context.property = options.propertyName;
  context.peers = options.property.shape().peers;
  return context;
}

struct Reporting {
  bool json = false;
  std::string folder;
  std::string junit;
};

void addReporting(CLI::App& app, Reporting& reporting) {
  app.add_flag("--json", reporting.json, "print one JSON object as the last line of stdout, everything else on stderr");
  app.add_option("--report", reporting.folder,
                 "a folder for the page about a failure; one in the temporary folder without it")
      ->envname("PARTY_REPORT");
  app.add_option("--junit", reporting.junit, "a file for the verdict as CI systems read it")->envname("PARTY_JUNIT");
  app.footer(exitCodes);
}

/// Whatever could not be written later is refused before anything is played.
void needPlaces(const Reporting& reporting) {
  if (!reporting.folder.empty()) needFolder("--report", reporting.folder);
  if (!reporting.junit.empty()) Detail::writeJunit(reporting.junit, {"party", "not finished", 0, "unfinished", "", ""});
}

/// The same verdict for CI: a file, and beside the source on GitHub.
void tellCi(const Reporting& reporting, const CommandOptions& options, const Detail::TestCase& testCase, FILE* out) {
  if (!testCase.failureKind.empty()) say(out, annotation(testCase.failure, testCase.text, options.place));
  if (!reporting.junit.empty()) Detail::writeJunit(reporting.junit, testCase);
}

/// From a file, or with a sentence on stderr nothing.
std::optional<Scenario> readScenario(const std::string& file, const Host::Parties& parties) {
  auto scenario = Scenario::load(file);
  if (!scenario) {
    say(stderr, fmt::format("{}\n", scenario.error()));
    return std::nullopt;
  }
  if (std::ranges::find(parties, scenario->party, &Host::PartyDescriptor::name) == parties.end()) {
    say(stderr, fmt::format("the scenario is about a party called \"{}\"; there is {}\n", scenario->party,
                            partyNames(parties)));
    return std::nullopt;
  }
  return *std::move(scenario);
}

class Simulate {
 public:
  Simulate(const Host::Parties& parties, const CommandOptions& options)
      : parties_(parties), options_(options), property_(options.property) {}

  int run(const std::vector<std::string>& arguments) {
    CLI::App app(
        "plays random lives of a party and looks for a broken law: for 1 s or 2,000 lives, whichever is later, and at "
        "most 10 s. PARTY_SEED, PARTY_LIVES, PARTY_TIME and PARTY_JOBS stand for their options.",
        options_.program + " simulate");
    std::string corpus;
    std::string party = parties_.front().name;
    std::string seed;
    std::string time;
    app.add_option("--party", party, "which party: " + partyNames(parties_))->capture_default_str();
    app.add_option("--seed", seed, "a number, 0x and hexadecimal digits, or a commit's 40 digits; 1 without it");
    auto* lives =
        app.add_option("--lives", lives_, "exactly so many random lives")->check(CLI::Range(1u, 1'000'000'000u));
    app.add_option("--time", time, "so much real time: 250ms, 5s, 2min")->excludes(lives);
    app.add_option("--corpus", corpus, "a folder of failures: those kept there are played first, a new one is kept")
        ->envname("PARTY_CORPUS");
    std::uint32_t jobs = 0;
    app.add_option("--jobs", jobs, "so many threads; without it one for each CPU, at most 8")
        ->check(CLI::Range(1u, mostJobs));
    std::string sweepFile;
    auto* sweep =
        app.add_option("--sweep", sweepFile,
                       "a *.scenario file, or `visit` for one made by itself: every single fault at every place in it")
            ->excludes(lives);
    app.add_flag("--pairs", pairs_, "with --sweep: also every two of the faults")->needs(sweep);
    std::string orders;
    app.add_option("--exhaustive", orders,
                   "every order in which messages can reach a room: clients=3,messages=4, and perhaps "
                   "gaps=sleep+rest+close for what lies between them")
        ->excludes(lives)
        ->excludes(sweep);
    std::string schedule;
    app.add_option("--schedule", schedule,
                   "what happens next: walk (drawn each time), pct (by priorities that rarely change), or mixed, which "
                   "is taken without it")
        ->envname("PARTY_SCHEDULE");
    std::uint32_t determinism = 0;
    auto* sample = app.add_option("--determinism", determinism,
                                  "play each so many-th life twice and compare (100 without it); 0: none")
                       ->check(CLI::Range(0u, 1'000'000u));
    bool noSwarm = false;
    bool ownLaws = false;
    app.add_flag("--no-swarm", noSwarm, "every life has every kind of step and fault");
    app.add_flag("--own-laws", ownLaws, "judge only the laws of the property, none of those that need no code");
    addReporting(app, reporting_);
    if (const auto code = parsed(app, arguments)) return *code;
    if (ownLaws) property_.onlyOwnLaws();
    ExploreOptions explore;
    explore.swarm = !noSwarm;
    try {
      explore = withEnvironment(explore);
      if (!seed.empty()) explore.seed = Seed::parse(seed).value();
      if (jobs > 0) explore.jobs = jobs;
      if (!schedule.empty()) explore.schedule = parseSchedule(schedule);
      if (sample->count() > 0) explore.determinismSample = determinism;
      if (lives->count() > 0) explore.budget = {lives_, std::nullopt};
      if (!time.empty()) explore.budget = {std::nullopt, parseTime(time)};
      explore.corpus = corpus;
      if (!corpus.empty()) needFolder("--corpus", corpus);
      needPlaces(reporting_);
    } catch (const Error& error) {
      say(stderr, fmt::format("{}\n", error.what()));
      return usageError;
    }
    if (std::ranges::find(parties_, party, &Host::PartyDescriptor::name) == parties_.end()) {
      say(stderr, fmt::format("there is no party called \"{}\"; there is {}\n", party, partyNames(parties_)));
      return usageError;
    }
    if (!sweepFile.empty()) return runSweep(sweepFile, party, explore, !time.empty());
    if (!orders.empty()) return runOrders(orders, party, explore, !time.empty());
    say(stderr, fmt::format("simulating party {} with seed {}\n", party, Seed(explore.seed).text()));
    return report(Sim::explore(property_, parties_, party, explore), party);
  }

 private:
  int runSweep(const std::string& file, const std::string& party, const ExploreOptions& how, bool limited) {
    const auto scenario =
        file == "visit" ? quietVisit(property_, parties_, party, how.seed) : readScenario(file, parties_);
    if (!scenario) return dataError;
    SweepOptions options{.pairs = pairs_, .jobs = how.jobs};
    if (limited) options.time = how.budget.time;
    const Sweep swept = Sim::sweep(property_, parties_, *scenario, options);
    return report(swept.result, scenario->party, swept.certificate());
  }

  int runOrders(const std::string& text, const std::string& party, const ExploreOptions& how, bool limited) {
    try {
      OrderOptions options = parseOrders(text);
      options.seed = how.seed;
      options.jobs = how.jobs;
      if (limited) options.time = how.budget.time;
      const OrderSearch search = everyOrder(property_, parties_, party, options);
      return report(search.result, party, search.certificate());
    } catch (const Error& error) {
      say(stderr, fmt::format("{}\n", error.what()));
      return usageError;
    }
  }

  int report(const Exploration& result, const std::string& party, const std::string& certificate = {}) {
    FILE* out = reporting_.json ? stderr : stdout;
    ReportContext context = contextOf(options_);
    std::string text;
    for (const std::string& file : result.fixed) text += fmt::format("fixed, and may be removed: {}\n", file);
    for (const std::string& why : result.unreadable) text += fmt::format("a kept failure cannot be read: {}\n", why);
    Detail::TestCase testCase{property_.name(), "simulate " + party, result.seconds, "", "", ""};
    if (result.failure) {
      const auto& [finding, minimal] = std::tie(result.failure->finding, result.failure->minimal);
      context.page = writeReportPage(finding, minimal, parties_, context, reporting_.folder);
      text += reportText(*result.failure, result.seed, parties_, context);
      testCase.failureKind = nameOf(finding.kind);
      testCase.failure = "broken: " + finding.law;
    } else if (result.divergent) {
      text += fmt::format("not deterministic: {}\nreplay:   {}\n", result.divergence,
                          replayCommand(*result.divergent, context));
      testCase.failureKind = "not deterministic";
      testCase.failure = "not deterministic: " + result.divergence;
    } else {
      text += verdictText(result, testCase);
    }
    if (!certificate.empty()) text += certificate + "\n";
    say(out, text);
    testCase.text = std::move(text);
    tellCi(reporting_, options_, testCase, out);
    Json json = object(result, party, context);
    if (!certificate.empty()) json["certificate"] = certificate;
    if (reporting_.json) printJson(json);
    return static_cast<int>(result.verdict);
  }

  /// Of a run in which no law was broken.
  static std::string verdictText(const Exploration& result, Detail::TestCase& testCase) {
    std::string text;
    if (result.undecided.times > 0) {
      text += fmt::format("{} times a law came to no conclusion: {}\n", result.undecided.times, result.undecided.why);
    }
    for (const std::string& law : result.unseen) {
      text += fmt::format("never seen: {}\n", law);
      testCase.failureKind = "never seen";
      testCase.failure = "never seen: " + law;
    }
    const bool tooFew = result.verdict == Verdicts::tooFewLives;
    const char* verdict = tooFew ? "too few lives for a verdict" : "no law was broken";
    if (tooFew) testCase.failureKind = testCase.failure = verdict;
    return text + fmt::format("{} in {} lives, {:.2f} s{}\n{}\n", verdict, result.lives, result.seconds,
                              result.cutShort > 0
                                  ? fmt::format("; {} had too many events and were not judged", result.cutShort)
                                  : "",
                              faultsUsed(result.statistics));
  }

  static std::string faultsUsed(const Statistics& all) {
    return fmt::format(
        "{} steps, {} events; {} hibernations, {} crashes, {} resets, {} broken and {} half-open connections, {} "
        "failed commits",
        all.steps, all.events, all.count(Verb::hibernate), all.count(Verb::crash) + all.count(Verb::crashInside),
        all.count(Verb::reset), all.count(Verb::drop), all.count(Verb::vanish),
        all.count(Verb::failCommit) + all.count(Verb::loseCommitReply));
  }

  Json object(const Exploration& result, const std::string& party, const ReportContext& context) const {
    Json json{{"party", party},
              {"seed", Seed(result.seed).text()},
              {"verdict", static_cast<int>(result.verdict)},
              {"lives", result.lives},
              {"randomLives", result.randomLives},
              {"seconds", result.seconds},
              {"steps", result.statistics.steps},
              {"events", result.statistics.events}};
    if (result.failure) {
      const Failure& failure = *result.failure;
      json["failure"] = {{"kind", nameOf(failure.finding.kind)},
                         {"law", failure.finding.law},
                         {"how", failure.finding.how},
                         {"lives", failure.lives},
                         {"seconds", failure.seconds},
                         {"steps", failure.minimal.steps.size()},
                         {"stepsBefore", failure.original.steps.size()},
                         {"shrinkRuns", failure.shrinkRuns},
                         {"shrinkSeconds", failure.shrinkSeconds},
                         {"scenario", failure.minimal.code()},
                         {"test", regressionTest(failure.finding, failure.minimal, parties_, context)},
                         {"replay", replayCommand(failure.minimal, context)},
                         {"report", context.page}};
      if (!failure.kept.empty()) json["failure"]["kept"] = failure.kept;
      if (!failure.keptAs.empty()) json["failure"]["keptAs"] = failure.keptAs;
    }
    if (!result.fixed.empty()) json["fixed"] = result.fixed;
    if (result.divergent) json["divergence"] = result.divergence;
    if (!result.unseen.empty()) json["neverSeen"] = result.unseen;
    return json;
  }

  const Host::Parties& parties_;
  const CommandOptions& options_;
  Property property_;
  Reporting reporting_;
  std::uint64_t lives_ = 0;
  bool pairs_ = false;
};

class Replay {
 public:
  Replay(const Host::Parties& parties, const CommandOptions& options) : parties_(parties), options_(options) {}

  int run(const std::vector<std::string>& arguments) {
    CLI::App app("plays one scenario and says whether it still breaks a law", options_.program + " replay");
    std::string code;
    std::string file;
    auto* scenarioOption = app.add_option("--scenario", code, "a scenario's code, s1.…");
    app.add_option("file", file, "a *.scenario file")->excludes(scenarioOption);
    app.add_flag("--trace", trace_, "print every event and effect of the life");
    StepId stop = 0;
    auto* stopOption = app.add_option("--break-at-step", stop,
                                      "stop right before the step with this number, for a debugger: raises SIGTRAP")
                           ->envname("PARTY_BREAK_AT_STEP");
    addReporting(app, reporting_);
    if (const auto exit = parsed(app, arguments)) return *exit;
    if (code.empty() == file.empty()) {
      say(stderr, "replay needs either --scenario=… or a file\n");
      return usageError;
    }
    const auto scenario = code.empty() ? Scenario::load(file) : Scenario::parse(code);
    if (!scenario) {
      say(stderr, fmt::format("{}{}\n", code.empty() ? "" : "--scenario: ", scenario.error()));
      return dataError;
    }
    if (std::ranges::find(parties_, scenario->party, &Host::PartyDescriptor::name) == parties_.end()) {
      say(stderr, fmt::format("the scenario is about a party called \"{}\"; there is {}\n", scenario->party,
                              partyNames(parties_)));
      return dataError;
    }
    try {
      needPlaces(reporting_);
      if (stopOption->count() > 0) {
        say(stdout, stepTable(*scenario));
        if (const auto wrong = breakAtStep(*scenario, stop, parties_, options_.property.shape().peers)) {
          throw Error(*wrong);
        }
      }
    } catch (const Error& error) {
      say(stderr, fmt::format("{}\n", error.what()));
      return usageError;
    }
    return report(*scenario);
  }

 private:
  int report(const Scenario& scenario) {
    FILE* out = reporting_.json ? stderr : stdout;
    Judge judge(parties_, options_.property);
    say(out, stepTable(scenario) + "\n");
    if (trace_) say(out, traceOf(scenario) + "\n");
    ReportContext context = contextOf(options_);
    Detail::TestCase testCase{options_.property.name(), "replay of a scenario of " + scenario.party, 0, "", "", ""};
    const auto divergence = judge.nondeterminism(scenario);
    const auto finding = judge.examine(scenario);
    const int code = divergence ? 2 : finding ? 1 : 0;
    Json json{{"verdict", code}, {"party", scenario.party}, {"steps", scenario.steps.size()}};
    if (divergence) {
      testCase.text = fmt::format("not deterministic: {}\n", *divergence);
      testCase.failureKind = "not deterministic";
      testCase.failure = testCase.text;
      json["divergence"] = *divergence;
    } else if (finding) {
      context.page = writeReportPage(*finding, scenario, parties_, context, reporting_.folder);
      testCase.text = fmt::format("broken: {}\n  {}\nreport:   {}\n", finding->law, finding->how, context.page);
      testCase.failureKind = nameOf(finding->kind);
      testCase.failure = "broken: " + finding->law;
      json["law"] = finding->law, json["how"] = finding->how, json["report"] = context.page;
    } else {
      testCase.text = "no law is broken\n";
    }
    say(out, testCase.text);
    tellCi(reporting_, options_, testCase, out);
    if (reporting_.json) printJson(json);
    return code;
  }

  std::string traceOf(const Scenario& scenario) const {
    LifeOptions options = judgedLife(scenario);
    options.trace = TraceMode::full;
    Stage stage(parties_, options_.property.shape().peers);
    stage.play(scenario, options);
    return stage.world().trace().text();
  }

  const Host::Parties& parties_;
  const CommandOptions& options_;
  Reporting reporting_;
  bool trace_ = false;
};

}  // namespace

std::vector<Host::Command> commands(const Host::Parties& parties, const CommandOptions& options) {
  return {{"simulate", "look for a life in which a party breaks a law",
           [parties, options](const auto& arguments) { return Simulate(parties, options).run(arguments); }},
          {"replay", "play one scenario again",
           [parties, options](const auto& arguments) { return Replay(parties, options).run(arguments); }}};
}

int runCommand(const std::vector<Host::Command>& commands, const std::vector<std::string>& arguments) {
  std::string known;
  for (const Host::Command& command : commands) {
    if (!arguments.empty() && command.name == arguments.front()) {
      return command.run({arguments.begin() + 1, arguments.end()});
    }
    known += fmt::format("  {:<10} {}\n", command.name, command.help);
  }
  say(stderr,
      fmt::format("{}\n{}", arguments.empty() ? "a command is missing; there is" : "there is no such command; there is",
                  known));
  return usageError;
}

}  // namespace Party::Sim
