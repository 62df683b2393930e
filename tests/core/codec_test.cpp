#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/error.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hex.h"

namespace Party {
namespace {

using namespace std::string_literals;
using Test::fromHex;
using Test::toHex;

template <class T>
std::string hexOf(const T& value) {
  return toHex(encodeValue(value).view());
}

template <class T>
std::string decodeError(std::string_view hex) {
  try {
    decodeValue<T>(fromHex(hex));
  } catch (const Error& error) {
    return error.message();
  }
  return "nothing thrown";
}

// Writing gives exactly these bytes, and reading them gives the value back.
template <class T>
void expectBothWays(const T& value, std::string_view hex) {
  EXPECT_EQ(hexOf(value), hex);
  EXPECT_EQ(decodeValue<T>(fromHex(hex)), value) << hex;
}

// STORE-066; the vectors are those of RFC 8949, appendix A
TEST(Codec, IntegersHaveTheShortestHead) {
  expectBothWays<int>(0, "00");
  expectBothWays<int>(23, "17");
  expectBothWays<int>(24, "1818");
  expectBothWays<int>(255, "18ff");
  expectBothWays<int>(256, "190100");
  expectBothWays<int>(65535, "19ffff");
  expectBothWays<int>(65536, "1a00010000");
  expectBothWays<std::int64_t>(4294967295, "1affffffff");
  expectBothWays<std::int64_t>(4294967296, "1b0000000100000000");
  expectBothWays<std::uint64_t>(18446744073709551615u, "1bffffffffffffffff");
  expectBothWays<int>(-1, "20");
  expectBothWays<int>(-24, "37");
  expectBothWays<int>(-25, "3818");
  expectBothWays<int>(-256, "38ff");
  expectBothWays<int>(-257, "390100");
  expectBothWays<std::int64_t>(std::numeric_limits<std::int64_t>::min(), "3b7fffffffffffffff");
  expectBothWays<char>('A', "1841");
}

TEST(Encoder, TheSizeOfAHeadIsKnownBeforehand) {
  for (const std::uint64_t edge : {24u, 256u, 65536u}) {
    for (const std::uint64_t value : {edge - 1, edge, edge + 1}) {
      EXPECT_EQ(Encoder::headSize(value), encodeValue(value).size()) << value;
      const std::string text(value, 'x');
      EXPECT_EQ(Codec<std::string>::encodedSize(text), encodeValue(text).size()) << value;
    }
  }
  EXPECT_EQ(Encoder::headSize(0xffff'ffff), 5u);
  EXPECT_EQ(Encoder::headSize(0x1'0000'0000), 9u);
}

TEST(Codec, AnIntegerOutsideTheRangeOfItsTypeIsRefused) {
  EXPECT_EQ(decodeValue<std::int8_t>(fromHex("387f")), -128);
  EXPECT_EQ(
      decodeError<std::int8_t>("3880"),
      "cannot decode the value at byte 0: expected a signed integer of 8 bits, found an integer outside its range");
  EXPECT_NE(decodeError<std::int8_t>("1880"), "nothing thrown");
  EXPECT_NE(decodeError<std::uint8_t>("190100"), "nothing thrown");
  EXPECT_EQ(decodeError<unsigned>("20"),
            "cannot decode the value at byte 0: expected an unsigned integer of 32 bits, found a negative integer");
  EXPECT_NE(decodeError<std::int64_t>("1b8000000000000000"), "nothing thrown");
  EXPECT_NE(decodeError<std::int64_t>("3b8000000000000000"), "nothing thrown");
  EXPECT_NE(decodeError<std::int64_t>("3bffffffffffffffff"), "nothing thrown");
  EXPECT_NE(decodeError<int>("fa3f800000"), "nothing thrown") << "1.0 is no integer";
}

TEST(Codec, FloatsTakeTheFewestBitsOf32And64ThatAreExact) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  expectBothWays(1.5, "fa3fc00000");
  expectBothWays(1.1, "fb3ff199999999999a");
  expectBothWays(0.0, "fa00000000");
  expectBothWays(100000.0, "fa47c35000");
  expectBothWays(3.4028234663852886e38, "fa7f7fffff");
  expectBothWays(1.0e300, "fb7e37e43c8800759c");
  expectBothWays(std::numeric_limits<double>::denorm_min(), "fb0000000000000001");
  expectBothWays(infinity, "f97c00");
  expectBothWays(-infinity, "f9fc00");
  expectBothWays(1.5f, "fa3fc00000");
  EXPECT_EQ(hexOf(-0.0), "fa80000000");
  EXPECT_TRUE(std::signbit(decodeValue<double>(fromHex("fa80000000"))));
  EXPECT_EQ(hexOf(std::nan("")), "f97e00");
  EXPECT_TRUE(std::isnan(decodeValue<double>(fromHex("f97e00"))));
  EXPECT_TRUE(std::isnan(decodeValue<float>(fromHex("f97e00"))));
}

TEST(Codec, NumbersAreReadFromEveryWidthAndFromExactIntegers) {
  EXPECT_EQ(decodeValue<double>(fromHex("f93c00")), 1.0);
  EXPECT_EQ(decodeValue<double>(fromHex("f97bff")), 65504.0);
  EXPECT_EQ(decodeValue<double>(fromHex("f90001")), 5.960464477539063e-8);
  EXPECT_EQ(decodeValue<double>(fromHex("f9c400")), -4.0);
  EXPECT_EQ(decodeValue<double>(fromHex("05")), 5.0);
  EXPECT_EQ(decodeValue<double>(fromHex("24")), -5.0);
  EXPECT_EQ(decodeValue<double>(fromHex("1b0020000000000000")), 9007199254740992.0);
  EXPECT_EQ(decodeValue<double>(fromHex("3b001fffffffffffff")), -9007199254740992.0);
  EXPECT_NE(decodeError<double>("1b0020000000000001"), "nothing thrown");
  EXPECT_NE(decodeError<double>("3b0020000000000000"), "nothing thrown");
  EXPECT_NE(decodeError<float>("fb7e37e43c8800759c"), "nothing thrown") << "1e300 is no float";
}

TEST(Codec, TextAndBytesAreDifferentThings) {
  expectBothWays(""s, "60");
  expectBothWays("IETF"s, "6449455446");
  expectBothWays("\xc3\xbc"s, "62c3bc");
  expectBothWays(std::string(24, 'x'), "7818" + toHex(std::string(24, 'x')));
  EXPECT_EQ(hexOf("ab"), "626162");
  EXPECT_EQ(hexOf(std::string_view("ab")), "626162");
  EXPECT_EQ(hexOf(static_cast<const char*>("ab")), "626162");
  expectBothWays(std::vector<std::byte>{std::byte{1}, std::byte{255}}, "4201ff");
  expectBothWays(std::array<std::byte, 2>{std::byte{1}, std::byte{255}}, "4201ff");
  expectBothWays(SharedBytes(std::string_view("\x01\xff")), "4201ff");
  expectBothWays(std::vector<std::uint8_t>{1, 255}, "820118ff");
  EXPECT_EQ(decodeError<std::string>("4161"), "cannot decode the value at byte 0: expected text, found bytes");
  EXPECT_EQ(decodeError<std::vector<std::byte>>("6161"),
            "cannot decode the value at byte 0: expected bytes, found text");
  EXPECT_NE((decodeError<std::array<std::byte, 2>>("43010203")), "nothing thrown");
}

TEST(Codec, TextThatIsNoUtf8IsRefusedInWritingAndInReading) {
  EXPECT_THROW(encodeValue("\xff"s), Error);
  EXPECT_THROW(encodeValue(std::vector<std::string>{"\xc0\x80"}), Error);
  EXPECT_EQ(decodeError<std::string>("61ff"),
            "cannot decode the value at byte 0: expected text, found bytes that are not valid UTF-8");
}

TEST(Codec, BooleansNullAndOptionals) {
  expectBothWays(true, "f5");
  expectBothWays(false, "f4");
  expectBothWays(nullptr, "f6");
  expectBothWays(std::monostate(), "f6");
  expectBothWays(std::optional<int>(), "f6");
  expectBothWays(std::optional<int>(5), "05");
  EXPECT_EQ(decodeError<bool>("00"), "cannot decode the value at byte 0: expected a boolean, found an integer");
  EXPECT_EQ(decodeError<bool>("f6"), "cannot decode the value at byte 0: expected a boolean, found null");
  EXPECT_NE(decodeError<std::nullptr_t>("00"), "nothing thrown");
  EXPECT_NE(decodeError<std::optional<int>>("60"), "nothing thrown");
}

TEST(Codec, SequencesPairsAndTuplesAreArrays) {
  expectBothWays(std::vector<int>{}, "80");
  expectBothWays(std::vector<int>{1, 2, 3}, "83010203");
  expectBothWays(std::vector<bool>{true, false}, "82f5f4");
  expectBothWays(std::deque<std::string>{"a", "b"}, "8261616162");
  expectBothWays(std::list<int>{1, 2}, "820102");
  expectBothWays(std::array<int, 2>{1, 2}, "820102");
  expectBothWays(std::pair<int, std::string>{1, "a"}, "82016161");
  expectBothWays(std::tuple<int, bool, std::string>{1, true, "a"}, "8301f56161");
  expectBothWays(std::tuple<>(), "80");
  expectBothWays(std::vector<std::vector<int>>{{1}, {}}, "82810180");
  EXPECT_EQ((decodeError<std::pair<int, int>>("83010203")),
            "cannot decode the value at byte 0: expected an array of 2, found one of 3");
  EXPECT_NE((decodeError<std::array<int, 2>>("8101")), "nothing thrown");
  EXPECT_NE((decodeError<std::tuple<int, int>>("8101")), "nothing thrown");
}

TEST(Codec, AMapIsWrittenInTheOrderOfItsKeys) {
  expectBothWays(std::map<std::string, int>{{"b", 2}, {"a", 1}, {"aa", 3}}, "a361610162616103616202");
  expectBothWays(std::map<int, std::string>{{1, "a"}, {-1, "b"}},
                 "a220616201"
                 "6161");
  EXPECT_EQ((decodeValue<std::map<std::string, int>>(fromHex("a2616202616101"))),
            (std::map<std::string, int>{{"a", 1}, {"b", 2}}))
      << "any order is read";
  EXPECT_EQ((decodeError<std::map<std::string, int>>("a2616101616102")),
            "cannot decode the value at byte 4: expected each key once, found a key for the second time");
}

enum class Colour : std::uint8_t { red, green, blue };

TEST(Codec, AnEnumIsItsUnderlyingInteger) {
  expectBothWays(Colour::blue, "02");
  EXPECT_NE(decodeError<Colour>("190100"), "nothing thrown");
}

TEST(Codec, ATimeIsWholeMillisecondsRoundedDown) {
  using namespace std::chrono;
  using Micro = sys_time<microseconds>;
  expectBothWays(Micro(1'363'896'240s), "1b0000013d8e8d0780");
  EXPECT_EQ(hexOf(Micro(1999us)), "01");
  EXPECT_EQ(hexOf(Micro(-1us)), "20") << "down, not towards zero";
  EXPECT_EQ(decodeValue<sys_seconds>(fromHex("20")), sys_seconds(-1s));
  EXPECT_EQ(decodeValue<sys_days>(fromHex("1a05265c00")), sys_days(days(1))) << "86,400,000";
  expectBothWays(sys_time<milliseconds>(8'640'000'000'000'000ms), "1b001eb208c2dc0000");
  EXPECT_NE(decodeError<sys_time<milliseconds>>("1b001eb208c2dc0001"), "nothing thrown");
  EXPECT_NE(decodeError<sys_time<nanoseconds>>("1b001eb208c2dc0000"), "nothing thrown") << "no room in 64 bits";
  EXPECT_NE(decodeError<sys_time<milliseconds>>("3b7fffffffffffffff"), "nothing thrown");
  EXPECT_THROW(encodeValue(sys_time<hours>::max()), Error);
  EXPECT_THROW(encodeValue(sys_time<milliseconds>(8'640'000'000'000'001ms)), Error);
}

struct Place {
  int x = 0;
  int y = 0;
  bool operator==(const Place&) const = default;
  static constexpr auto partyFields = std::tuple(field("x", &Place::x), field("y", &Place::y));
};

class Player {
 public:
  Player() = default;
  Player(std::string name, int score, std::optional<Place> place)
      : name_(std::move(name)), score_(score), place_(place) {}
  bool operator==(const Player&) const = default;

 private:
  std::string name_ = "nobody";
  int score_ = 7;
  std::optional<Place> place_;

 public:
  static constexpr auto partyFields =
      std::tuple(field("score", &Player::score_), field("name", &Player::name_), field("place", &Player::place_));
};

// STORE-062
TEST(Codec, AStructIsAMapOfItsFieldsInAscendingOrder) {
  expectBothWays(Player("ann", 5, std::nullopt), "a3646e616d6563616e6e65706c616365f66573636f726505");
  expectBothWays(Player("ann", 5, Place{1, 2}),
                 "a3646e616d6563616e6e65706c616365a261780161790"
                 "26573636f726505");
  expectBothWays(std::vector<Place>{{1, 2}}, "81a2617801617902");
}

TEST(Codec, AStructReadsFieldsInAnyOrderAndPassesOverThoseItDoesNotKnow) {
  EXPECT_EQ(decodeValue<Place>(fromHex("a3617902617a8201a16161f6617801")), (Place{1, 2}));
  EXPECT_EQ(decodeValue<Place>(fromHex("a1617902")), (Place{0, 2})) << "what is not there keeps its default";
  EXPECT_EQ(decodeValue<Player>(fromHex("a0")), Player());
}

TEST(Codec, AStructRefusesWhatIsNoMapOfItsFields) {
  EXPECT_EQ(decodeError<Place>("a2617801617802"),
            "cannot decode the value at byte 4: expected each field once, found a field for the second time");
  EXPECT_EQ(decodeError<Place>("80"), "cannot decode the value at byte 0: expected a map, found an array");
  EXPECT_EQ(decodeError<Place>("a10102"), "cannot decode the value at byte 1: expected text, found an integer");
  EXPECT_EQ(decodeError<Place>("a1617860"), "cannot decode the value at byte 3: expected an integer, found text");
  EXPECT_NE(decodeError<Place>("a1617aff"), "nothing thrown") << "what is passed over is checked too";
  EXPECT_NE(decodeError<Place>("a1617a61ff"), "nothing thrown");
}

struct Tree {
  std::vector<Tree> children;
  static constexpr auto partyFields = std::tuple(field("c", &Tree::children));
};

Tree treeOfDepth(std::size_t levels) {
  Tree tree;
  for (; levels > 1; --levels) {
    Tree parent;
    parent.children.push_back(std::move(tree));
    tree = std::move(parent);
  }
  return tree;
}

TEST(Codec, AValueIsAtMost64LevelsDeepInWritingAndInReading) {
  // Each tree is a map around an array: 32 of them are 64 levels.
  const SharedBytes deepest = encodeValue(treeOfDepth(32));
  EXPECT_EQ(encodeValue(decodeValue<Tree>(deepest)), deepest);
  EXPECT_THROW(encodeValue(treeOfDepth(33)), Error);
  const SharedBytes deeper(std::string("\xa1\x61\x63\x81") + std::string(deepest.view()));
  EXPECT_THROW(decodeValue<Tree>(deeper), Error);
}

TEST(Codec, AValueOfAnySizeComesBack) {
  for (const std::size_t size : {1u, 509u, 510u, 511u, 512u, 513u, 1023u, 1024u, 1025u, 100'000u}) {
    const std::string text(size, 'x');
    EXPECT_EQ(decodeValue<std::string>(encodeValue(text)), text);
    const std::vector<std::string> texts = {text, "between", text};
    EXPECT_EQ(decodeValue<std::vector<std::string>>(encodeValue(texts)), texts);
    const std::vector<std::uint16_t> numbers(size, 65535);
    EXPECT_EQ(decodeValue<std::vector<std::uint16_t>>(encodeValue(numbers)), numbers);
    EXPECT_EQ(encodeValue(numbers).size(), Encoder::headSize(size) + 3 * size);
  }
}

struct Celsius {
  double degrees;
};

}  // namespace

template <>
struct Codec<Celsius> {
  static void encode(Encoder& encoder, const Celsius& value) { encoder.number(value.degrees); }
  static Celsius decode(Decoder& decoder) { return {decoder.number()}; }
};

namespace {

TEST(Codec, CanBeSpecialisedForATypeAndServesInsideOthers) {
  EXPECT_EQ(hexOf(std::vector<Celsius>{{1.5}}), "81fa3fc00000");
  EXPECT_EQ(decodeValue<std::vector<Celsius>>(fromHex("81fa3fc00000")).at(0).degrees, 1.5);
}

TEST(Codec, TypesThatCannotBeStoredAreKnownToTheCompiler) {
  struct Plain {
    int x;
  };
  static_assert(!Encodable<Plain> && !Decodable<Plain>);
  static_assert(!Encodable<int*> && !Encodable<void (*)()>);
  static_assert(!Encodable<std::unordered_map<std::string, int>>, "it has no order");
  static_assert(Encodable<std::string_view> && !Decodable<std::string_view>, "it would own nothing");
  static_assert(Encodable<const char*> && !Decodable<const char*>);
  static_assert(Decodable<std::map<std::string, std::vector<std::optional<Player>>>>);
}

}  // namespace
}  // namespace Party
