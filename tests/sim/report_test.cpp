#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <party/sim/explore.h>
#include <party/sim/gtest.h>
#include <party/sim/report.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "played_parties.h"

namespace {

using Party::Sim::ExploreOptions;
using Party::Sim::Failure;
using Party::Sim::Finding;
using Party::Sim::Property;
using Party::Sim::ReportContext;
using Party::Sim::Scenario;
using Party::Sim::survives;
using PlayedParties::Awake;
using PlayedParties::Picky;
using PlayedParties::Wall;

const Party::Sim::SourcePlace here{__FILE__, __LINE__};
const auto forgetful = Party::parties<Wall<false>>("main");
const auto remembering = Party::parties<Wall<true>>("main");

/// What the report of the failure below printed as a test, pasted.
constexpr const char* pasted = R"scenario(
      party-scenario 1
      party main
      clients 2
      rooms 1
      seed 7
      1 +0ms ann connects to room-1
      2 +100ms ann sends "a"
      3 +100ms room-1 hibernates
      4 +0ms bob connects to room-1
  )scenario";

Failure failureOf(const Scenario& scenario) {
  Failure failure;
  const Property property;
  failure.finding = Party::Sim::Judge(forgetful, property).examine(scenario).value();
  failure.original = failure.minimal = scenario;
  failure.original.steps.resize(17);
  failure.number = 2;
  failure.lives = 7;
  failure.seconds = 0.25;
  failure.shrinkRuns = 96;
  failure.shrinkSeconds = 0.5;
  return failure;
}

constexpr const char* report = R"(broken: hibernation changes nothing
  bob in room-1, frame 2
    awake:       "so far: a"
    hibernated:  "so far:"

found in 7 lives and 0.25 s, by random life 2 of seed 0x0000000000000009
17 steps, shrunk to 4 in 96 runs and 0.50 s

   1         0 ms  ann connects to room-1
   2       100 ms  ann sends "a"
   3       200 ms  room-1 hibernates
   4       200 ms  bob connects to room-1

as a test, to paste below #include <party/sim/gtest.h> and the party's own header:

  TEST(Wall, HibernationChangesNothing) {
    EXPECT_TRUE(Party::Sim::survives(R"scenario(
      party-scenario 2
      party main
      clients 2
      rooms 1
      seed 7
      1 +0ms ann connects to room-1
      2 +100ms ann sends "a"
      3 +100ms room-1 hibernates
      4 +0ms bob connects to room-1
  )scenario", Party::parties<PlayedParties::Wall<false>>("main")));
  }

)";

TEST(Report, OfAFailureFitsOnAScreenAndSaysAllOfIt) {
  const Scenario scenario = Scenario::parse(pasted).value();
  const ReportContext context{.program = "./chat", .page = "/tmp/page.html"};
  const std::string text = reportText(failureOf(scenario), 9, forgetful, context);
  EXPECT_EQ(text, report + ("replay:   ./chat replay --scenario=" + scenario.code() + "\nreport:   /tmp/page.html\n"));
}

TEST(Report, SaysWhenTheTimeForShrinkingWasUp) {
  Failure failure = failureOf(Scenario::parse(pasted).value());
  failure.shrunkToTheEnd = false;
  EXPECT_NE(reportText(failure, 9, forgetful, {}).find("the time for shrinking was up"), std::string::npos);
}

TEST(Report, OfAPropertyPrintsATestThatStandsBesideIt) {
  const Failure failure = failureOf(Scenario::parse(pasted).value());
  const std::string test =
      regressionTest(failure.finding, failure.minimal, forgetful, {.suite = "Wall", .property = "Remembers"});
  EXPECT_TRUE(test.starts_with("PARTY_REGRESSION(Wall, Remembers, HibernationChangesNothing, R\"scenario(\n")) << test;
}

TEST(Replay, CommandQuotesAProgramWithSpaces) {
  EXPECT_TRUE(replayCommand(Scenario(), {.program = "./my chat"}).starts_with("'./my chat' replay --scenario=s1."));
}

TEST(PastedTest, FailsUntilThePartyIsRepaired) {
  EXPECT_FALSE(survives(pasted, forgetful));
  EXPECT_TRUE(survives(pasted, remembering));
  EXPECT_FALSE(survives("no scenario", remembering));
}

