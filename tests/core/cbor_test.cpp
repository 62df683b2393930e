#include <gtest/gtest.h>
#include <party/codec.h>
#include <party/error.h>

#include <string>
#include <string_view>

#include "hex.h"

namespace Party {
namespace {

using Test::fromHex;

// Anything at all, or the sentence that refuses it.
std::string skipped(std::string_view bytes) {
  try {
    Decoder decoder(bytes);
    decoder.skip();
    decoder.finish();
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

struct Case {
  std::string_view hex, expected;
};

void expect(std::initializer_list<Case> cases) {
  for (const auto& [hex, expected] : cases) EXPECT_EQ(skipped(fromHex(hex).view()), expected) << hex;
}

TEST(Decoder, AcceptsWhatRfc8949CallsWellFormedExceptTagsUndefinedAndIndefiniteLengths) {
  expect({
      {"00", "accepted"},
      {"1bffffffffffffffff", "accepted"},
      {"3bffffffffffffffff", "accepted"},
      {"f93c00", "accepted"},
      {"fa47c35000", "accepted"},
      {"fb7e37e43c8800759c", "accepted"},
      {"a201020304", "accepted"},
      {"a26161016162820203", "accepted"},
      {"c074323031332d30332d32315432303a30343a30305a",
       "cannot decode the value at byte 0: expected a value, found the byte 0xc0"},
      {"d81843010203", "cannot decode the value at byte 0: expected a value, found the byte 0xd8"},
      {"f7", "cannot decode the value at byte 0: expected a value, found the byte 0xf7"},
      {"f0", "cannot decode the value at byte 0: expected a value, found the byte 0xf0"},
      {"f818", "cannot decode the value at byte 0: expected a value, found the byte 0xf8"},
      {"ff", "cannot decode the value at byte 0: expected a value, found the byte 0xff"},
      {"9fff",
       "cannot decode the value at byte 0: expected a length, found an indefinite length, which is not accepted"},
      {"7f6161ff",
       "cannot decode the value at byte 0: expected a length, found an indefinite length, which is not accepted"},
      {"81bfff",
       "cannot decode the value at byte 1: expected a length, found an indefinite length, which is not accepted"},
  });
}

TEST(Decoder, AcceptsHeadsThatAreLongerThanNeeded) {
  EXPECT_EQ(decodeValue<int>(fromHex("1817")), 23);
  EXPECT_EQ(decodeValue<int>(fromHex("1b0000000000000001")), 1);
  EXPECT_EQ(decodeValue<std::string>(fromHex("7a0000000161")), "a");
}

TEST(Decoder, RefusesWhatIsCutShort) {
  expect({
      {"", "cannot decode the value at byte 0: expected a value, found the end of the value"},
      {"18", "cannot decode the value at byte 0: expected 2 bytes of head, found the end of the value"},
      {"1900", "cannot decode the value at byte 0: expected 3 bytes of head, found the end of the value"},
      {"1a000000", "cannot decode the value at byte 0: expected 5 bytes of head, found the end of the value"},
      {"1b00000000000000", "cannot decode the value at byte 0: expected 9 bytes of head, found the end of the value"},
      {"f97c", "cannot decode the value at byte 0: expected 3 bytes of head, found the end of the value"},
      {"61", "cannot decode the value at byte 0: expected 1 bytes of content, found only 0"},
      {"626100", "accepted"},
      {"6361", "cannot decode the value at byte 0: expected 3 bytes of content, found only 1"},
      {"8201", "cannot decode the value at byte 0: expected 2 entries, found only 1 bytes"},
      {"a10102", "accepted"},
      {"a101", "cannot decode the value at byte 0: expected 1 entries, found only 1 bytes"},
      {"828101", "cannot decode the value at byte 3: expected a value, found the end of the value"},
      {"1c", "cannot decode the value at byte 0: expected a length, found a reserved one"},
      {"5e", "cannot decode the value at byte 0: expected a length, found a reserved one"},
  });
}

TEST(Decoder, RefusesClaimsOfSizeThatTheBytesCannotHold) {
  for (const std::string_view hex :
       {"9bffffffffffffffff", "9b00000000ffffffff00", "bbffffffffffffffff", "bb800000000000000000",
        "bb7fffffffffffffff0000", "5bffffffffffffffff", "7bffffffffffffffff", "7a7fffffff00", "9a0000000200"}) {
    EXPECT_NE(skipped(fromHex(hex).view()), "accepted") << hex;
    EXPECT_THROW(decodeValue<std::vector<int>>(fromHex(hex)), Error);
    EXPECT_THROW((decodeValue<std::map<std::string, int>>(fromHex(hex))), Error);
    EXPECT_THROW(decodeValue<std::string>(fromHex(hex)), Error);
    EXPECT_THROW(decodeValue<std::vector<std::byte>>(fromHex(hex)), Error);
  }
}

TEST(Decoder, RefusesWhatFollowsTheValue) {
  expect({
      {"0000", "cannot decode the value at byte 1: expected the end of the value, found 1 more bytes"},
      {"80ffff", "cannot decode the value at byte 1: expected the end of the value, found 2 more bytes"},
  });
  EXPECT_THROW(decodeValue<int>(fromHex("0000")), Error);
}

TEST(Decoder, Refuses65LevelsAndNeedsNoStackForAMillion) {
  for (const char opening : {'\x81', '\xa1'}) {
    // A map's level needs a key before what is inside it.
    const std::string level = opening == '\x81' ? std::string(1, opening) : std::string(1, opening) + '\0';
    const auto nested = [&](std::size_t levels) {
      std::string bytes;
      for (std::size_t index = 0; index < levels; ++index) bytes += level;
      return bytes + '\0';
    };
    EXPECT_EQ(skipped(nested(64)), "accepted");
    const std::string refused = "cannot decode the value at byte " + std::to_string(64 * level.size()) +
                                ": expected at most 64 levels of nesting, found one more";
    EXPECT_EQ(skipped(nested(65)), refused);
    EXPECT_EQ(skipped(nested(1'000'000)), refused);
  }
}

TEST(Decoder, OfAnyBytesGivesAValueOrThrowsPartyError) {
  using Everything = std::map<std::string, std::vector<std::tuple<std::optional<std::string>, double, std::int16_t>>>;
  std::uint64_t state = 1;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; };
  const std::string_view heads("\xa1\x61\x81\x83\xf6\xfa\x19\x78\xff\x9b\x9f", 11);
  std::size_t accepted = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string bytes;
    const auto length = next() % 24;
    for (std::uint64_t index = 0; index < length; ++index) {
      bytes += next() % 2 == 0 ? static_cast<char>(next() % 256) : heads[next() % heads.size()];
    }
    accepted += skipped(bytes) == "accepted" ? 1 : 0;
    try {
      decodeValue<Everything>(SharedBytes(bytes));
    } catch (const Error&) {
    }
  }
  EXPECT_GT(accepted, 100u) << "too few of the random inputs are values to prove anything";
}

TEST(Decoder, OfEveryChangedByteOfARealValueGivesAValueOrThrowsPartyError) {
  const std::map<std::string, std::vector<std::pair<std::string, double>>> value = {
      {"first", {{"one", 1.5}, {"two", 1.1}}}, {"second", {}}, {"third", {{std::string(30, 'x'), -3}}}};
  const std::string original(encodeValue(value).view());
  for (std::size_t at = 0; at < original.size(); ++at) {
    for (int change = 1; change < 256; ++change) {
      std::string bytes = original;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      try {
        const auto read = decodeValue<std::decay_t<decltype(value)>>(SharedBytes(bytes));
        EXPECT_EQ(decodeValue<std::decay_t<decltype(value)>>(encodeValue(read)).size(), read.size());
      } catch (const Error&) {
      }
    }
    EXPECT_THROW(decodeValue<std::decay_t<decltype(value)>>(SharedBytes(original.substr(0, at))), Error);
  }
}

}  // namespace
}  // namespace Party
