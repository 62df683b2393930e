#include <gtest/gtest.h>
#include <party/host/url.h>

#include <string>
#include <string_view>

namespace Party::Host {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view given, expected;
};

void expectTargets(std::initializer_list<Case> cases) {
  for (const auto& [given, expected] : cases) {
    const auto normal = normaliseTarget(given);
    ASSERT_TRUE(normal.has_value()) << given;
    EXPECT_EQ(*normal, expected) << given;
    EXPECT_EQ(normaliseTarget(*normal), *normal) << "not stable: " << given;
  }
}

// ROUTE-12
TEST(Target, DotSegmentsAreResolvedHoweverTheyAreSpelt) {
  expectTargets({
      {"/party/..", "/"},
      {"/party/../", "/"},
      {"/party/abc/../def", "/party/def"},
      {"/party/abc/./def", "/party/abc/def"},
      {"/party/abc/.", "/party/abc/"},
      {"/..", "/"},
      {"/../../x", "/x"},
      {"/a/%2e%2e/b", "/b"},
      {"/a/%2E./b", "/b"},
      {"/a/.%2e/b", "/b"},
      {"/a/%2e/b", "/a/b"},
      {"/a//../b", "/a/b"},
      {"/a//..", "/a/"},
      {"//..", "/"},
      {"/a/...", "/a/..."},
      {"/a/..b", "/a/..b"},
      {"/a/.%2e%2e", "/a/.%2e%2e"},
      {"/a/%2e%2", "/a/%2e%2"},
      {"/a/..?x/../y", "/?x/../y"},
      {"/a\\..\\b", "/b"},
      {"/a/.\t./b", "/b"},
  });
}

// ROUTE-12
TEST(Target, WhatAPathMustNotContainIsEscapedInUpperCase) {
  expectTargets({
      {"/a b", "/a%20b"},
      {"/\"", "/%22"},
      {"/{}", "/%7B%7D"},
      {"/<>", "/%3C%3E"},
      {"/`", "/%60"},
      {"/\x01\x7f", "/%01%7F"},
      {"/\0/x"sv, "/%00/x"},
      {"/+:@;=,|^", "/+:@;=,|^"},
      {"/!$&'()*~[]", "/!$&'()*~[]"},
      {"/a\\b\\c", "/a/b/c"},
      {"//party/abc", "//party/abc"},
  });
}

// ROUTE-10, ROUTE-11
TEST(Target, EscapesThatAreThereStayAsTheyAre) {
  expectTargets({
      {"/party/a%20b", "/party/a%20b"},
      {"/party/a%2Fb", "/party/a%2Fb"},
      {"/party/%E2%9C%93", "/party/%E2%9C%93"},
      {"/party/%e2%9c%93", "/party/%e2%9c%93"},
      {"/party/%", "/party/%"},
      {"/party/%zz", "/party/%zz"},
      {"/party/a%41b", "/party/a%41b"},
  });
}

// ROUTE-11
TEST(Target, BytesAboveAsciiBecomeUpperCaseEscapesEvenWhenTheyAreNoUtf8) {
  expectTargets({
      {"/\xe2\x9c\x93", "/%E2%9C%93"},
      {"/\xff\xc0", "/%FF%C0"},
      {"/?\xe2\x9c\x93", "/?%E2%9C%93"},
  });
}

// ROUTE-13
TEST(Target, AQueryHasItsOwnSetOfEscapes) {
  expectTargets({
      {"/?a b", "/?a%20b"},
      {"/?\"<>'", "/?%22%3C%3E%27"},
      {"/?`{}|^\\", "/?`{}|^\\"},
      {"/?", "/?"},
      {"/??a=?", "/??a=?"},
      {"/a?b=%zz&c=+", "/a?b=%zz&c=+"},
      {"/?\0"sv, "/?"},
      {"/?\0x"sv, "/?%00x"},
  });
}

TEST(Target, TabsLineEndsAndTrailingBlanksVanish) {
  expectTargets({
      {"/a\tb\r\nc", "/abc"},
      {"/a?b\tc\nd\r", "/a?bcd"},
      {"/a \x01\x1f ", "/a"},
      {"/\r\n\t", "/"},
      {"/par\nty/x", "/party/x"},
  });
}

// CONNECT-7
TEST(Target, TheFragmentIsDropped) {
  expectTargets({
      {"/a#b", "/a"},
      {"/a?b#c?d", "/a?b"},
      {"/#", "/"},
      {"/a #b", "/a%20"},
      {"/a%23b", "/a%23b"},
  });
}

// ROUTE-27
TEST(Target, AnythingButAnOriginFormIsRefused) {
  for (const auto target :
       {""sv, "*"sv, "party/x"sv, "http://h/party/x"sv, "\\party\\x"sv, "?q"sv, " /x"sv, "\t/x"sv, "\0/"sv}) {
    EXPECT_EQ(normaliseTarget(target), std::unexpected(UrlFault::targetNotOriginForm)) << target;
  }
}

// ROUTE-14
TEST(Target, IsLimitedTo16KiB) {
  const std::string longest = "/" + std::string(maxTargetBytes - 1, 'a');
  EXPECT_EQ(normaliseTarget(longest), longest);
  EXPECT_EQ(normaliseTarget(longest + "a"), std::unexpected(UrlFault::targetTooLong));
  EXPECT_EQ(normaliseTarget("/12345", 5), std::unexpected(UrlFault::targetTooLong));
  EXPECT_TRUE(normaliseTarget("/party/" + std::string(3000, 'x')).has_value());
}

