#include "runner/matching.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace Party::Contract {
namespace {

Observation seen(Observation::Kind kind, std::string content = "", std::optional<int> code = {}) {
  return {kind, std::move(content), code, {}};
}

Expected expected(Expected::Kind kind) {
  Expected result;
  result.kind = kind;
  return result;
}

TEST(Matching, ATextIsEqualOrMatchedAsAWhole) {
  EXPECT_TRUE(matchesText("abc", "abc"));
  EXPECT_FALSE(matchesText("abc", "abcd"));
  EXPECT_TRUE(matchesText("~a[0-9]+", "a12"));
  EXPECT_FALSE(matchesText("~a[0-9]+", "xa12")) << "a pattern covers the whole text";
  EXPECT_TRUE(matchesText("~~.*", "~text")) << "a text that begins with a tilde is expected by a pattern";
  EXPECT_FALSE(matchesText("~(x+x+)+y", std::string(100'000, 'x'))) << "long texts are not given to patterns";
}

TEST(Matching, ValuesCompareAsValuesAndTextsInsideAsPatterns) {
  EXPECT_TRUE(matchesJson(Json::parse(R"({"a": [1, "~x.*", null]})"), Json::parse(R"({"a": [1.0, "xyz", null]})")));
  EXPECT_FALSE(matchesJson(Json::parse("[1, 2]"), Json::parse("[1, 2, 3]")));
  EXPECT_FALSE(matchesJson(Json::parse("[2, 1]"), Json::parse("[1, 2]")));
  EXPECT_FALSE(matchesJson(Json::parse(R"({"a": 1})"), Json::parse(R"({"a": 1, "b": 2})")));
  EXPECT_FALSE(matchesJson(Json::parse(R"({"a": 1})"), Json::parse(R"({"b": 1})")));
  EXPECT_FALSE(matchesJson(Json::parse(R"("~.*")"), Json::parse("5"))) << "a number is no text";
  EXPECT_FALSE(matchesJson(Json::parse("[]"), Json::parse("{}")));
}

TEST(Matching, AnObservationOfAnotherKindDiffers) {
  Expected text = expected(Expected::Kind::text);
  text.content = "x";
  EXPECT_EQ(difference(text, seen(Observation::Kind::text, "x")), "");
  EXPECT_EQ(difference(text, seen(Observation::Kind::bytes, "x")), "the text \"x\"");
  EXPECT_NE(difference(text, seen(Observation::Kind::lost)), "");
  Expected bytes = expected(Expected::Kind::bytes);
  bytes.content = "~.*";
  EXPECT_NE(difference(bytes, seen(Observation::Kind::bytes, "abc")), "") << "bytes are never a pattern";
}

TEST(Matching, ACloseHasItsCodeAndAnEmptyOneHasNone) {
  Expected close = expected(Expected::Kind::close);
  close.code = 1000;
  EXPECT_EQ(difference(close, seen(Observation::Kind::close, "any", 1000)), "")
      << "a reason counts when it is expected";
  EXPECT_NE(difference(close, seen(Observation::Kind::close, "", 1001)), "");
  EXPECT_NE(difference(close, seen(Observation::Kind::close)), "");
  close.content = "bye";
  EXPECT_NE(difference(close, seen(Observation::Kind::close, "", 1000)), "");
  EXPECT_EQ(difference(expected(Expected::Kind::close), seen(Observation::Kind::close)), "");
  EXPECT_NE(difference(expected(Expected::Kind::close), seen(Observation::Kind::close, "", 1005)), "");
}

TEST(Matching, AnAnswerHasItsStatusBodyAndHeaders) {
  Expected answer = expected(Expected::Kind::answer);
  answer.code = 200;
  Observation got = seen(Observation::Kind::answer, "[1]", 200);
  got.headers = {{"x-a", "1"}, {"x-a", "2"}};
  EXPECT_EQ(difference(answer, got), "");
  answer.json = Json::parse("[1]");
  EXPECT_EQ(difference(answer, got), "");
  answer.headers = {{"x-a", "1, 2"}, {"x-b", std::nullopt}};
  EXPECT_EQ(difference(answer, got), "");
  answer.headers = {{"x-a", std::nullopt}};
  EXPECT_NE(difference(answer, got), "");
  answer.headers = {{"x-b", "1"}};
  EXPECT_NE(difference(answer, got), "");
  answer.headers = {};
  got.content = "no JSON";
  EXPECT_NE(difference(answer, got), "");
}

TEST(Matching, AReportIsComparedLineByLineToItsEnd) {
  ReportStep step;
  step.lines = {"a", "~b.*"};
  EXPECT_EQ(difference(step, {"a", "b 1"}), "");
  EXPECT_NE(difference(step, {"a"}).find("line 2 of the report: expected \"~b.*\", got its end"), std::string::npos);
  EXPECT_NE(difference(step, {"a", "b", "c"}).find("line 3 of the report: expected its end, got \"c\""),
            std::string::npos);
  EXPECT_NE(difference(step, {"b", "a"}), "");
  step.lines = {};
  EXPECT_EQ(difference(step, {}), "");
  EXPECT_NE(difference(step, {"a"}), "");
}

TEST(Matching, AReportCanBeReadByWordsOrWithoutOrder) {
  ReportStep step;
  step.only = {"note", "onClose"};
  step.without = {"onClose bob"};
  EXPECT_EQ(chosenLines(step, {"note x", "notebook", "onClose ann", "onClose bob", "note"}),
            (std::vector<std::string>{"note x", "onClose ann", "note"}));
  ReportStep any;
  any.contains = true;
  any.lines = {"b", "a", "a"};
  EXPECT_EQ(difference(any, {"a", "x", "b", "a"}), "");
  EXPECT_NE(difference(any, {"a", "x", "b"}), "") << "each expected line needs one of its own";
}

}  // namespace
}  // namespace Party::Contract
