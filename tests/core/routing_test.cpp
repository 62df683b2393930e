#include <gtest/gtest.h>
#include <party/host/routing.h>
#include <party/host/url.h>

#include <array>
#include <string>
#include <string_view>

namespace Party::Host {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 3> parties = {"main", "other", "Upper"};

std::string describe(const Route& found) {
  if (const auto* room = std::get_if<RoomRoute>(&found)) {
    return std::string(parties.at(room->party)) + ": " + std::string(room->id);
  }
  if (const auto* unknown = std::get_if<UnknownParty>(&found)) return "unknown \"" + std::string(unknown->name) + "\"";
  return "not a room";
}

struct Case {
  std::string_view path, expected;
};

void expectRoutes(std::initializer_list<Case> cases) {
  for (const auto& [path, expected] : cases) EXPECT_EQ(describe(route(path, parties)), expected) << path;
}

// ROUTE-1, ROUTE-2, ROUTE-3
TEST(Route, ARoomIsAPartyAndOneSegment) {
  expectRoutes({
      {"/party/abc", "main: abc"},
      {"/party/abc/", "main: abc"},
      {"/party/abc/sub/deep", "main: abc"},
      {"/party/abc//", "main: abc"},
      {"/parties/main/abc", "main: abc"},
      {"/parties/other/abc", "other: abc"},
      {"/parties/other/abc/x", "other: abc"},
      {"/party/party", "main: party"},
      {"/parties/other/parties/x", "other: parties"},
  });
}

// ROUTE-4
TEST(Route, ThePrefixIsCaseSensitiveAndNeedsItsSlash) {
  expectRoutes({
      {"", "not a room"},
      {"/", "not a room"},
      {"/PARTY/abc", "not a room"},
      {"/Party/abc", "not a room"},
      {"/partyx/abc", "not a room"},
      {"/party", "not a room"},
      {"/parties", "not a room"},
      {"/parties/", "not a room"},
      {"/parties/main", "not a room"},
      {"//party/abc", "not a room"},
      {"party/abc", "not a room"},
      {"/x/party/abc", "not a room"},
      {"/%70arty/abc", "not a room"},
  });
}

// ROUTE-5, D-24
TEST(Route, AnEmptyIdIsNoRoomWhateverTheParty) {
  expectRoutes({
      {"/party/", "not a room"},
      {"/party//abc", "not a room"},
      {"/parties/main/", "not a room"},
      {"/parties/main//abc", "not a room"},
      {"/parties/nope/", "not a room"},
      {"/parties//", "not a room"},
      {"/parties///abc", "not a room"},
  });
}

// ROUTE-6, ROUTE-7, ROUTE-8, ROUTE-9, D-20
TEST(Route, APartyThatDoesNotExistIsNamedAsInTheUrl) {
  expectRoutes({
      {"/parties/nope/x", "unknown \"nope\""},
      {"/parties/Other/x", "unknown \"Other\""},
      {"/parties/upper/x", "unknown \"upper\""},
      {"/parties/Upper/x", "Upper: x"},
      {"/parties/ot%68er/x", "unknown \"ot%68er\""},
      {"/parties//abc", "unknown \"\""},
      {"/parties/constructor/x", "unknown \"constructor\""},
      {"/parties/toString/x", "unknown \"toString\""},
      {"/parties/__proto__/x", "unknown \"__proto__\""},
      {"/parties/other /x", "unknown \"other \""},
  });
  EXPECT_EQ(route("/party/x", {}), Route(UnknownParty{"main"}));
}

// ROUTE-10, ROUTE-11
TEST(Route, TheIdIsNeverDecoded) {
  expectRoutes({
      {"/party/a%20b", "main: a%20b"},
      {"/party/a%2Fb", "main: a%2Fb"},
      {"/party/%", "main: %"},
      {"/party/%zz", "main: %zz"},
      {"/party/a%41b", "main: a%41b"},
      {"/party/%E2%9C%93", "main: %E2%9C%93"},
      {"/party/%e2%9c%93", "main: %e2%9c%93"},
  });
}

// ROUTE-13
TEST(Route, TheQueryTakesNoPart) {
  expectRoutes({
      {"/party/abc?x=1", "main: abc"},
      {"/party/abc?x=/y", "main: abc"},
      {"/party/?abc", "not a room"},
      {"/party?/abc", "not a room"},
      {"/?/party/abc", "not a room"},
      {"/parties/other?/abc", "not a room"},
      {"/party/abc#x", "main: abc"},
  });
}

// ROUTE-12
TEST(Route, OfANormalisedTargetFollowsWhatTheBrowserWouldAskFor) {
  for (const auto& [target, expected] : {
           Case{"/party/..", "not a room"},
           Case{"/party/abc/../def", "main: def"},
           Case{"/x/..\\party\\abc", "main: abc"},
           Case{"/party/%2e%2e/parties/other/a b", "other: a%20b"},
           Case{"/party/\xe2\x9c\x93", "main: %E2%9C%93"},
           Case{"/party/a\"b", "main: a%22b"},
           Case{"/party/./x", "main: x"},
           Case{"/parties/other/abc/../..", "not a room"},
           Case{"/parties/../party/x", "main: x"},
       }) {
    EXPECT_EQ(describe(route(*normaliseTarget(target), parties)), expected) << target;
  }
}

// ROUTE-14
TEST(Route, AnIdOf3000CharactersIsARoom) {
  const std::string id(3000, 'x');
  EXPECT_EQ(route("/party/" + id, parties), Route(RoomRoute{0, id}));
}

TEST(Route, OfAnyBytesIsSomething) {
  for (const auto path : {"\0"sv, "/party/\0"sv, "/party/\xff\xfe"sv, "/parties/\xff/\0"sv, "////////"sv, "???"sv}) {
    EXPECT_NO_THROW(describe(route(path, parties)));
  }
  EXPECT_EQ(route("/party/\0"sv, parties), Route(RoomRoute{0, "\0"sv}));
}

}  // namespace
}  // namespace Party::Host
