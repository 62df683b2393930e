#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "storage_steps.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using RoomValues = StorageSteps;
INSTANTIATE_TEST_SUITE_P(Reads, RoomValues, testing::Values(Reads::now, Reads::later), nameOfReads);

struct Move {
  std::string player;
  std::vector<std::pair<int, int>> squares;
  std::optional<Time> at;
  std::map<std::string, double> weights;
  static constexpr auto partyFields =
      std::tuple(Party::field("player", &Move::player), Party::field("squares", &Move::squares),
                 Party::field("at", &Move::at), Party::field("weights", &Move::weights));
  bool operator==(const Move&) const = default;
};

// STORE-060, STORE-066: what C++ has of the value model comes back as it was
TEST_P(RoomValues, NestedValuesDatesBinaryAndOddNumbersComeBackAsTheyWere) {
  run([](Room& room) -> Task<> {
    Move move;
    move.player = "z\xc3\xbc";
    move.squares = {{1, 2}, {-3, 4}};
    move.at = room.now();
    move.weights = {{"a", 0.5}, {"", -1e300}};
    co_await room.storage().put("move", move);
    EXPECT_EQ(co_await room.storage().get<Move>("move"), move);

    const std::vector<std::byte> binary{std::byte{0}, std::byte{0xff}, std::byte{0}};
    co_await room.storage().put("binary", binary);
    EXPECT_EQ(co_await room.storage().get<std::vector<std::byte>>("binary"), binary);
    co_await room.storage().put("date", room.now() + 1ms);
    EXPECT_EQ(co_await room.storage().get<Time>("date"), room.now() + 1ms);

    const double infinity = std::numeric_limits<double>::infinity();
    for (const double number : {0.1, 1e308, infinity, -infinity, 9007199254740993.0}) {
      co_await room.storage().put("number", number);
      EXPECT_EQ(co_await room.storage().get<double>("number"), number);
    }
    co_await room.storage().put("number", -0.0);
    EXPECT_TRUE(std::signbit((co_await room.storage().get<double>("number")).value_or(1)));
    co_await room.storage().put("number", std::nan(""));
    EXPECT_TRUE(std::isnan((co_await room.storage().get<double>("number")).value_or(1)));
    for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}}) {
      co_await room.storage().put("integer", number);
      EXPECT_EQ(co_await room.storage().get<std::int64_t>("integer"), number);
    }
  });
}

// STORE-014, STORE-027: no two handles share a value
TEST_P(RoomValues, ChangingWhatWasPutOrReadChangesNothingStored) {
  run([](Room& room) -> Task<> {
    Move move;
    move.player = "ann";
    room.storage().put("k", move);
    move.player = "bob";
    move.squares.emplace_back(1, 1);
    auto read = co_await room.storage().get<Move>("k");
    EXPECT_EQ(read->player, "ann");
    read->weights["x"] = 1;
    auto listing = co_await room.storage().list<Move>();
    listing.begin()->second.player = "cyd";
    const auto again = co_await room.storage().get<Move>("k");
    EXPECT_EQ(again->player, "ann");
    EXPECT_TRUE(again->weights.empty());
    EXPECT_TRUE(again->squares.empty());
  });
}

struct Onion {
  std::size_t layers;
};

}  // namespace
}  // namespace Party::Test

/// Arrays inside arrays, as deep as asked.
template <>
struct Party::Codec<Party::Test::Onion> {
  static void encode(Encoder& encoder, const Test::Onion& onion) {
    for (std::size_t i = 0; i < onion.layers; ++i) encoder.beginArray(1);
    encoder.null();
    for (std::size_t i = 0; i < onion.layers; ++i) encoder.endArray();
  }
  static Test::Onion decode(Decoder& decoder) {
    if (decoder.takeNull()) return {0};
    decoder.beginArray();
    const Test::Onion inner = decoder.read<Test::Onion>();
    decoder.endArray();
    return {inner.layers + 1};
  }
};

