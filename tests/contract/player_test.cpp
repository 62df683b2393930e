#include "runner/player.h"
#include "runner/scenario_loader.h"

#include <gtest/gtest.h>

#include <string>

namespace Party::Contract {
namespace {

using std::chrono::milliseconds;

/// A house that observes what the test has prepared: each `send` of a text brings that text back, after a while.
class EchoStage final : public Stage {
 public:
  void connect(const ConnectStep& step) override { show(step.channel, {Observation::Kind::open, "", {}, {}}); }
  void request(const RequestStep&) override {}
  void send(const SendStep& step) override { show(step.channel, {Observation::Kind::text, step.content, {}, {}}); }
  void close(const CloseStep&) override {}
  void breakOff(const BreakStep&) override { throw std::runtime_error("cannot break off"); }
  milliseconds now() const override { return now_; }
  bool pass(milliseconds limit) override {
    if (!coming_.empty()) {
      observed[coming_.front().first].push_back(coming_.front().second);
      coming_.erase(coming_.begin());
      return true;
    }
    now_ += std::max(limit, milliseconds(1));
    return false;
  }
  std::string hibernate(const HibernateStep&) override { return "it does not sleep"; }
  void restart() override {}
  std::vector<std::string> report(const RoomName&) override { return {"constructor"}; }
  bool ended(const std::string&) override { return false; }

 private:
  void show(const std::string& channel, const Observation& observation) { coming_.emplace_back(channel, observation); }

  milliseconds now_{0};
  std::vector<std::pair<std::string, Observation>> coming_;
};

class EchoArm final : public Arm {
 public:
  Pace pace() const override { return {milliseconds(10), milliseconds(100), milliseconds(0), false}; }
  std::string whyNot(const std::vector<Step>&) const override { return why; }
  std::unique_ptr<Stage> stage(const std::vector<Step>&) override { return std::make_unique<EchoStage>(); }
  std::string why;
};

Outcome played(const std::string& steps, const std::string& more = "", const std::string& arm = "partykit") {
  const std::string text = R"({"title": "t", "rules": ["A-1"], )" + more + R"("steps": [)" + steps + "]}";
  EchoArm echo;
  return play(loadScenarios(text, "f").at(0), {"main", "r"}, arm, echo);
}

const std::string open = R"({"open": "ann"}, {"send": "ann", "text": "x"}, )";

TEST(Player, WhatIsAsExpectedIsTheSame) {
  const Outcome outcome = played(
      open + R"({"expect": "ann", "text": "x"}, {"expect": "ann", "nothing": true}, {"report": ["constructor"]})");
  EXPECT_STREQ(nameOf(outcome.kind), "same") << outcome.how;
}

TEST(Player, WhatIsOtherThanExpectedIsDifferentAndSaysWhereAndHow) {
  const Outcome outcome = played(open + R"({"expect": "ann", "text": "y"})");
  EXPECT_STREQ(nameOf(outcome.kind), "different");
  EXPECT_EQ(outcome.how, "step 3: expected of ann: the text \"y\"; got the text \"x\"");
}

TEST(Player, WhatDoesNotComeIsDifferent) {
  EXPECT_EQ(played(R"({"open": "ann"}, {"expect": "ann", "text": "y"})").how,
            "step 2: expected of ann: the text \"y\"; nothing came within 100 ms");
}

TEST(Player, WhatNobodyExpectedIsDifferentUnlessTheRestIsIgnored) {
  EXPECT_EQ(played(R"({"connect": "ann"})").how, "at the end: ann observed open, which no step expected");
  EXPECT_STREQ(nameOf(played(R"({"connect": "ann"})", R"("rest": "ignored", )").kind), "same");
  EXPECT_STREQ(nameOf(played(R"({"connect": "ann"}, {"expect": "ann", "nothing": true})").kind), "different");
}

TEST(Player, AReportOrASleepThatIsOtherwiseIsDifferent) {
  EXPECT_STREQ(nameOf(played(R"({"report": []})").kind), "different");
  EXPECT_EQ(played(R"({"hibernate": true})").how, "step 1: it does not sleep");
}

TEST(Player, ADifferenceThatIsKnownIsExplainedAndStillCompared) {
  const std::string known = R"({"expect": "ann", "text": "y", "partykit": {"because": "D-8", "text": "x"}})";
  const Outcome theirs = played(open + known);
  EXPECT_STREQ(nameOf(theirs.kind), "explained") << theirs.how;
  EXPECT_EQ(theirs.because, "D-8");
  EXPECT_STREQ(nameOf(played(open + known, "", "server").kind), "different");
  const std::string wrong = R"({"expect": "ann", "text": "x", "partykit": {"because": "D-8", "text": "z"}})";
  EXPECT_STREQ(nameOf(played(open + wrong).kind), "different");
}

TEST(Player, AWholeScenarioMayDifferForAReason) {
  const Outcome outcome = played(open + R"({"expect": "ann", "text": "y"})", R"("differs": {"partykit": "D-1"}, )");
  EXPECT_STREQ(nameOf(outcome.kind), "explained");
  EXPECT_EQ(outcome.because, "D-1");
}

TEST(Player, WhatIsLeftOutSaysWhy) {
  const std::string arms = R"("arms": ["simulator", "server"], "because": {"partykit": "no restart"}, )";
  const Outcome outcome = played(R"({"quiet": true})", arms);
  EXPECT_STREQ(nameOf(outcome.kind), "left out");
  EXPECT_EQ(outcome.because, "no restart");
  EchoArm echo;
  echo.why = "no frames";
  const auto scenarios = loadScenarios(R"({"title": "t", "rules": ["A-1"], "steps": [{"quiet": true}]})", "f");
  EXPECT_EQ(play(scenarios[0], {"main", "r"}, "server", echo).because, "no frames");
}

TEST(Player, AnErrorOfTheArmIsAFailureAndNoDifference) {
  const Outcome outcome = played(R"({"open": "ann"}, {"drop": "ann"})");
  EXPECT_STREQ(nameOf(outcome.kind), "failed");
  EXPECT_EQ(outcome.how, "step 2: cannot break off");
}

}  // namespace
}  // namespace Party::Contract
