#include <gmock/gmock.h>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using Tags = std::vector<std::string>;

Tags numbered(std::size_t count) {
  Tags tags;
  for (std::size_t number = 1; number <= count; ++number) tags.push_back("t" + std::to_string(number));
  return tags;
}

Tags with(Tags tags, const std::string& more) {
  tags.push_back(more);
  return tags;
}

struct TagCase {
  const char* name;
  Tags returned;
  std::string outcome;  // "" when accepted, else the text of the 1011
  std::string id = "ann";
};
void PrintTo(const TagCase& tested, std::ostream* out) { *out << tested.name; }

class TagCheck : public testing::TestWithParam<std::tuple<TagCase, bool>> {};

const std::string e256 = [] {
  std::string text;
  for (int i = 0; i < 256; ++i) text += "\xc3\xa9";
  return text;
}();

// CONNECT-22, CONNECT-23, CONNECT-24, CONNECT-25, CONNECT-26, HIBER-005, D-9: alike whether the room hibernates or not
TEST_P(TagCheck, HasTheSameTextsInBothModes) {
  const auto& [tested, hibernate] = GetParam();
  Script script;
  script.options = {.hibernate = hibernate};
  script.getConnectionTags = [&tested](Room&, Connection, ConnectionContext) -> Task<Tags> {
    co_return tested.returned;
  };
  RoomDriver room(script);
  const Client client = room.connect(tested.id);

  if (tested.outcome.empty()) {
    EXPECT_THAT(room.seen(client), ElementsAre("open"));
    EXPECT_EQ(room.status().connections, 1u);
  } else {
    EXPECT_THAT(room.seen(client), ElementsAre("open", "close 1011 " + tested.outcome));
    EXPECT_EQ(room.status().connections, 0u);
  }
}

const std::string tooMany = "A connection can only have 10 tags, including the default id tag.";
const std::string tooLong = "A connection tag must not exceed 256 characters";

INSTANTIATE_TEST_SUITE_P(
    RoomTags, TagCheck,
    testing::Combine(
        testing::Values(
            TagCase{"None", {}, ""}, TagCase{"Nine", numbered(9), ""},
            TagCase{"NineAndTheId", with(numbered(9), "ann"), ""}, TagCase{"Ten", numbered(10), tooMany},
            TagCase{"TenTimesTheSame", Tags(10, "t"), tooMany}, TagCase{"NineTimesTheSame", Tags(9, "t"), ""},
            TagCase{"Empty", {""}, "A connection tag must not be an empty string."},
            TagCase{"Ascii256", {std::string(256, 'x')}, ""}, TagCase{"Ascii257", {std::string(257, 'x')}, tooLong},
            TagCase{"CountComesBeforeLength", with(numbered(9), std::string(257, 'x')), tooMany},
            TagCase{"TheFirstFaultDecides", {std::string(257, 'x'), ""}, tooLong},
            TagCase{"ManyBytes", {e256}, "\"" + e256.substr(0, 122)}, TagCase{"IdOf256", {}, "", std::string(256, 'i')},
            TagCase{"IdOf257", {}, tooLong, std::string(257, 'i')}),
        testing::Bool()),
    [](const auto& tested) {
      return std::get<0>(tested.param).name + std::string(std::get<1>(tested.param) ? "Hibernating" : "Ordinary");
    });

// CONNECT-23: an emoji is two UTF-16 units, so 129 of them are 258; 128 are 256 units but 512 bytes.
TEST(RoomTags, LengthIsCountedInUtf16UnitsThenInBytes) {
  std::string emoji;
  for (int i = 0; i < 129; ++i) emoji += "\xf0\x9f\x98\x80";
  Script script;
  script.getConnectionTags = [&](Room&, Connection connection, ConnectionContext) -> Task<Tags> {
    co_return Tags{connection.id() == "units" ? emoji : emoji.substr(0, 128 * 4)};
  };
  RoomDriver room(script);
  EXPECT_THAT(room.seen(room.connect("units")), ElementsAre("open", "close 1011 " + tooLong));
  EXPECT_THAT(room.seen(room.connect("bytes")),
              ElementsAre("open", testing::StartsWith("close 1011 \"\xf0\x9f\x98\x80")));
}

// CONNECT-22, CONNECT-26, CONNECT-29, BCAST-7, BCAST-8, HIBER-006
TEST(RoomTags, AreStoredOnceTheIdFirstAndSelectConnectionsExactly) {
  Lines log;
  Script script;
  script.options = {.hibernate = true};
  script.getConnectionTags = [](Room& room, Connection connection, ConnectionContext) -> Task<Tags> {
    co_await room.sleep(1s);
    if (connection.id() == "ann") co_return Tags{"red", "ann", "red", "blue"};
    co_return Tags{"Red"};
  };
  script.onMessage = [&](Room& room, Message message, Connection sender) -> Task<> {
    std::string line;
    for (const std::string& tag : sender.tags()) line += tag + " ";
    log.push_back(line);
    room.getConnections(message.text()).send("to " + std::string(message.text()));
    log.push_back(std::to_string(room.getConnections(message.text()).count()));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.advance(1s);
  for (const char* tag : {"red", "Red", "bob", "none", ""}) room.message(ann, tag);
  EXPECT_THAT(log, ElementsAre("ann red blue ", "1", "ann red blue ", "1", "ann red blue ", "1", "ann red blue ", "0",
                               "ann red blue ", "0"))
      << "D-13: an empty tag matches nothing";
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "to red"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "to Red", "to bob"));

  log.clear();
  room.hibernate();
  room.message(ann, "red");
  EXPECT_THAT(log, ElementsAre("ann red blue ", "1"));
}

}  // namespace
}  // namespace Party::Test
