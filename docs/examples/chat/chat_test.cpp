#include "chat.h"

#include "forgetful_chat.h"

#include <gtest/gtest.h>
#include <party/sim/gtest.h>
#include <party/sim/world.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

const std::string refusal = "at most 2,000 bytes of text, please";

/// What a person at this connection has on the screen: the history of the first frame, then line by line. Like the
/// room, it keeps the last hundred; what the room answers to the sender alone is no line.
std::deque<std::string> transcript(const std::vector<Party::Message>& frames) {
  std::deque<std::string> lines;
  for (std::size_t n = 0; n < frames.size(); ++n) {
    const std::string_view text = frames[n].text();
    if (n == 0) {
      lines = nlohmann::json::parse(text).get<std::deque<std::string>>();
    } else if (text != refusal) {
      lines.emplace_back(text);
    }
    if (lines.size() > Chat::keptLines) lines.pop_front();
  }
  return lines;
}

Lines texts(const std::vector<Party::Message>& frames) {
  Lines result;
  for (const Party::Message& frame : frames) result.emplace_back(frame.text());
  return result;
}

/// What someone who joins now gets first.
std::string historyOf(Party::Sim::World& world, const std::string& room) {
  Party::Sim::Client stranger = world.connect("main", room);
  world.runUntilQuiet();
  const Lines frames = texts(stranger.received());
  stranger.close();
  return frames.empty() ? "nothing" : frames.front();
}

Party::Sim::World worldOf(Party::Host::Parties parties) { return Party::Sim::World(parties, Party::Sim::Seed(7)); }

}  // namespace

// --- in random lives, with hibernation, crashes, lost connections and failing disks ---

PARTY_PROPERTY(Chat, EveryoneEndsWithTheSameTranscript) {
  clients(2, 5);
  messages(rc::gen::map(rc::gen::inRange(0, 1000), [](int n) { return "line " + std::to_string(n); }));
  eventually("all who are connected see the same lines", 30s, Party::Sim::sameFold(transcript));
  sometimes("someone reconnected", [](const Party::Sim::View& view) { return view.reconnects() > 0; });
  sometimes("the room woke from hibernation", [](const Party::Sim::View& view) { return view.hibernations() > 0; });
}

PARTY_PROPERTY(Chat, TakesAnyTextAndAnyLength) {
  clients(1, 3);
  eventually("all who are connected see the same lines", 30s, Party::Sim::sameFold(transcript));
  sometimes("a line was refused", [](const Party::Sim::View& view) {
    return std::ranges::any_of(view.clients(), [](const Party::Sim::ClientView& client) {
      return std::ranges::count(texts(client.messages()), refusal) > 0;
    });
  });
}

// --- one story at a time ---

TEST(ChatRoom, RepeatsALineToEveryoneInTheRoomAndToNobodyElse) {
  auto world = worldOf(Party::parties<Chat>("main"));
  auto ann = world.connect("main", "lobby");
  auto bob = world.connect("main", "lobby");
  auto cid = world.connect("main", "kitchen");
  world.runUntilQuiet();
  ann.send("hello");
  world.runUntilQuiet();
  EXPECT_EQ(texts(ann.received()), (Lines{"[]", "hello"}));
  EXPECT_EQ(texts(bob.received()), (Lines{"[]", "hello"}));
  EXPECT_EQ(texts(cid.received()), (Lines{"[]"}));
}

TEST(ChatRoom, GivesTheHistoryToWhoJoinsLater) {
  auto world = worldOf(Party::parties<Chat>("main"));
  auto ann = world.connect("main", "lobby");
  ann.send("one");
  ann.send("two");
  world.runUntilQuiet();
  EXPECT_EQ(historyOf(world, "lobby"), R"(["one","two"])");
}

TEST(ChatRoom, RemembersItsLinesWhenItHibernates) {
  auto world = worldOf(Party::parties<Chat>("main"));
  auto ann = world.connect("main", "lobby");
  ann.send("one");
  world.runUntilQuiet();
  ASSERT_TRUE(world.hibernate("main", "lobby"));
  ann.send("two");
  world.runUntilQuiet();
  EXPECT_EQ(texts(ann.received()), (Lines{"[]", "one", "two"})) << "the socket outlives the room's object";
  EXPECT_EQ(historyOf(world, "lobby"), R"(["one","two"])");
}

TEST(ChatRoom, NeverLosesALineInACrashThatSomebodySaw) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Party::Sim::World world(Party::parties<Chat>("main"), Party::Sim::Seed(seed));
    auto ann = world.connect("main", "lobby");
    world.runUntilQuiet();
    ann.send("one");
    while (ann.received().size() < 2) ASSERT_TRUE(world.step());
    world.crash();
    world.runUntilQuiet();
    EXPECT_EQ(historyOf(world, "lobby"), R"(["one"])") << "seed " << seed;
  }
}

TEST(ChatRoom, RefusesALineOfMoreThan2000BytesToItsSenderAlone) {
  auto world = worldOf(Party::parties<Chat>("main"));
  auto ann = world.connect("main", "lobby");
  auto bob = world.connect("main", "lobby");
  const std::string longest(2000, 'a');
  ann.send(longest);
  ann.send(longest + "a");
  ann.send(Party::Message::bytes("abc"));
  world.runUntilQuiet();
  EXPECT_EQ(texts(ann.received()), (Lines{"[]", longest, refusal, refusal}));
  EXPECT_EQ(texts(bob.received()), (Lines{"[]", longest}));
}

TEST(ChatRoom, KeepsItsLastHundredLinesAndNoMoreOnDisk) {
  auto world = worldOf(Party::parties<Chat>("main"));
  auto ann = world.connect("main", "lobby");
  for (int n = 0; n < 120; ++n) ann.send(std::to_string(n));
  world.runUntilQuiet();
  EXPECT_EQ(world.disk("main", "lobby").entries.size(), 100u);
  ASSERT_TRUE(world.hibernate("main", "lobby"));
  const auto history = nlohmann::json::parse(historyOf(world, "lobby")).get<Lines>();
  ASSERT_EQ(history.size(), 100u);
  EXPECT_EQ(history.front(), "20");
  EXPECT_EQ(history.back(), "119");
}

// --- the chat that keeps its history in a member ---

TEST(ForgetfulChat, LosesItsHistoryWhenItHibernates) {
  auto world = worldOf(Party::parties<ForgetfulChat>("main"));
  auto ann = world.connect("main", "lobby");
  ann.send("one");
  world.runUntilQuiet();
  EXPECT_EQ(historyOf(world, "lobby"), R"(["one"])") << "all is well for as long as it is awake";
  ASSERT_TRUE(world.hibernate("main", "lobby"));
  EXPECT_EQ(historyOf(world, "lobby"), "[]");
}

TEST(ForgetfulChat, IsFoundOutByTheSimulatorWithoutALineOfItsOwn) {
  Party::Sim::ExploreOptions quietly;
  quietly.progress = false;
  const auto result =
      Party::Sim::explore(Party::Sim::Property(), Party::parties<ForgetfulChat>("main"), "main", quietly);
  ASSERT_TRUE(result.failure) << result.lives << " lives and nothing noticed";
  EXPECT_LE(result.failure->minimal.steps.size(), 5u) << Party::Sim::stepTable(result.failure->minimal);
}
