// What a run leaves for machines: a test report, annotations, a folder of failures, a stop for a debugger.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/breakpoint.h>
#include <party/sim/commands.h>
#include <party/sim/explore.h>
#include <party/sim/gtest.h>
#include <party/sim/report.h>
#include <party/sim/shrink.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "junit.h"
#include "played_parties.h"

namespace {

using namespace PlayedParties;
using Party::Sim::annotation;
using Party::Sim::CommandOptions;
using Party::Sim::Exploration;
using Party::Sim::ExploreOptions;
using Party::Sim::Finding;
using Party::Sim::Property;
using Party::Sim::Scenario;
using Party::Sim::SourcePlace;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* sleepsBetween =
    "party-scenario 2\nparty main\nclients 2\nrooms 1\nseed 7\n"
    "3 +0ms ann connects to room-1\n5 +100ms ann sends \"a\"\n"
    "8 +100ms room-1 hibernates\n9 +0ms bob connects to room-1\n";

/// A variable of the environment for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

class InAFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
    return names;
  }

  fs::path folder_;
};

struct Outcome {
  int code;
  std::string out;
  std::string err;
};
Outcome run(const std::vector<std::string>& words, const CommandOptions& options = {}) {
  const auto parties = Party::parties<Wall<true>, Wall<false>>("main", "forgetful");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = Party::Sim::runCommand(Party::Sim::commands(parties, options), words);
  const std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

std::string contentsOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// --- findings that are the same ---

Finding errorOf(std::string how) {
  return {Finding::Kind::handlerError, "no error leaves a handler", std::move(how), {}};
}

TEST(SameFinding, OfAnErrorHasTheSameTextButForItsNumbersAndWhatItQuotes) {
  const Finding found = errorOf("onMessage of main/room-1 threw: \"hello\" has 5 of 17 letters, can't go on");
  EXPECT_TRUE(found.sameAs(errorOf("onMessage of main/room-2 threw: \"\" has 0 of 9 letters, can't go on")));
  EXPECT_FALSE(found.sameAs(errorOf("onMessage of main/room-1 threw: \"hello\" has 5 of 17 letters, can't go back")));
  EXPECT_FALSE(found.sameAs(errorOf("onClose of main/room-1 threw: \"hello\" has 5 of 17 letters, can't go on")));
  EXPECT_FALSE(found.sameAs(errorOf("onMessage of main/room-1 threw: don't")));
  EXPECT_TRUE(errorOf("a 'b").sameAs(errorOf("a 'c")));
}

TEST(SameFinding, OfALawIsTheSameLawHoweverItShows) {
  const Finding found{Finding::Kind::law, "in order", "ann saw it", {}};
  EXPECT_TRUE(found.sameAs({Finding::Kind::law, "in order", "something else", {}}));
  EXPECT_FALSE(found.sameAs({Finding::Kind::law, "exactly once", "ann saw it", {}}));
  EXPECT_FALSE(found.sameAs({Finding::Kind::hibernation, "in order", "ann saw it", {}}));
}

/// Fails in two ways: rarely for what it says, and with any binary message at all.
class TwoFaced : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    ++seen_;
    if (seen_ >= 4) throw Party::Error("the shelf is full after " + std::to_string(seen_));
    if (!message.isText()) throw Party::Error("only text, please");
    return {};
  }

 private:
  int seen_ = 0;
};

TEST(SameFinding, KeepsShrinkingOnTheErrorThatWasFound) {
  Scenario scenario = Scenario::parse(
                          "party-scenario 2\nparty main\nclients 1\nrooms 1\nseed 7\n1 +0ms ann connects to room-1\n"
                          "2 +9ms ann sends \"a\"\n3 +9ms ann sends \"b\"\n4 +9ms ann sends \"c\"\n"
                          "5 +9ms ann sends binary \"00\"\n")
                          .value();
  const Property property;
  Party::Sim::Judge judge(Party::parties<TwoFaced>("main"), property);
  const auto found = judge.examine(scenario);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->how, HasSubstr("the shelf is full after 4"));
  const auto fails = [&](const Scenario& candidate) {
    const auto finding = judge.examine(candidate);
    return finding && finding->sameAs(*found);
  };
  EXPECT_EQ(Party::Sim::shrink(scenario, fails).scenario.steps.size(), 5u) << "a single binary message fails otherwise";
}

// --- a test report ---

TEST(Junit, NamesOneCaseAndSaysHowItFailed) {
  const std::string text =
      Party::Sim::Detail::junitText({"Chat", "simulate main", 1.5, "crash", "broken: a law", "ann saw \"x\" & <y>"});
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"Chat\" tests=\"1\" failures=\"1\" errors=\"0\" time=\"1.500\">"));
  EXPECT_THAT(text, HasSubstr("<testcase classname=\"Chat\" name=\"simulate main\" time=\"1.500\">"));
  EXPECT_THAT(text, HasSubstr("<failure type=\"crash\" message=\"broken: a law\">"
                              "ann saw &quot;x&quot; &amp; &lt;y&gt;</failure>"));
}