TEST(ReportPage, NeedsNothingFromOutsideAndEscapesWhatClientsSent) {
  Scenario scenario = Scenario::parse(pasted).value();
  scenario.steps[1].payload = "<script>alert(1)</script>";
  const Property property;
  const auto finding = Party::Sim::Judge(forgetful, property).examine(scenario).value();
  const std::string page = reportPage(finding, scenario, forgetful, {.program = "./chat"});
  for (const char* outside : {"http:", "https:", "src=", "@import", "url(", "<script"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(page.find("awake all the time"), std::string::npos);
  EXPECT_NE(page.find("hibernated on the way"), std::string::npos);
  EXPECT_NE(page.find("class=\"bad\""), std::string::npos) << "the first difference is marked";
  EXPECT_NE(page.find("hibernates: its members are gone"), std::string::npos);
}

TEST(ReportPage, ShowsEveryScenarioEvenAnEmptyOne) {
  const Finding finding{Finding::Kind::law, "a law", "it did not hold", std::nullopt};
  Scenario everything = Scenario::parse(pasted).value();
  for (std::size_t i = 0; i < Party::Sim::verbs; ++i) {
    everything.steps.push_back({.id = everything.nextId(), .after = 100, .verb = static_cast<Party::Sim::Verb>(i)});
  }
  for (const Scenario& scenario : {Scenario(), everything}) {
    const std::string page = reportPage(finding, scenario, remembering, {});
    EXPECT_TRUE(page.ends_with("</html>\n"));
    EXPECT_NE(page.find("<svg"), std::string::npos);
  }
}

TEST(ReportPage, IsWrittenUnderANameMadeFromTheScenario) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "party_report_test";
  const Failure failure = failureOf(Scenario::parse(pasted).value());
  const std::string one = writeReportPage(failure.finding, failure.minimal, forgetful, {}, folder.string());
  EXPECT_EQ(one, writeReportPage(failure.finding, failure.minimal, forgetful, {}, folder.string()));
  std::ifstream file(one);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(page, reportPage(failure.finding, failure.minimal, forgetful, {}));
  std::filesystem::remove_all(folder);
  EXPECT_EQ(writeReportPage(failure.finding, failure.minimal, forgetful, {}, "/dev/null/no/folder"), "");
}

// --- the adapter ----------------------------------------------------------------------------------------------------

using DurableWall = Wall<true>;
using ForgetfulWall = Wall<false>;

PARTY_PROPERTY(DurableWall, Remembers) {
  clients(2, 5);
  sometimes("someone reconnected", [](const auto& view) { return view.reconnects() > 0; });
}
PARTY_REGRESSION(DurableWall, Remembers, HibernationChangesNothing, pasted)

TEST(PropertyTest, FailsWithAReportThatNamesTheProperty) {
  EXPECT_NONFATAL_FAILURE(Party::Sim::Detail::tryProperty(Property(), forgetful, "ForgetfulWall", "Remembers", here),
                          "PARTY_REGRESSION(ForgetfulWall, Remembers, HibernationChangesNothing");
}

TEST(PropertyTest, FailsWhenASometimesWasNeverSeen) {
  Property property;
  property.sometimes("pigs fly", [](const auto&) { return false; });
  EXPECT_NONFATAL_FAILURE(
      Party::Sim::Detail::tryProperty(property, Party::parties<Awake>("main"), "Awake", "Flies", here), "pigs fly");
}

/// A test in a coroutine: what ASSERT_* cannot do there.
Party::Task<> checked(bool holds, bool& reached) {
  PARTY_ASSERT(holds);
  reached = true;
}

TEST(CoroutineAssertions, EndTheHandlerAndFailTheTest) {
  static bool reached;
  const auto run = [](bool holds) {
    reached = false;
    const auto task = checked(holds, reached);
    Party::Detail::TaskAccess::resume(task);
  };
  run(true);
  EXPECT_TRUE(reached);
  EXPECT_NONFATAL_FAILURE(run(false), "holds");
  EXPECT_FALSE(reached);
}

TEST(CoroutineAssertions, RequirementsThrow) {
  static bool threw;
  const auto require = [](bool holds) { PARTY_REQUIRE(holds); };
  require(true);
  EXPECT_NONFATAL_FAILURE(try { require(false); } catch (const Party::Error&) { threw = true; }, "holds");
  EXPECT_TRUE(threw);
}

}  // namespace
