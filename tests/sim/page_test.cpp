// What the page about a failure shows, one kind of failure after the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <party/cbor.h>
#include <party/codec.h>
#include <party/sim/explore.h>
#include <party/sim/report.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "oracle_parties.h"
#include "played_parties.h"
#include "stored_text.h"

namespace {

using Party::Sim::Finding;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

template <class Class>
std::string pageOf(Finding::Kind kind) {
  const auto parties = Party::parties<Class>("main");
  Party::Sim::ExploreOptions options;
  options.budget.lives = 5'000;
  options.progress = false;
  const auto result = explore(Party::Sim::Property(), parties, "main", options);
  EXPECT_TRUE(result.failure && result.failure->finding.kind == kind);
  return result.failure ? reportPage(result.failure->finding, result.failure->minimal, parties, {}) : "";
}

/// Every page has a lane for its room, whenever the room began.
const auto hasALaneForItsRoom = HasSubstr(">main/room-1</text><line class=\"lane\"");

TEST(PageOfACrash, ShowsWhereItFallsWhatWasCutOffAndWhatIsMissing) {
  EXPECT_THAT(
      pageOf<OracleParties::Pockets<true>>(Finding::Kind::crash),
      AllOf(hasALaneForItsRoom, HasSubstr("the process dies here"), HasSubstr("is gone, with all that is not durable"),
            HasSubstr("all is finished and durable; the rooms stop in order"),
            HasSubstr("under way when the process died; finished on the left, cut off on the right:</p><ul><li>"
                      "ann sends"),
            HasSubstr("from here on: the process is to die at unfinished moment"),
            HasSubstr("<tr class=\"bad\"><td>right</td><td>-1</td></tr>"),
            HasSubstr("a stranger comes to room-1: open")));
}

TEST(PageOfARepeat, ShowsTheAlarmOnceAndTwiceWithWhatWasHeldMeanwhile) {
  const std::string page = pageOf<OracleParties::Rent<true>>(Finding::Kind::repeat);
  EXPECT_THAT(page, AllOf(hasALaneForItsRoom, HasSubstr("<td>balance</td><td>-1</td>"),
                          HasSubstr("<td>balance</td><td>-2</td>"), HasSubstr("<td>owed</td><td>false</td>"),
                          HasSubstr("held until unit 2 is durable"), HasSubstr("gates open")));
  const std::string once = page.substr(0, page.find("the alarm comes twice</h2>"));
  EXPECT_THAT(once, Not(HasSubstr("has its next alarm twice"))) << "there it is left out";
}

TEST(PageOfSomethingStranded, TellsTimesSinceTheBeginning) {
  EXPECT_THAT(pageOf<OracleParties::Turns<true>>(Finding::Kind::stranded),
              AllOf(hasALaneForItsRoom, testing::ContainsRegex("must run by 10[0-9]+ ms for the turn"),
                    testing::ContainsRegex("<td>alarm</td><td>at 36000[0-9]+ ms</td>")));
}

TEST(PageOfALife, DrawsWhatBefallsAConnectionAtItsClientAndNotAsSomethingOnItsWay) {
  const auto scenario = Party::Sim::Scenario::parse(
      "party-scenario 2\nparty main\nclients 1\nrooms 1\nseed 4\n1 +0ms ann connects to room-1\n2 +50ms ann is "
      "partitioned for 200ms\n3 +10ms ann breaks the protocol, answered 1002\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  const std::string page = reportPage({}, *scenario, Party::parties<PlayedParties::Awake>("main"), {});
  EXPECT_THAT(page, testing::ContainsRegex("<circle class=\"fault\"[^>]*/><text class=\"fault\"[^>]*>is partitioned"));
  EXPECT_THAT(page, testing::ContainsRegex("l-7 -4 l0 8 z\"/><text[^>]*>breaks the protocol"));
}

TEST(PageOfAHandlerError, ShowsTheErrorWhereItWasThrown) {
  EXPECT_THAT(pageOf<PlayedParties::Picky>(Finding::Kind::handlerError),
              AllOf(hasALaneForItsRoom, HasSubstr(">onMessage throws: what is a c?</text>")));
}

template <class T>
std::string stored(const T& value, std::size_t width = 60) {
  Party::Encoder encoder;
  encoder.write(value);
  return Party::Sim::Detail::storedText(encoder.finish().view(), width);
}

TEST(StoredText, ReadsAsWhatWasStored) {
  EXPECT_EQ(stored(-1), "-1");
  EXPECT_EQ(stored(std::uint64_t{18'446'744'073'709'551'615u}), "18446744073709551615");
  EXPECT_EQ(stored(1.5), "1.5");
  EXPECT_EQ(stored(true), "true");
  EXPECT_EQ(stored(std::string("a \"b\"\n")), R"("a \"b\"\n")");
  EXPECT_EQ(stored(std::map<std::string, std::vector<int>>{{"x", {1, 2}}, {"y", {}}}), R"({"x": [1, 2], "y": []})");
  EXPECT_EQ(Party::Sim::Detail::storedText("\x42\x01\xff", 60), R"(bytes "\x01\xff")");
  EXPECT_EQ(Party::Sim::Detail::storedText("\xf6", 60), "null");
}

TEST(StoredText, StopsAtItsWidthAndShowsWhatIsNoValueAsBytes) {
  EXPECT_LE(stored(std::vector<int>(100'000, 7), 40).size(), 45u);
  EXPECT_LE(stored(std::string(100'000, 'x'), 40).size(), 50u);
  EXPECT_EQ(Party::Sim::Detail::storedText("\xff", 60), R"(bytes "\xff")");
  EXPECT_EQ(Party::Sim::Detail::storedText("", 60), R"(bytes "")");
  EXPECT_EQ(Party::Sim::Detail::storedText(std::string("\x01\x02"), 60), R"(bytes "\x01\x02")") << "two values";
  const std::string deep = std::string(100, '\x81') + '\x01';
  EXPECT_THAT(Party::Sim::Detail::storedText(deep, 1'000), testing::StartsWith("bytes \"\\x81"));
  // An integer below what 64 bits hold.
  EXPECT_THAT(Party::Sim::Detail::storedText("\x3b\xff\xff\xff\xff\xff\xff\xff\xff", 60),
              testing::StartsWith("bytes "));
}

}  // namespace