namespace Party::Test {
namespace {

// STORE-004, STORE-026: depth is limited in writing
TEST_P(RoomValues, AValueDeeperThanTheLimitFailsThePutAndLeavesWhatWasThere) {
  run(
      [](Room& room) -> Task<> {
        co_await room.storage().put("fits", Onion{maxValueDepth});
        EXPECT_EQ((co_await room.storage().get<Onion>("fits"))->layers, maxValueDepth);
        EXPECT_THAT(co_await errorOf(room.storage().put("k", Onion{maxValueDepth + 1})), HasSubstr("64"));
        std::map<std::string, Onion> entries{{"a", {1}}, {"b", {maxValueDepth + 1}}};
        EXPECT_THAT(co_await errorOf(room.storage().putMany(entries)), HasSubstr("64"));
        EXPECT_EQ(co_await room.storage().get<int>("k"), 1);
      },
      {{"k", 1}});
  EXPECT_EQ(driver->disk.size(), 2u);
}

// Bytes on a disk may be anybody's: what they cannot be read as is an error of that read, and of nothing else.
TEST(RoomValuesFromDisk, BytesThatAreNoSuchValueFailTheReadAndNotTheRoom) {
  std::string bottomless(1'000, static_cast<char>(0x81));
  bottomless += static_cast<char>(0xf6);
  Script script;
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    for (const char* key : {"cut", "deep", "text", "long"}) {
      EXPECT_NE(co_await errorOf(room.storage().get<std::vector<int>>(key)), "no error") << key;
    }
    EXPECT_NE(co_await errorOf(room.storage().get<Onion>("deep")), "no error");
    EXPECT_NE(co_await errorOf(room.storage().list<int>()), "no error") << "one of them spoils a listing";
    co_return Response("fine");
  };
  const auto bytes = [](std::string_view text) { return SharedBytes(text); };
  RoomDriver room(script, {.stored = {{"cut", bytes("\x83\x01")},
                                      {"deep", bytes(bottomless)},
                                      {"text", bytes("\x61x")},
                                      {"long", bytes("\x9b\xff\xff\xff\xff\xff\xff\xff\xff")}}});
  EXPECT_EQ(room.response(room.request()), "200 fine");
  EXPECT_THAT(room.life, ElementsAre("started 1"));
}

// STORE-051, STORE-053, H-5: the size of a value is the number of its encoded bytes; the key's do not count
TEST_P(RoomValues, TheSizeOfAValueIsThatOfItsEncodedBytesWhateverTheKey) {
  run([](Room& room) -> Task<> {
    const std::string key(2'048, 'k');
    const auto bytesOf = [](std::size_t size) { return std::vector<std::byte>(size); };
    // a head of 1, 2, 3 or 5 bytes, and the bytes themselves
    EXPECT_EQ(encodeValue(bytesOf(23)).size(), 24u);
    EXPECT_EQ(encodeValue(bytesOf(24)).size(), 26u);
    EXPECT_EQ(encodeValue(bytesOf(256)).size(), 259u);
    EXPECT_EQ(encodeValue(bytesOf(65'536)).size(), 65'541u);
    EXPECT_EQ(encodeValue(7).size(), 1u);
    EXPECT_EQ(encodeValue(0.1).size(), 9u);
    EXPECT_EQ(encodeValue("\xc3\xa9").size(), 3u) << "two bytes of UTF-8 and a head";
    EXPECT_EQ(co_await errorOf(room.storage().put(key, bytesOf(131'067))), "no error");
    EXPECT_EQ(co_await errorOf(room.storage().put(key, bytesOf(131'068))),
              "Values cannot be larger than 131072 bytes. A value of size 131073 was provided.");
    std::vector<int> small(131'067, 1);
    EXPECT_EQ(co_await errorOf(room.storage().put(key, small)), "no error") << "one byte each, and a head of five";
    small.push_back(1);
    EXPECT_EQ(co_await errorOf(room.storage().put(key, small)),
              "Values cannot be larger than 131072 bytes. A value of size 131073 was provided.");
  });
}

// The law of errors: the value, the limit and the next step are for people.
TEST_P(RoomValues, ErrorsHaveADetailWithTheValueAndTheNextStep) {
  run([](Room& room) -> Task<> {
    const auto detailOf = [](auto pending) -> Task<std::string> {
      try {
        (void)co_await std::move(pending);
        co_return "no error";
      } catch (const Error& error) {
        co_return error.detail();
      }
    };
    EXPECT_THAT(co_await detailOf(room.storage().put(std::string(3'000, 'q'), 1)), HasSubstr("\"qqqq"));
    EXPECT_THAT(co_await detailOf(room.storage().put("big", std::string(200'000, 'x'))), HasSubstr("\"big\""));
    std::vector<std::string> keys(129, "k");
    EXPECT_THAT(co_await detailOf(room.storage().getMany<int>(keys)), HasSubstr("several calls"));
    EXPECT_THAT(co_await detailOf(room.storage().list<int>(ListOptions().limit(-3))), HasSubstr("-3"));
    EXPECT_THAT(co_await detailOf(room.storage().list<int>(ListOptions().start("a").startAfter("b"))),
                HasSubstr("startAfter is \"b\""));
    EXPECT_THAT(co_await detailOf(room.storage().setAlarm(Time(-5ms))), HasSubstr("-5 ms"));
    EXPECT_THAT(co_await detailOf(room.storage().setAlarm(Time::max())), HasSubstr("since 1970"));
  });
}

}  // namespace
}  // namespace Party::Test