TEST(Target, OfAnyBytesComesOutAsPrintableAsciiWithoutDotSegments) {
  std::uint64_t state = 1;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; };
  constexpr std::string_view favourites = "/\\.%2eE?#\t '";
  for (int round = 0; round < 20'000; ++round) {
    std::string target = "/";
    const auto length = next() % 24;
    for (std::uint64_t index = 0; index < length; ++index) {
      target += next() % 3 == 0 ? static_cast<char>(next() % 256) : favourites[next() % favourites.size()];
    }
    const auto normal = normaliseTarget(target);
    ASSERT_TRUE(normal.has_value());
    for (const char byte : *normal) ASSERT_TRUE(byte > 0x20 && byte < 0x7f) << testing::PrintToString(target);
    ASSERT_EQ(normal->find('#'), std::string::npos);
    const std::string path = normal->substr(0, normal->find('?')) + '/';
    ASSERT_EQ(path.find("/./"), std::string::npos) << testing::PrintToString(target);
    ASSERT_EQ(path.find("/../"), std::string::npos) << testing::PrintToString(target);
    ASSERT_EQ(path.find('\\'), std::string::npos) << testing::PrintToString(target);
    ASSERT_EQ(normaliseTarget(*normal), *normal) << testing::PrintToString(target);
  }
}

TEST(Target, TheLongestHostileOnesTakeNoTimeWorthMentioning) {
  for (const std::string_view piece :
       {"/.."sv, "/a/.."sv, "//"sv, "/%2e%2e"sv, "\\"sv, "\t"sv, "/a"sv, "\xff"sv, "?"sv}) {
    std::string target = "/";
    while (target.size() + piece.size() <= maxTargetBytes) target += piece;
    const auto normal = normaliseTarget(target);
    ASSERT_TRUE(normal.has_value());
    EXPECT_LE(normal->size(), 3 * target.size());
  }
}

// ROUTE-15
TEST(FullUrl, CarriesTheHostTheClientNamed) {
  struct HostCase {
    std::string_view scheme, host, expected;
  };
  for (const auto& [scheme, host, expected] : {
           HostCase{"http", "evil.com", "http://evil.com/party/req"},
           HostCase{"http", "EXAMPLE.com:1999", "http://example.com:1999/party/req"},
           HostCase{"http", "h:80", "http://h/party/req"},
           HostCase{"http", "h:443", "http://h:443/party/req"},
           HostCase{"https", "h:443", "https://h/party/req"},
           HostCase{"wss", "h:443", "wss://h/party/req"},
           HostCase{"http", "h:", "http://h/party/req"},
           HostCase{"http", "h:0080", "http://h/party/req"},
           HostCase{"http", "127.0.0.1:8080", "http://127.0.0.1:8080/party/req"},
           HostCase{"http", "[::1]", "http://[::1]/party/req"},
           HostCase{"http", "[FE80::1]:1999", "http://[fe80::1]:1999/party/req"},
           HostCase{"http", "under_score-a", "http://under_score-a/party/req"},
       }) {
    EXPECT_EQ(fullUrl(scheme, host, "/party/abc/../req"), std::string(expected)) << host;
  }
}

// ROUTE-27
TEST(FullUrl, AHostThatIsNoneIsABadRequest) {
  EXPECT_EQ(fullUrl("http", "", "/"), std::unexpected(UrlFault::hostMissing));
  for (const auto host : {"a/b"sv,       "a?b"sv,  "a#b"sv,    "u@h"sv,     "a\\b"sv,
                          "a b"sv,       " a"sv,   "a\r\nb"sv, "a\tb"sv,    "a\0"sv,
                          "\xc3\xa9"sv,  "a%41"sv, ":80"sv,    "h:65536"sv, "h:99999999999999999999"sv,
                          "h:8o"sv,      "h:-1"sv, "h:1:2"sv,  "::1"sv,     "["sv,
                          "]"sv,         "[]"sv,   "[::1"sv,   "::1]"sv,    "[::1]x"sv,
                          "[::1]x:80"sv, "[h]"sv,  "[:/:]"sv,  "a,b"sv}) {
    EXPECT_EQ(fullUrl("http", host, "/"), std::unexpected(UrlFault::hostMalformed)) << host;
  }
  EXPECT_TRUE(fullUrl("http", std::string(maxHostBytes, 'h'), "/").has_value());
  EXPECT_EQ(fullUrl("http", std::string(maxHostBytes + 1, 'h'), "/"), std::unexpected(UrlFault::hostMalformed));
}

// ROUTE-27
TEST(Refusal, HasTheStatusAndBodyOfItsFault) {
  const auto answer = [](UrlFault fault) {
    return std::to_string(refusalFor(fault).status) + " " + std::string(refusalFor(fault).body);
  };
  EXPECT_EQ(answer(UrlFault::hostMissing), "400 Bad Request");
  EXPECT_EQ(answer(UrlFault::hostMalformed), "400 Bad Request");
  EXPECT_EQ(answer(UrlFault::targetNotOriginForm), "500 Internal Server Error");
  EXPECT_EQ(answer(UrlFault::targetTooLong), "414 URI Too Long");
}

}  // namespace
}  // namespace Party::Host
