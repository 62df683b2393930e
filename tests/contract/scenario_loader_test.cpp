#include "runner/scenario_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace Party::Contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    loadScenarios(text, "file.json");
  } catch (const LoadError& error) {
    return error.what();
  }
  return "(taken)";
}

/// A scenario with these steps.
std::string withSteps(const std::string& steps) {
  return R"({"title": "t", "rules": ["WS-001"], "steps": [)" + steps + "]}";
}

Step onlyStep(const std::string& step, const std::string& arm = "server") {
  return stepsOf(loadScenarios(withSteps(step), "file.json").at(0), {"ordinary", "r-1"}, arm).at(0);
}

TEST(ScenarioLoader, TakesAnObjectAsOneScenarioForBothPartiesInAllArms) {
  const auto scenarios = loadScenarios(withSteps(R"({"quiet": true})"), "file.json");
  ASSERT_EQ(scenarios.size(), 1u);
  EXPECT_EQ(scenarios[0].title, "t");
  EXPECT_THAT(scenarios[0].parties, ElementsAre("main", "ordinary"));
  EXPECT_THAT(scenarios[0].arms, ElementsAre("simulator", "server", "partykit"));
}

TEST(ScenarioLoader, ReplacesRoomAndPartyAndWritesRepeatedTextsOutButLeavesScriptsToTheProbe) {
  const auto connect = std::get<ConnectStep>(
      onlyStep(R"({"connect": "ann", "id": {"$repeat": "x", "times": 3}, "query": {"tags": ["{room}"]}})").what);
  EXPECT_EQ(connect.target, "/parties/ordinary/r-1?_pk=xxx&tags=%5B%22r-1%22%5D");
  const auto request = std::get<RequestStep>(
      onlyStep(
          R"({"request": "r", "room": "{room}-b", "script": [{"do": "put", "value": {"$repeat": "x", "times": 9}}]})")
          .what);
  EXPECT_EQ(request.target, "/parties/ordinary/r-1-b");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, R"([{"do":"put","value":{"$repeat":"x","times":9}}])");
}

TEST(ScenarioLoader, GivesEachArmItsOwnExpectation) {
  const std::string step =
      R"({"expect": "ann", "text": "ours", "partykit": {"because": "D-13", "main": {"text": "first"}, "ordinary": {"text": "other"}}})";
  const Step ours = onlyStep(step);
  EXPECT_EQ(std::get<ExpectStep>(ours.what).expected.content, "ours");
  EXPECT_EQ(ours.because, "");
  const Step theirs = onlyStep(step, "partykit");
  EXPECT_EQ(std::get<ExpectStep>(theirs.what).expected.content, "other");
  EXPECT_EQ(theirs.because, "D-13");
}

