#include <gmock/gmock.h>

#include <set>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;

/// Draws in every handler; `extra` puts more effects between the draws.
Script drawing(Lines& drawn, bool extra) {
  Script script;
  script.options = {.hibernate = true};
  const auto draw = [&drawn, extra](Room& room, const std::string& where) {
    if (extra) room.log(LogLevel::info, "more");
    if (extra) room.broadcast("more");
    drawn.push_back(where + " " + std::to_string(room.randomInteger(1'000'000'000'000)));
    if (extra) room.storage().put("more", 1);
    drawn.push_back(where + " " + room.randomUUID());
    if (extra) room.setTimeout(1h, [] {});
    drawn.push_back(where + " " + std::to_string(room.random()));
  };
  script.onStart = [draw](Room& room) -> Task<> {
    draw(room, "start");
    co_return;
  };
  script.getConnectionTags = [draw](Room& room, Connection, ConnectionContext) -> Task<std::vector<std::string>> {
    draw(room, "tags");
    co_return std::vector<std::string>();
  };
  script.onConnect = [draw](Room& room, Connection, ConnectionContext) -> Task<> {
    draw(room, "connect");
    co_return;
  };
  script.onMessage = [draw](Room& room, Message, Connection) -> Task<> {
    draw(room, "message");
    co_await room.blockConcurrencyWhile([&]() -> Task<> {
      draw(room, "section");
      co_return;
    });
    co_await room.sleep(1s);
    draw(room, "message");
    for (int i = 0; i < 2; ++i) {
      room.waitUntil([](Room& within, auto drawIn) -> Task<> {
        drawIn(within, "background");
        co_return;
      }(room, draw));
    }
  };
  return script;
}

Lines play(std::uint64_t seed, bool extra, bool observe) {
  Lines drawn;
  RoomDriver room(drawing(drawn, extra), {.seed = seed, .observeHandlers = observe});
  room.nextCause(1000);
  const Client ann = room.connect("ann");
  for (const std::uint64_t cause : {2000u, 2001u, 2002u}) {
    room.nextCause(cause);
    room.message(ann, "draw");
  }
  room.advance(1s);
  return drawn;
}

// Wall 7
TEST(RoomChance, TheSameSeedAndCausesDrawTheSameAndAnotherSeedDoesNot) {
  EXPECT_EQ(play(1, false, false), play(1, false, false));
  EXPECT_NE(play(1, false, false), play(2, false, false));
}

// Wall 7: chance is keyed by cause and number, so one effect more shifts nothing.
TEST(RoomChance, FurtherEffectsAndObservationShiftNoDraw) {
  const Lines plain = play(1, false, false);
  EXPECT_EQ(play(1, true, false), plain);
  EXPECT_EQ(play(1, false, true), plain);
}

// Wall 7: nothing is drawn twice within a room, by whichever handler, section or background work.
TEST(RoomChance, NothingIsDrawnTwice) {
  const Lines drawn = play(1, false, false);
  std::set<std::string> values;
  for (const std::string& line : drawn) values.insert(line.substr(line.find(' ')));
  EXPECT_EQ(drawn.size(), 3u * (3 + 3 * 5));
  EXPECT_EQ(values.size(), drawn.size());
}

// Wall 7: in onStart draws are keyed by the instance's number, not by who woke it.
TEST(RoomChance, InOnStartTheInstancesNumberIsTheKey) {
  const auto wake = [](std::uint64_t cause, bool byRequest) {
    Lines drawn;
    Script script = drawing(drawn, false);
    script.onRequest = [](Room&, Request) -> Task<Response> { co_return Response(); };
    RoomDriver room(script);
    const Client ann = room.connect("ann");
    room.hibernate();
    drawn.clear();
    room.nextCause(cause);
    byRequest ? static_cast<void>(room.request()) : room.lose(ann);
    drawn.resize(3);
    return drawn;
  };
  EXPECT_EQ(wake(50, true), wake(50, true));
  EXPECT_EQ(wake(50, true), wake(900, true));
  EXPECT_EQ(wake(50, true), wake(900, false));

  Lines drawn;
  RoomDriver room(drawing(drawn, false));
  room.connect("ann");
  room.hibernate();
  const Lines first(drawn.begin(), drawn.begin() + 3);
  room.connect("bob");
  EXPECT_NE(Lines(drawn.begin() + 9, drawn.begin() + 12), first) << "the second instance draws its own";
}

// CONNECT-5: two rooms of one seed, and two connections of one room, get different ids only by their causes.
TEST(RoomChance, ConnectionIdsAreKeyedByTheConnectsCause) {
  const auto idOf = [](std::uint64_t seed, std::uint64_t cause) {
    std::string id;
    Script script;
    script.onConnect = [&](Room&, Connection connection, ConnectionContext) -> Task<> {
      id = connection.id();
      co_return;
    };
    RoomDriver room(script, {.seed = seed});
    room.nextCause(cause);
    room.connect("");
    return id;
  };
  EXPECT_EQ(idOf(1, 5), idOf(1, 5));
  EXPECT_NE(idOf(1, 5), idOf(1, 6));
  EXPECT_NE(idOf(1, 5), idOf(2, 5));
}

// Wall 7: what a host draws for an effect is keyed by cause and ordinal, so these name one effect of a handler each.
TEST(RoomChance, EffectsOfOneCauseAreNumberedFromZeroAndReportsAreNotCounted) {
  for (const bool observe : {false, true}) {
    Script script;
    script.onMessage = [](Room& room, Message, Connection sender) -> Task<> {
      sender.send("0");
      room.log(LogLevel::info, "not counted");
      room.broadcast("1");
      room.setTimeout(1h, [] {});
      throw Error("not counted");
      co_return;
    };
    RoomDriver room(script, {.observeHandlers = observe});
    const Client ann = room.connect("ann");
    room.keys.clear();
    room.nextCause(77);
    room.message(ann, "go");
    EXPECT_THAT(room.keys, ElementsAre(std::pair(77u, 0u), std::pair(77u, 1u), std::pair(77u, 2u)));
  }
}

// randomInteger and random keep their ranges.
TEST(RoomChance, DrawsStayInTheirRangeAndABoundOfZeroThrows) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
      const double value = room.random();
      EXPECT_TRUE(value >= 0 && value < 1) << value;
      seen.insert(room.randomInteger(6));
    }
    EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_EQ(room.randomInteger(1), 0u);
    EXPECT_THROW(room.randomInteger(0), Error);
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(room.failures, testing::IsEmpty());
}

}  // namespace
}  // namespace Party::Test