TEST(Junit, ReplacesWhatXmlCannotHold) {
  const std::string text = Party::Sim::Detail::junitText(
      {"Chat", "a", 0, "crash", "two\nlines", std::string("\x01 \xff \xc3\xa9 \xef\xbf\xbf \0.", 14)});
  EXPECT_THAT(text, HasSubstr("message=\"two&#10;lines\""));
  EXPECT_THAT(text, HasSubstr(">\xef\xbf\xbd \xef\xbf\xbd \xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd."));
}

TEST_F(InAFolder, JunitFilesSayWhetherALawWasBroken) {
  const std::string file = path("deep/down/report.xml");
  EXPECT_EQ(run({"simulate", "--lives=300", "--junit=" + file}).code, 0);
  EXPECT_THAT(contentsOf(file), HasSubstr("failures=\"0\""));
  EXPECT_THAT(contentsOf(file), HasSubstr("no law was broken in"));
  const Variable variable("PARTY_JUNIT", file);
  EXPECT_EQ(run({"simulate", "--party=forgetful", "--lives=300", "--report=" + path("pages")}).code, 1);
  EXPECT_THAT(contentsOf(file), HasSubstr("<failure type=\"hibernation\" message=\"broken: hibernation changes"));
  EXPECT_EQ(run({"simulate", "--lives=10"}).code, 4);
  EXPECT_THAT(contentsOf(file), HasSubstr("message=\"too few lives for a verdict\""));
}

