#include <gtest/gtest.h>
#include <party/sim/scenario.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace {

using Party::Sim::messageOf;
using Party::Sim::Scenario;
using Party::Sim::Step;
using Party::Sim::Verb;

using Bytes = std::vector<std::uint8_t>;

Scenario smallScenario() {
  Scenario scenario;
  scenario.clients = 2;
  scenario.seed = 7;
  scenario.faults = Party::Sim::Faults::none().with(Party::Sim::Fault::slowDisk);
  scenario.steps = {{.id = 1, .verb = Verb::connect},
                    {.id = 2, .after = 5, .verb = Verb::send, .payload = "say \"hi\"\n\xc3\xa4"},
                    {.id = 9, .after = 250, .verb = Verb::hibernate},
                    {.id = 4, .verb = Verb::send, .client = 1, .number = 70'000, .payload = "x"},
                    {.id = 5, .verb = Verb::sendBytes, .payload = std::string("\x00\xff", 2)},
                    {.id = 6, .verb = Verb::close, .number = 1000},
                    {.id = 7, .verb = Verb::vanish, .client = 1, .number = 30},
                    {.id = 8, .verb = Verb::request, .payload = ""},
                    {.id = 10, .verb = Verb::connect, .client = 1, .payload = "tags=a,b"}};
  return scenario;
}

constexpr const char* smallText =
    "party-scenario 2\n"
    "party main\n"
    "clients 2\n"
    "rooms 1\n"
    "seed 7\n"
    "faults slow-disk\n"
    "1 +0ms ann connects to room-1\n"
    "2 +5ms ann sends \"say \\\"hi\\\"\\n\xc3\xa4\"\n"
    "9 +250ms room-1 hibernates\n"
    "4 +0ms bob sends 70000 bytes of \"x\"\n"
    "5 +0ms ann sends binary \"\\x00\\xff\"\n"
    "6 +0ms ann closes with 1000\n"
    "7 +0ms bob vanishes, noticed after 30ms\n"
    "8 +0ms ann asks room-1\n"
    "10 +0ms bob connects to room-1 \"tags=a,b\"\n";

TEST(Scenario, ReadsAsOneSentencePerStep) { EXPECT_EQ(smallScenario().text(), smallText); }

TEST(Scenario, TextIsReadBack) {
  const auto read = Scenario::parse(smallText);
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(*read, smallScenario());
}

TEST(Scenario, CommentsIndentationAndEmptyLinesAreSkipped) {
  const auto read = Scenario::parse(
      "# kept because it once failed\n\n  party-scenario 1\r\n\tclients 2\n # a step\n 3 +1ms  bob connects to room-1 "
      "\n");
  ASSERT_TRUE(read.has_value()) << read.error();
  ASSERT_EQ(read->steps.size(), 1u);
  EXPECT_EQ(read->steps[0], (Step{.id = 3, .after = 1, .verb = Verb::connect, .client = 1}));
}

RC_GTEST_PROP(ScenarioByteCode, AnyBytesAreAScenarioWithinTheLimits, (const Bytes& bytes)) {
  const Scenario scenario = Scenario::decode(bytes);
  RC_ASSERT(scenario.isNormal());
}

RC_GTEST_PROP(ScenarioByteCode, EveryScenarioSurvivesCodeAndText, (const Bytes& bytes)) {
  // Long lists of small numbers give many steps, where fully random bytes mostly give long payloads.
  const auto steps = *rc::gen::container<Bytes>(rc::gen::inRange<std::uint8_t>(0, 20));
  Bytes both = bytes;
  both.insert(both.end(), steps.begin(), steps.end());
  const Scenario scenario = Scenario::decode(both);
  RC_ASSERT(Scenario::decode(scenario.encode()) == scenario);
  const auto fromText = Scenario::parse(scenario.text());
  RC_ASSERT(fromText.has_value());
  RC_ASSERT(*fromText == scenario);
  const auto fromCode = Scenario::parse(scenario.code());
  RC_ASSERT(fromCode.has_value());
  RC_ASSERT(*fromCode == scenario);
  RC_CLASSIFY(scenario.steps.size() > 10, "more than ten steps");
}

TEST(ScenarioByteCode, StopsAtItsLimits) {
  const Bytes endless(100'000, 0);
  EXPECT_EQ(Scenario::decode(endless).steps.size(), Scenario::maxSteps);
  EXPECT_TRUE(Scenario::decode(endless).isNormal());
}

TEST(ScenarioByteCode, TakesTwoBytesOfTheSameNumberApartByRenumbering) {
  Scenario twice = smallScenario();
  twice.steps[1].id = 1;
  EXPECT_FALSE(twice.isNormal());
  EXPECT_TRUE(Scenario::decode(twice.encode()).isNormal());
}

// Written by the release before connects had a query.
TEST(ScenarioByteCode, OfFormat1IsStillRead) {
  const auto read = Scenario::parse(
      "s1.AQRtYWluAQAHAAAAAAAAAAIBAAAAAgUAAAALc2F5ICJoaSIKw6QK-gEADAIAAQvwogQBeAMAAAAAAgD_BAAAAOgHBwABAB4JAAAAAIoa");
  ASSERT_TRUE(read.has_value()) << read.error();
  Scenario expected = smallScenario();
  expected.steps.pop_back();
  EXPECT_EQ(*read, expected);
  EXPECT_EQ(Scenario::decode(read->encode()), expected);
}

TEST(ScenarioByteCode, OfFormat1KnowsFourKindsOfFaults) {
  Scenario all;
  all.faults = Party::Sim::Faults::all();
  Bytes bytes = all.encode();
  EXPECT_EQ(Scenario::decode(bytes).faults, Party::Sim::Faults::all());
  bytes[0] = 1;
  EXPECT_EQ(Scenario::decode(bytes).faults, Party::Sim::Faults::fromBits(0xf));
}

TEST(ScenarioText, OfFormat1IsStillRead) {
  const auto read = Scenario::parse("party-scenario 1\nfaults late-alarms\n1 +0ms ann connects to room-1\n");
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->steps.at(0), (Step{.id = 1, .verb = Verb::connect}));
}

TEST(Scenario, FaultsHaveNamesThatAreReadBack) {
  Scenario all;
  all.faults = Party::Sim::Faults::all();
  EXPECT_NE(
      all.text().find("\nfaults slow-network slow-disk delayed-reads late-alarms slow-calls lost-calls priorities "
                      "slow-timers merged-commits held-outputs waiting-writers\n"),
      std::string::npos)
      << all.text();
  EXPECT_EQ(Scenario::parse(all.text()), all);
}

TEST(ScenarioCode, IsShortAndNeedsNoQuoting) {
  const std::string code = smallScenario().code();
  EXPECT_LT(code.size(), 170u);
  EXPECT_EQ(code.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."),
            std::string::npos);
}

TEST(ScenarioCode, IsRefusedWhenALetterIsMissingOrChanged) {
  const std::string code = smallScenario().code();
  for (std::size_t i = 3; i < code.size(); ++i) {
    std::string cut = code;
    cut.erase(i, 1);
    EXPECT_FALSE(Scenario::parse(cut).has_value()) << cut;
    std::string changed = code;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    // The last letter holds spare bits that mean nothing.
    if (i + 1 < code.size()) {
      EXPECT_FALSE(Scenario::parse(changed).has_value()) << changed;
    }
  }
}

struct Hostile {
  const char* text;
  const char* sentence;
};

class HostileScenario : public testing::TestWithParam<Hostile> {};

TEST_P(HostileScenario, IsRefusedInASentenceThatNamesTheLine) {
  const auto read = Scenario::parse(GetParam().text);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().find(GetParam().sentence), std::string::npos) << read.error();
}

