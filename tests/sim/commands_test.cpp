#include <gtest/gtest.h>
#include <party/sim/commands.h>
#include <party/sim/scenario.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "played_parties.h"

namespace {

using namespace PlayedParties;
using Party::Sim::CommandOptions;
using Party::Sim::Property;
using Party::Sim::Scenario;

using Words = std::vector<std::string>;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const Words& words, CommandOptions options = {}) {
  const auto parties = Party::parties<Wall<true>, Wall<false>, Leaky>("main", "forgetful", "leaky");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = Party::Sim::runCommand(Party::Sim::commands(parties, options), words);
  const std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

nlohmann::json lastLine(const Outcome& outcome) {
  EXPECT_TRUE(outcome.out.ends_with('\n'));
  const auto begin = outcome.out.rfind('\n', outcome.out.size() - 2);
  return nlohmann::json::parse(outcome.out.substr(begin == std::string::npos ? 0 : begin + 1));
}

std::string reportFolder() {
  return "--report=" + (std::filesystem::path(testing::TempDir()) / "party_commands_test").string();
}

TEST(SimulateCommand, EndsWith0WhenNoLawIsBroken) {
  const auto outcome = run({"simulate", "--lives=300", "--seed=7"});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("no law was broken in"), std::string::npos);
  EXPECT_EQ(outcome.err, "simulating party main with seed 0x0000000000000007\n");
}

TEST(SimulateCommand, PlaysAsManyLivesTwiceAsItIsAskedTo) {
  const auto none = run({"simulate", "--lives=200", "--determinism=0", "--json"});
  const auto all = run({"simulate", "--lives=200", "--determinism=1", "--json"});
  EXPECT_EQ(lastLine(all)["lives"].get<int>() - lastLine(none)["lives"].get<int>(), 400) << all.out;
}

TEST(SimulateCommand, RefusesAScheduleThatThereIsNot) {
  const auto outcome = run({"simulate", "--lives=300", "--schedule=random"});
  EXPECT_EQ(outcome.code, 64);
  EXPECT_NE(outcome.err.find("\"random\" is no schedule"), std::string::npos) << outcome.err;
}

TEST(SimulateCommand, WithItsOwnLawsAloneJudgesNothingElse) {
  EXPECT_EQ(run({"simulate", "--party=forgetful", "--lives=300", reportFolder()}).code, 1);
  EXPECT_EQ(run({"simulate", "--party=forgetful", "--lives=300", "--own-laws"}).code, 0);
}

