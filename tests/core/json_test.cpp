#include <gtest/gtest.h>
#include <party/json.h>

#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "hex.h"

namespace App {

struct Move {
  std::string piece;
  int to = 0;
  bool operator==(const Move&) const = default;
};
void to_json(nlohmann::json& json, const Move& move) { json = {{"piece", move.piece}, {"to", move.to}}; }
void from_json(const nlohmann::json& json, Move& move) {
  json.at("piece").get_to(move.piece);
  json.at("to").get_to(move.to);
}

struct SameMove {
  std::string piece;
  int to = 0;
  static constexpr auto partyFields =
      std::tuple(Party::field("to", &SameMove::to), Party::field("piece", &SameMove::piece));
};

}  // namespace App

namespace Party {
namespace {

using nlohmann::json;
using Test::fromHex;
using Test::toHex;

std::string nlohmannHex(const json& value) {
  const auto bytes = json::to_cbor(value);
  return toHex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

template <class T>
std::string hexOf(const T& value) {
  return toHex(encodeValue(value).view());
}

const std::vector<json>& samples() {
  static const std::vector<json> values = [] {
    std::vector<json> result = {nullptr,       true,
                                false,         "",
                                "text",        "\xc3\xa9\xe2\x9c\x93\xf0\x9f\x98\x80",
                                json::array(), json::object(),
                                {1, {2, {3}}}, {{"b", 1}, {"a", {{"c", nullptr}}}, {"", 2}},
                                std::nan(""),  HUGE_VAL,
                                -HUGE_VAL,     -0.0,
                                0.1,           1e300,
                                1e-45,         3.5e38,
                                16777217.0};
    for (const std::uint64_t edge :
         {23ull, 24ull, 255ull, 256ull, 65535ull, 65536ull, 4294967295ull, 4294967296ull, 9223372036854775807ull}) {
      const auto signedEdge = static_cast<std::int64_t>(edge);
      result.insert(result.end(),
                    {edge, edge + 1, signedEdge, -signedEdge, -signedEdge - 1, static_cast<double>(edge)});
      if (edge < 100'000) result.insert(result.end(), {std::string(edge, 'x'), json(std::vector<int>(edge, 1))});
    }
    return result;
  }();
  return values;
}

// STORE-066
TEST(Json, IsWrittenAsNlohmannWritesCbor) {
  for (const json& value : samples()) {
    EXPECT_EQ(hexOf(value), nlohmannHex(value)) << value;
    EXPECT_EQ(hexOf(nlohmann::ordered_json(value)).size(), nlohmannHex(value).size());
  }
}

TEST(Json, ComesBackAsItWas) {
  for (const json& value : samples()) {
    const SharedBytes bytes = encodeValue(value);
    EXPECT_EQ(nlohmannHex(decodeValue<json>(bytes)), nlohmannHex(value)) << value;
    EXPECT_EQ(decodeValue<json>(bytes).dump(), json::from_cbor(bytes.view()).dump()) << value;
  }
}

TEST(Json, BytesAreABinaryAndOnlyWithoutASubtype) {
  const json binary = json::binary({1, 2, 255});
  EXPECT_EQ(hexOf(binary), nlohmannHex(binary));
  EXPECT_EQ(decodeValue<json>(encodeValue(binary)), binary);
  EXPECT_EQ(decodeValue<std::vector<std::byte>>(encodeValue(binary)).size(), 3u);
  EXPECT_THROW(encodeValue(json::binary({1}, 42)), Error);
}

TEST(Json, AndTypedCodecsReadEachOthersBytes) {
  const std::map<std::string, std::vector<double>> typed = {{"b", {1.5, 0.1}}, {"a", {}}, {"longer", {1e300}}};
  EXPECT_EQ(hexOf(typed), nlohmannHex(json(typed)));
  EXPECT_EQ((decodeValue<std::map<std::string, std::vector<double>>>(encodeValue(json(typed)))), typed);
  EXPECT_EQ(decodeValue<json>(encodeValue(typed)), json(typed));
  const std::tuple<int, std::string, bool> row = {-5, "x", true};
  EXPECT_EQ(hexOf(row), nlohmannHex(json(row)));
}

TEST(Json, ATypeWithToJsonIsStoredAsItsJson) {
  const App::Move move{.piece = "rook", .to = 5};
  EXPECT_EQ(hexOf(move), nlohmannHex(json(move)));
  EXPECT_EQ(decodeValue<App::Move>(encodeValue(move)), move);
  EXPECT_EQ(decodeValue<std::vector<App::Move>>(encodeValue(std::vector{move, move})).size(), 2u);
  EXPECT_EQ(hexOf(App::SameMove{.piece = "rook", .to = 5}), hexOf(move)) << "partyFields give the same bytes";
  const std::unordered_map<std::string, int> unordered = {{"c", 1}, {"a", 2}, {"b", 3}};
  EXPECT_EQ(hexOf(unordered), hexOf(std::map<std::string, int>(unordered.begin(), unordered.end())));
}

TEST(Json, ThatDoesNotFitItsTypeIsAPartyError) {
  EXPECT_THROW(decodeValue<App::Move>(encodeValue(json{{"piece", "rook"}})), Error);
  EXPECT_THROW(decodeValue<App::Move>(encodeValue(json{{"piece", 5}, {"to", 1}})), Error);
  EXPECT_THROW(decodeValue<App::Move>(encodeValue(json::array())), Error);
}

std::string brackets(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(Json, OfMoreThan64LevelsIsRefusedBeforeAnythingRecurses) {
  EXPECT_EQ(dumpJson(parseJson(brackets(64))), brackets(64));
  EXPECT_EQ(decodeValue<json>(encodeValue(parseJson(brackets(64)))), parseJson(brackets(64)));
  EXPECT_THROW(parseJson(brackets(65)), Error);
  EXPECT_THROW(parseJson(std::string(1'000'000, '[')), Error);

  std::string opened;
  for (int level = 0; level < 100'000; ++level) opened += "{\"a\":";
  EXPECT_THROW(parseJson(opened), Error);

  const json deep = json::parse(brackets(200'000));  // iterative: only copying and printing recurse
  EXPECT_THROW(dumpJson(deep), Error);
  EXPECT_THROW(encodeValue(deep), Error);
  EXPECT_THROW(dumpJson(json::parse(brackets(65))), Error);
  EXPECT_THROW(encodeValue(json::parse(brackets(65))), Error);
  EXPECT_THROW(decodeValue<json>(SharedBytes(std::string(1'000'000, '\x81') + '\0')), Error);
  EXPECT_THROW(decodeValue<App::Move>(SharedBytes(std::string(1'000'000, '\x81') + '\0')), Error);
}

TEST(Json, BracketsInsideStringsAreNoLevels) {
  const std::string text = "\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\\\\\"";
  EXPECT_EQ(dumpJson(parseJson(text)), text);
  EXPECT_THROW(parseJson("[\"\\\\\"," + brackets(64) + "]"), Error) << "the string ends before its brackets";
}

TEST(Json, AManyTimesClosedTextDoesNotHideItsDepth) {
  EXPECT_THROW(parseJson(std::string(100, ']') + brackets(65)), Error);
  EXPECT_EQ(parseJson("[" + brackets(63) + "," + brackets(63) + "]").size(), 2u);
}

TEST(Json, TextThatIsNoneIsAPartyError) {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\":1,}", "nul", "01", "\"\xff\"", "\"\\ud800\"", "1e999", "[]x", "\"", "\"\\"}) {
    EXPECT_THROW(parseJson(text), Error) << text;
  }
}

TEST(Json, AStringThatIsNoUtf8IsNeitherWrittenNorStored) {
  EXPECT_THROW(dumpJson(json("\xff")), Error);
  EXPECT_THROW(encodeValue(json("\xff")), Error);
  EXPECT_THROW(encodeValue(json{{"\xff", 1}}), Error);
  EXPECT_THROW(encodeValue(json(json::value_t::discarded)), Error);
}

TEST(Json, BytesThatAreNoJsonAreRefused) {
  for (const auto hex :
       {"a10102", "a2616101616102", "f7", "c100", "9fff", "3bffffffffffffffff", "61ff", "", "0000", "82"}) {
    EXPECT_THROW(decodeValue<json>(fromHex(hex)), Error) << hex;
  }
}

}  // namespace
}  // namespace Party