INSTANTIATE_TEST_SUITE_P(
    Files, HostileScenario,
    testing::Values(
        Hostile{"", "it is empty"}, Hostile{"# only a comment\n", "it is empty"},
        Hostile{"\xff\xfe\x00", "line 1: a scenario begins with \"party-scenario 2\""},
        Hostile{"party-scenario two\n", "line 1: \"party-scenario\" is followed by the format's number"},
        Hostile{"party-scenario 999\n", "line 1: format 999 is newer than this program"},
        Hostile{"party-scenario 1\nclients 17\n", "line 2: clients is a number from 1 to 16"},
        Hostile{"party-scenario 1\nrooms 0\n", "line 2: rooms is a number from 1 to 8"},
        Hostile{"party-scenario 1\nseed -1\n", "line 2: seed is a number"},
        Hostile{"party-scenario 1\nfaults gremlins\n", "line 2: \"gremlins\" is no fault"},
        Hostile{"party-scenario 1\nweather fine\n", "line 2: \"weather\" begins neither a step"},
        Hostile{"party-scenario 1\nparty Main Street\n", "the party's name \"Main Street\""},
        Hostile{"party-scenario 1\n\n1 ann connects to room-1\n", "line 3: after its number a step says how long"},
        Hostile{"party-scenario 1\n1 +0ms ann flies to room-1\n", "line 2: \"flies to room-1\" is no step"},
        Hostile{"party-scenario 1\n1 +0ms bob connects to room-1\n", "clients are ann to ann"},
        Hostile{"party-scenario 1\n1 +0ms ann connects to room-2\n", "line 2: \"connects to\" is followed by a room"},
        Hostile{"party-scenario 1\n1 +0ms ann sends hello\n", "a payload stands in double quotes"},
        Hostile{"party-scenario 1\n1 +0ms ann sends \"hello\n", "a payload stands in double quotes"},
        Hostile{"party-scenario 1\n1 +0ms ann sends \"\\xff\"\n", "UTF-8 when it is text"},
        Hostile{"party-scenario 1\n1 +0ms ann sends 2000000 bytes of \"x\"\n",
                "takes a number up to 1100000, not 2000000"},
        Hostile{"party-scenario 1\n1 +99999999999ms ann connects to room-1\n", "line 2: after its number"},
        Hostile{"party-scenario 1\n1 +0ms ann connects to room-1 twice\n", "a payload stands in double quotes"},
        Hostile{"party-scenario 1\n1 +0ms ann connects to room-1 \"a=b\" twice\n", "\"twice\" is left over"},
        Hostile{"party-scenario 1\n1 +0ms time passes\n1 +0ms time passes\n",
                "line 3: there are two steps with the number 1"},
        Hostile{"party-scenario 1\n1 +0ms time passes\nclients 2\n", "line 3: the header comes before the first step"},
        Hostile{"s1.", "incomplete"}, Hostile{"s1.AQ", "incomplete"},
        Hostile{"s1.a b", "only letters, digits, - and _"}));