TEST(SimulateCommand, SweepsAVisitOfItsOwnMaking) {
  const auto outcome = run({"simulate", "--sweep=visit", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(lastLine(outcome)["certificate"].get<std::string>().starts_with("all ")) << outcome.out;
  EXPECT_EQ(run({"simulate", "--party=forgetful", "--sweep=visit", reportFolder()}).code, 1);
}

TEST(SimulateCommand, EndsWith1AndAReplayLineThatReproduces) {
  const auto outcome = run({"simulate", "--party=forgetful", "--lives=300", "--json", reportFolder()});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  const auto failure = lastLine(outcome)["failure"];
  EXPECT_EQ(failure["law"], "hibernation changes nothing");
  EXPECT_EQ(failure["steps"], 4);
  EXPECT_TRUE(std::filesystem::exists(failure["report"].get<std::string>()));
  EXPECT_EQ(failure["replay"], "party replay --scenario=" + failure["scenario"].get<std::string>());

  const auto replay = run({"replay", "--scenario=" + failure["scenario"].get<std::string>(), "--json", reportFolder()});
  EXPECT_EQ(replay.code, 1) << replay.err;
  EXPECT_EQ(lastLine(replay)["law"], "hibernation changes nothing");
}

TEST(SimulateCommand, PrintsOneJsonObjectOnOneLineAndNothingElseOnStdout) {
  const auto outcome = run({"simulate", "--lives=300", "--json"});
  EXPECT_EQ(outcome.out.find('\n'), outcome.out.size() - 1);
  EXPECT_EQ(lastLine(outcome)["randomLives"], 300);
  EXPECT_EQ(lastLine(outcome)["verdict"], 0);
}

std::string scenarioFile(const std::string& party, const std::string& text) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("party_sweep_" + party + ".scenario");
  std::ofstream(path) << "party-scenario 1\nparty " << party << "\nclients 2\nrooms 1\nseed 7\n" << text;
  return path.string();
}

TEST(SimulateCommand, SweepsAScenarioWithEveryFaultAndSaysHowMany) {
  const std::string steps = "1 +0ms ann connects to room-1\n2 +20ms ann sends \"a\"\n3 +50ms bob connects to room-1\n";
  const auto clean = run({"simulate", "--sweep=" + scenarioFile("main", steps), "--json"});
  EXPECT_EQ(clean.code, 0) << clean.err;
  EXPECT_NE(lastLine(clean)["certificate"].get<std::string>().find("variants of the scenario with one fault"),
            std::string::npos);
  const auto pairs = run({"simulate", "--sweep=" + scenarioFile("main", steps), "--pairs", "--json"});
  EXPECT_EQ(pairs.code, 0) << pairs.err;
  EXPECT_GT(lastLine(pairs)["randomLives"], 20 * lastLine(clean)["randomLives"].get<int>());
  const auto found = run({"simulate", "--sweep=" + scenarioFile("forgetful", steps), reportFolder()});
  EXPECT_EQ(found.code, 1);
  EXPECT_NE(found.out.find("by the scenario with \"room-1 hibernates\""), std::string::npos) << found.out;
  EXPECT_EQ(run({"simulate", "--sweep=/nowhere.scenario"}).code, 65);
  EXPECT_EQ(run({"simulate", "--pairs"}).code, 64);
}

TEST(SimulateCommand, PlaysEveryOrderAndPrintsACertificate) {
  const auto clean = run({"simulate", "--exhaustive=clients=2,messages=2"});
  EXPECT_EQ(clean.code, 0) << clean.err;
  EXPECT_NE(clean.out.find("all 6 orders of 2 clients x 2 messages with sleep between them, "), std::string::npos)
      << clean.out;
  EXPECT_EQ(run({"simulate", "--exhaustive=clients=2,messages=2", "--party=leaky"}).code, 2);
  EXPECT_EQ(run({"simulate", "--exhaustive=2x2"}).code, 64);
  EXPECT_EQ(run({"simulate", "--exhaustive=clients=99,messages=2"}).code, 64);
}

TEST(SimulateCommand, FindsTheSameWithAnyNumberOfJobs) {
  const auto one = run({"simulate", "--party=forgetful", "--lives=300", "--jobs=1", "--json", reportFolder()});
  const auto four = run({"simulate", "--party=forgetful", "--lives=300", "--jobs=4", "--json", reportFolder()});
  EXPECT_EQ(lastLine(one)["failure"]["scenario"], lastLine(four)["failure"]["scenario"]);
  EXPECT_EQ(lastLine(one)["failure"]["lives"], lastLine(four)["failure"]["lives"]);
  EXPECT_EQ(run({"simulate", "--jobs=0"}).code, 64);
}

TEST(SimulateCommand, EndsWith2WhenAPartyIsNotDeterministic) {
  EXPECT_EQ(run({"simulate", "--party=leaky", "--lives=1000"}).code, 2);
}

TEST(SimulateCommand, EndsWith3WhenASometimesWasNeverSeen) {
  CommandOptions options;
  options.property.sometimes("pigs fly", [](const auto&) { return false; });
  const auto outcome = run({"simulate", "--lives=200"}, options);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.out.find("never seen: pigs fly"), std::string::npos) << outcome.out;
}

TEST(SimulateCommand, EndsWith4WhenThereWereTooFewLives) { EXPECT_EQ(run({"simulate", "--lives=10"}).code, 4); }

