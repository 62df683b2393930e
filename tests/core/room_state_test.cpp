#include <gmock/gmock.h>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;

// STATE-1, STATE-2, STATE-3, STATE-4, STATE-5, STATE-7, D-14
TEST(RoomState, IsNothingUntilSetThenTheLastValueByValue) {
  Script script;
  script.onMessage = [](Room&, Message, Connection sender) -> Task<> {
    EXPECT_EQ(sender.state<int>(), std::nullopt);
    sender.setState(5);
    EXPECT_EQ(sender.state<int>(), 5);
    EXPECT_EQ(sender.updateState<int>([](std::optional<int> old) { return old.value_or(0) + 1; }), 6);
    EXPECT_EQ(sender.state<int>(), 6);

    sender.setState(0);
    EXPECT_EQ(sender.state<int>(), 0) << "falsy values are values";
    sender.setState(false);
    EXPECT_EQ(sender.state<bool>(), false);
    sender.setState("");
    EXPECT_EQ(sender.state<std::string>(), "");

    std::map<std::string, int> copied{{"x", 1}};
    sender.setState(copied);
    copied["x"] = 2;
    sender.state<std::map<std::string, int>>()->at("x") = 3;
    EXPECT_EQ((*sender.state<std::map<std::string, int>>())["x"], 1);

    sender.setState(nullptr);
    EXPECT_EQ(sender.state<int>(), std::nullopt);
    co_return;
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(room.failures, testing::IsEmpty());
}

// STATE-3: the updater of a state that was never set gets nothing.
TEST(RoomState, AnUpdaterStartsFromNothing) {
  Script script;
  script.onMessage = [](Room&, Message, Connection sender) -> Task<> {
    sender.updateState<int>([](std::optional<int> old) { return old ? *old + 1 : 100; });
    sender.send(std::to_string(*sender.state<int>()));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "100", "101"));
}

// STATE-8, STATE-9, D-14, HIBER-020, HIBER-021, HIBER-022
TEST(RoomState, OverTheLimitThrowsAndChangesNothing) {
  Lines log;
  Script script;
  script.onMessage = [&](Room&, Message message, Connection sender) -> Task<> {
    const std::string before = sender.state<std::string>().value_or("");
    try {
      sender.setState(std::string(static_cast<std::size_t>(std::stoi(std::string(message.text()))), 'x'));
      log.push_back("stored");
    } catch (const Error& error) {
      log.push_back(error.message());
      EXPECT_EQ(sender.state<std::string>().value_or(""), before);
    }
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  // {"id":"ann","uri":"ws://example.com/party/r?_pk=ann","state":...}: 1 + 3+4 + 4+34 + 6, and 3 for the text's head.
  room.message(ann, "1993");
  room.message(ann, "1994");
  room.message(ann, "5");
  EXPECT_THAT(log, ElementsAre("stored",
                               "A WebSocket 'attachment' cannot be larger than 2048 bytes.'attachment' was 2049 bytes.",
                               "stored"));
}

// STATE-10, LIFE-11, HIBER-023
TEST(RoomState, SurvivesHibernationAndEndsWithTheConnection) {
  Script script;
  script.options = {.hibernate = true};
  script.onMessage = [](Room&, Message message, Connection sender) -> Task<> {
    if (!message.text().empty()) sender.setState(message.text());
    sender.send("state: " + sender.state<std::string>().value_or("none"));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "blue");
  room.hibernate();
  room.message(ann, "");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "state: blue", "state: blue"));
  EXPECT_THAT(room.life, ElementsAre("started 1", "hibernated 1", "started 2"));

  room.lose(ann);
  const Client again = room.connect("ann");
  room.message(again, "");
  EXPECT_THAT(room.seen(again), ElementsAre("open", "state: none"));
}

// STATE-13: what the state is called inside changes neither id nor uri
TEST(RoomState, CannotOverwriteIdOrUri) {
  Script script;
  script.onMessage = [](Room&, Message, Connection sender) -> Task<> {
    const std::map<std::string, std::string> forged{{"id", "eve"}, {"uri", "http://evil/"}, {"__pk", "eve"}};
    sender.setState(forged);
    sender.send(std::string(sender.id()) + " " + std::string(sender.uri()));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.hibernate();
  room.message(ann, "go");
  const std::string own = "ann ws://example.com/party/r?_pk=ann";
  EXPECT_THAT(room.seen(ann), ElementsAre("open", own, own));
}

// STATE-14, D-14: a falsy state of getConnectionTags is kept as any other
TEST(RoomState, SetInGetConnectionTagsIsKeptAlsoWhenItIsFalsy) {
  Script script;
  script.options = {.hibernate = true};
  script.getConnectionTags = [](Room&, Connection joining, ConnectionContext) -> Task<std::vector<std::string>> {
    joining.setState(0);
    co_return {};
  };
  script.onMessage = [](Room&, Message, Connection sender) -> Task<> {
    sender.send(sender.state<int>() == 0 ? "kept" : "lost");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.hibernate();
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "kept", "kept"));
}

}  // namespace
}  // namespace Party::Test