TEST(ScenarioLoader, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(
      refusal(withSteps(R"({"quiet": true}, {"conect": "ann"})")),
      "file.json: /steps/1: a step begins with one of connect, open, send, close, drop, end, request, wait, quiet, "
      "expect, report, hibernate, restart");
  EXPECT_THAT(refusal(withSteps(R"({"send": "ann", "txt": "x"})")), HasSubstr("/steps/0: send has one of script"));
  EXPECT_THAT(refusal(withSteps(R"({"connect": "ann", "qery": {}})")),
              HasSubstr("/steps/0: there is no field \"qery\" here; the fields are"));
  EXPECT_THAT(refusal(R"([{"title": "t"}])"), HasSubstr("file.json: /0/rules: a scenario shows at least one rule"));
  EXPECT_THAT(refusal(withSteps(R"({"expect": "ann", "text": 5})")), HasSubstr("/steps/0/text: a text belongs here"));
  EXPECT_THAT(refusal(withSteps(R"({"expect": "ann", "text": "~(("})")), HasSubstr("is no regular expression"));
}

struct Hostile {
  const char* name;
  std::string text;
  const char* sentence;

  friend void PrintTo(const Hostile& file, std::ostream* out) {
    *out << file.sentence;
  }  // not its bytes: names of tests last
};

class HostileScenario : public testing::TestWithParam<Hostile> {};

TEST_P(HostileScenario, IsRefusedWithASentence) {
  EXPECT_THAT(refusal(GetParam().text), HasSubstr(GetParam().sentence));
}

std::string repeatedText(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Files, HostileScenario,
    testing::Values(
        Hostile{"Empty", "", "invalid JSON"}, Hostile{"Cut", R"({"title": "t)", "invalid JSON"},
        Hostile{"NoText", std::string("\xff\xfe\0", 3), "invalid JSON"},
        Hostile{"Number", "5", "an object belongs here"}, Hostile{"EmptyArray", "[]", "there is no scenario"},
        Hostile{"Deep", std::string(100'000, '['), "deeper than"},
        Hostile{"Huge", std::string(maxFileBytes + 1, ' '), "the limit is 4194304"},
        Hostile{"KeyTwice", R"({"title": "a", "title": "b"})", "the key \"title\" stands twice"},
        Hostile{"Title", R"({"title": ")" + std::string(201, 'x') + R"("})", "at most 200 bytes"},
        Hostile{
            "ManyRules",
            R"({"title": "t", "rules": [)" + repeatedText(R"("A-1",)", 12) + R"("A-1"], "steps": [{"quiet": true}]})",
            "13 texts, the limit is 12"},
        Hostile{"RuleForm", R"({"title": "t", "rules": ["message one"], "steps": []})",
                "a rule is written as in MESSAGE-1"},
        Hostile{"NoSteps", withSteps(""), "a scenario has steps"},
        Hostile{"ManySteps", withSteps(repeatedText(R"({"quiet": true},)", 300) + R"({"quiet": true})"), "301 steps"},
        Hostile{"Party", R"({"title": "t", "rules": ["A-1"], "party": "chat", "steps": [{"quiet": true}]})",
                "the parties are"},
        Hostile{"ArmWithoutReason",
                R"({"title": "t", "rules": ["A-1"], "arms": ["server"], "steps": [{"quiet": true}]})",
                "so \"because\" says why"},
        Hostile{"LongWait", withSteps(R"({"wait": 60001})"), "60001 is not between 0 and 60000"},
        Hostile{"HugeNumber", withSteps(R"({"wait": 18446744073709551615})"), "is not between"},
        Hostile{"Repeat", withSteps(R"({"send": "a", "text": {"$repeat": "xxxxxxxxxx", "times": 1000000000000}})"),
                "passes the limit"},
        Hostile{"RepeatNegative", withSteps(R"({"send": "a", "text": {"$repeat": "x", "times": -1}})"),
                "passes the limit"},
        Hostile{"RepeatForm", withSteps(R"({"send": "a", "text": {"$repeat": 5, "times": 1}})"), "wrong inside"},
        Hostile{"Hex", withSteps(R"({"send": "a", "bytes": "0g"})"), "no hexadecimal digit"},
        Hostile{"OddHex", withSteps(R"({"send": "a", "bytes": "000"})"), "come in pairs"},
        Hostile{"TwoVerbs", withSteps(R"({"send": "a", "close": "a"})"), "a step has one verb"},
        Hostile{"StepIsNoObject", withSteps("5"), "a step is an object"},
        Hostile{"VerbIsNoText", withSteps(R"({"connect": 5})"), "/steps/0/connect: a text belongs here"},
        Hostile{"NothingExpected", withSteps(R"({"expect": "a"})"), "one thing is expected"},
        Hostile{"TwoThingsExpected", withSteps(R"({"expect": "a", "text": "x", "open": true})"),
                "one thing is expected"},
        Hostile{"DifferenceWithoutName", withSteps(R"({"expect": "a", "text": "x", "partykit": {"text": "y"}})"),
                "\"because\" names the difference"},
        Hostile{"ServerMayNotDiffer",
                withSteps(R"({"expect": "a", "text": "x", "server": {"because": "D-1", "text": "y"}})"),
                "only PartyKit may differ by a D-n"},
        Hostile{"ReportOfNoRoom", withSteps(R"({"report": [], "room": "x"})"), "written party/id"}),
    [](const auto& file) { return std::string(file.param.name); });

std::string whySocketOf(const std::string& steps) {
  return whySocket(stepsOf(loadScenarios(withSteps(steps), "file.json").at(0), {"main", "r"}, "simulator"));
}

TEST(SocketNeeds, WhatOnlyASocketCanDoIsLeftOutOfTheSimulatorWithTheReason) {
  EXPECT_EQ(whySocketOf(R"({"open": "a"}, {"send": "a", "text": "x"}, {"drop": "a"})"), "");
  EXPECT_EQ(whySocketOf(R"({"open": "a"}, {"send": "a", "frames": "8100"})"), "it sends frames byte by byte");
  EXPECT_EQ(whySocketOf(R"({"open": "a"}, {"end": "a"})"), "it ends one direction of TCP");
  EXPECT_EQ(whySocketOf(R"({"connect": "a", "headers": {"upgrade": "WebSocket"}})"), "it changes the handshake");
  EXPECT_NE(whySocketOf(R"({"open": "a", "answersClose": false}, {"expect": "a", "close": 1000}, {"drop": "a"})"), "");
}

}  // namespace
}  // namespace Party::Contract