class WrongUsage : public testing::TestWithParam<Words> {};
TEST_P(WrongUsage, EndsWith64AndASentence) {
  const auto outcome = run(GetParam());
  EXPECT_EQ(outcome.code, 64);
  EXPECT_GT(outcome.err.size(), 10u);
  EXPECT_EQ(outcome.out, "");
}
INSTANTIATE_TEST_SUITE_P(Commands, WrongUsage,
                         testing::Values(Words{}, Words{"fly"}, Words{"simulate", "--party=nobody"},
                                         Words{"simulate", "--lives=0"}, Words{"simulate", "--lives=many"},
                                         Words{"simulate", "--seed=luck"}, Words{"simulate", "--time=soon"},
                                         Words{"simulate", "--time=1s", "--lives=1"}, Words{"simulate", "now"},
                                         Words{"replay"}, Words{"replay", "--scenario=s1.AA", "file"},
                                         Words{"replay", "--nonsense"}));

TEST(Commands, HelpIsPrintedAndIsNoError) {
  for (const char* verb : {"simulate", "replay"}) {
    const auto outcome = run({verb, "--help"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find("exit code: 0"), std::string::npos) << outcome.out;
  }
}

TEST(SimulateCommand, TakesSeedAndBudgetFromTheEnvironmentAndFlagsWin) {
  setenv("PARTY_SEED", "0x2a", 1);
  setenv("PARTY_LIVES", "150", 1);
  const auto outcome = run({"simulate", "--json"});
  const auto flags = run({"simulate", "--json", "--seed=1", "--lives=160"});
  setenv("PARTY_LIVES", "many", 1);
  const auto broken = run({"simulate"});
  unsetenv("PARTY_SEED");
  unsetenv("PARTY_LIVES");
  EXPECT_EQ(lastLine(outcome)["seed"], "0x000000000000002a");
  EXPECT_EQ(lastLine(outcome)["randomLives"], 150);
  EXPECT_EQ(lastLine(flags)["seed"], "0x0000000000000001");
  EXPECT_EQ(lastLine(flags)["randomLives"], 160);
  EXPECT_EQ(broken.code, 64);
  EXPECT_NE(broken.err.find("PARTY_LIVES is a number of lives, not \"many\""), std::string::npos) << broken.err;
}

constexpr const char* harmless = "party-scenario 1\nparty main\n1 +0ms ann connects to room-1\n";

TEST(ReplayCommand, EndsWith0WhenNothingIsBrokenAnyMore) {
  const auto code = Scenario::parse(harmless).value().code();
  const auto outcome = run({"replay", "--scenario=" + code});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("0 ms  ann connects to room-1"), std::string::npos);
  EXPECT_NE(outcome.out.find("no law is broken"), std::string::npos);
}

TEST(ReplayCommand, PrintsTheTraceWhenAsked) {
  const auto code = Scenario::parse(harmless).value().code();
  EXPECT_EQ(run({"replay", "--scenario=" + code}).out.find("ConnectRequested"), std::string::npos);
  EXPECT_NE(run({"replay", "--scenario=" + code, "--trace"}).out.find("ConnectRequested"), std::string::npos);
}

TEST(ReplayCommand, ReadsAFile) {
  const auto path = std::filesystem::path(testing::TempDir()) / "party_replay_test.scenario";
  std::ofstream(path) << harmless;
  EXPECT_EQ(run({"replay", path.string()}).code, 0);
  std::ofstream(path) << "party-scenario 1\n1 +0ms ann flies\n";
  const auto broken = run({"replay", path.string()});
  EXPECT_EQ(broken.code, 65);
  EXPECT_NE(broken.err.find("line 2: \"flies\" is no step"), std::string::npos) << broken.err;
  std::filesystem::remove(path);
}

TEST(ReplayCommand, EndsWith65WhenTheScenarioCannotBeRead) {
  for (const char* broken : {"--scenario=s1.AAAA", "--scenario=rubbish", "/no/such/file.scenario"}) {
    const auto outcome = run({"replay", broken});
    EXPECT_EQ(outcome.code, 65) << broken;
    EXPECT_GT(outcome.err.size(), 10u);
  }
  Scenario elsewhere = Scenario::parse(harmless).value();
  elsewhere.party = "elsewhere";
  const auto outcome = run({"replay", "--scenario=" + elsewhere.code()});
  EXPECT_EQ(outcome.code, 65);
  EXPECT_NE(outcome.err.find("about a party called \"elsewhere\"; there is main, forgetful, leaky"), std::string::npos)
      << outcome.err;
}

}  // namespace