TEST(HostileScenario, WithMoreStepsThanAllowedIsRefused) {
  std::string text = "party-scenario 1\n";
  for (int i = 0; i < 1'001; ++i) text += std::to_string(i) + " +0ms time passes\n";
  const auto read = Scenario::parse(text);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error(), "line 1002: a scenario has at most 1000 steps");
}

TEST(HostileScenario, TooLargeIsNotReadAtAll) {
  const auto read = Scenario::parse(std::string((1 << 20) + 1, ' '));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error(), "1048577 bytes are no scenario: at most 1048576 are read");
}

TEST(HostileScenario, ThatSteersATerminalIsPrintedEscaped) {
  Scenario scenario;
  scenario.steps = {{.id = 1, .verb = Verb::send, .payload = "\x1b[2J\xe2\x80\xae\xc2\x9b"}};
  ASSERT_TRUE(scenario.isNormal());
  EXPECT_EQ(sentence(scenario.steps[0]), "ann sends \"\\x1b[2J\\xe2\\x80\\xae\\xc2\\x9b\"");
  EXPECT_EQ(Scenario::parse(scenario.text()), scenario);
}

TEST(ScenarioFile, IsLoadedWhetherItHoldsTextOrACode) {
  const auto path = std::filesystem::temp_directory_path() / "party_scenario_file_test.scenario";
  for (const std::string& content : {smallScenario().text(), smallScenario().code() + "\n"}) {
    std::ofstream(path) << content;
    const auto read = Scenario::load(path.string());
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(*read, smallScenario());
  }
  std::ofstream(path) << "party-scenario 1\nnonsense\n";
  const auto broken = Scenario::load(path.string());
  ASSERT_FALSE(broken.has_value());
  EXPECT_NE(broken.error().find("party_scenario_file_test.scenario\": line 2: \"nonsense\""), std::string::npos)
      << broken.error();
  std::filesystem::remove(path);
  EXPECT_FALSE(Scenario::load(path.string()).has_value());
  EXPECT_FALSE(Scenario::load(std::filesystem::temp_directory_path().string()).has_value());
}

TEST(Messages, AreRepeatedToTheirSizeAndNeverCutInsideACharacter) {
  EXPECT_EQ(messageOf({.verb = Verb::send, .number = 5, .payload = "ab"}), "ababa");
  EXPECT_EQ(messageOf({.verb = Verb::send, .number = 5, .payload = "\xe2\x82\xac"}), "\xe2\x82\xac");
  EXPECT_EQ(messageOf({.verb = Verb::send, .number = 0, .payload = "ab"}), "ab");
  EXPECT_EQ(messageOf({.verb = Verb::send, .number = 9, .payload = ""}), "");
}

}  // namespace