TEST_F(InAFolder, PlacesThatCannotBeWrittenToAreRefusedBeforeAnythingIsPlayed) {
  fs::create_directories(folder_);
  std::ofstream(path("file")) << "in the way";
  for (const std::string option : {"--junit=", "--report=", "--corpus="}) {
    const auto outcome = run({"simulate", "--lives=300", option + path("file/below")});
    EXPECT_EQ(outcome.code, 64) << option;
    EXPECT_THAT(outcome.err, HasSubstr(path("file/below"))) << option;
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_EQ(run({"simulate", "--lives=300", "--report=" + path("file")}).code, 64);
}

// --- annotations ---

TEST(Annotations, AreForGitHubAloneAndStandBesideTheSource) {
  const SourcePlace place{"/builds/chat/tests/chat_test.cpp", 12};
  EXPECT_EQ(annotation("broken: a law", "text", place), "");
  const Variable other("GITHUB_ACTIONS", "false");
  EXPECT_EQ(annotation("broken: a law", "text", place), "");
  const Variable actions("GITHUB_ACTIONS", "true");
  EXPECT_EQ(annotation("a, b: 100%", "two\r\nlines: 5%", place),
            "::error file=/builds/chat/tests/chat_test.cpp,line=12,title=a%2C b%3A 100%25::"
            "two%0D%0Alines: 5%25\n");
  const Variable workspace("GITHUB_WORKSPACE", "/builds/chat");
  EXPECT_EQ(annotation("t", "x", place), "::error file=tests/chat_test.cpp,line=12,title=t::x\n");
  EXPECT_EQ(annotation("t", "x", {"/elsewhere/a.cpp", 1}), "::error file=/elsewhere/a.cpp,line=1,title=t::x\n");
  EXPECT_EQ(annotation("t", "x", {}), "::error title=t::x\n");
}

TEST_F(InAFolder, SimulateAnnotatesAFailureAndNothingElse) {
  const Variable actions("GITHUB_ACTIONS", "true");
  CommandOptions options;
  options.place = {"board.cpp", 3};
  const auto failed = run({"simulate", "--party=forgetful", "--lives=300", "--report=" + path("pages")}, options);
  EXPECT_THAT(failed.out, HasSubstr("::error file=board.cpp,line=3,title=broken%3A hibernation changes nothing::"));
  EXPECT_THAT(run({"simulate", "--lives=300"}, options).out, testing::Not(HasSubstr("::error")));
}

// --- failures that are kept ---

Exploration explored(const Party::Host::Parties& parties, const std::string& corpus, std::uint64_t lives = 2'000) {
  ExploreOptions options;
  options.budget.lives = lives;
  options.progress = false;
  options.corpus = corpus;
  return explore(Property("Wall.Remembers"), parties, "main", options);
}

TEST_F(InAFolder, AFailureIsKeptPlayedFirstAndSaidToBeFixed) {
  const auto forgetful = Party::parties<Wall<false>>("main");
  const auto first = explored(forgetful, folder_.string());
  ASSERT_TRUE(first.failure);
  EXPECT_EQ(first.failure->kept, "");
  ASSERT_EQ(files().size(), 1u);
  EXPECT_THAT(files().front(),
              testing::MatchesRegex("Wall\\.Remembers\\.main\\.hibernation_changes_nothing\\.[0-9a-f]*\\.scenario"));
  EXPECT_EQ(first.failure->keptAs, path(files().front().c_str()));

  const auto second = explored(forgetful, folder_.string());
  ASSERT_TRUE(second.failure);
  EXPECT_EQ(second.failure->kept, first.failure->keptAs);
  EXPECT_EQ(second.randomLives, 0u) << "what is kept comes first";
  EXPECT_EQ(files().size(), 1u) << "and is not kept twice";
  EXPECT_THAT(reportText(*second.failure, 1, forgetful, {}),
              HasSubstr("by the failure kept in " + first.failure->keptAs));

  const auto repaired = explored(Party::parties<Wall<true>>("main"), folder_.string());
  EXPECT_FALSE(repaired.failure);
  EXPECT_EQ(repaired.fixed, std::vector{first.failure->keptAs});
  EXPECT_EQ(repaired.randomLives, 2'000u);
}

TEST_F(InAFolder, FailuresOfOtherPropertiesAreLeftAloneAndBrokenFilesNamed) {
  fs::create_directories(folder_);
  std::ofstream(path("Wall.Other.main.a.1.scenario")) << sleepsBetween;
  std::ofstream(path("Wall.Remembers.other.a.1.scenario")) << sleepsBetween;
  std::ofstream(path("Wall.Remembers.main.a.1.txt")) << sleepsBetween;
  std::ofstream(path("Wall.Remembers.main.a.1.scenario")) << "rubbish";
  const auto result = explored(Party::parties<Wall<true>>("main"), folder_.string(), 200);
  EXPECT_TRUE(result.fixed.empty());
  ASSERT_EQ(result.unreadable.size(), 1u);
  EXPECT_THAT(result.unreadable.front(), HasSubstr("Wall.Remembers.main.a.1.scenario"));
}

TEST_F(InAFolder, SimulateTakesItsCorpusFromAFlagOrTheEnvironment) {
  const auto words =
      std::vector<std::string>{"simulate", "--party=forgetful", "--lives=300", "--report=" + path("pages")};
  auto withFlag = words;
  withFlag.push_back("--corpus=" + path("corpus"));
  EXPECT_THAT(run(withFlag).out, HasSubstr("\nkept:     " + path("corpus") + "/party.forgetful."));
  const Variable variable("PARTY_CORPUS", path("corpus"));
  EXPECT_THAT(run(words).out, HasSubstr("by the failure kept in " + path("corpus") + "/party.forgetful."));
}

// --- a stop for a debugger ---

TEST(BreakpointDeathTest, RaisesSigtrapRightBeforeTheStep) {
  const auto scenario = Scenario::parse(sleepsBetween).value();
  EXPECT_EXIT(breakAtStep(scenario, 8, Party::parties<Wall<true>>("main")), testing::KilledBySignal(SIGTRAP),
              "stopping before step 8: room-1 hibernates");
  const auto verbs = Party::Sim::commands(Party::parties<Wall<true>>("main"));
  EXPECT_EXIT(Party::Sim::runCommand(verbs, {"replay", "--scenario=" + scenario.code(), "--break-at-step=3"}),
              testing::KilledBySignal(SIGTRAP), "stopping before step 3");
  const Variable variable("PARTY_BREAK_AT_STEP", "9");
  EXPECT_EXIT(static_cast<void>(Party::Sim::survives(sleepsBetween, Party::parties<Wall<true>>("main"))),
              testing::KilledBySignal(SIGTRAP), "stopping before step 9: bob connects to room-1");
}

TEST(Breakpoint, AtNoStepIsRefusedWithTheStepsThereAre) {
  const auto scenario = Scenario::parse(sleepsBetween).value();
  const auto outcome = run({"replay", "--scenario=" + scenario.code(), "--break-at-step=4"});
  EXPECT_EQ(outcome.code, 64);
  EXPECT_THAT(outcome.err, HasSubstr("there is no step 4 to stop before; the steps are 3, 5, 8, 9"));
  EXPECT_EQ(breakAtStep(Scenario(), 1, Party::parties<Wall<true>>("main")),
            "there is no step 1 to stop before; the scenario has none");
  const Variable variable("PARTY_BREAK_AT_STEP", "4");
  const auto survived = Party::Sim::survives(sleepsBetween, Party::parties<Wall<true>>("main"));
  EXPECT_THAT(survived.message(), HasSubstr("there is no step 4"));
  const Variable nonsense("PARTY_BREAK_AT_STEP", "four");
  EXPECT_THROW(Party::Sim::stepToBreakAt(), Party::Error);
}

}  // namespace
