#include <gmock/gmock.h>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;

Script repeating() {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection) -> Task<> {
    room.broadcast(message);
    co_return;
  };
  return script;
}

// BCAST-1, BCAST-2
TEST(RoomBroadcast, ReachesEverybodyTheSenderIncludedUnlessTheirIdIsListed) {
  Script script;
  script.onMessage = [](Room& room, Message message, Connection sender) -> Task<> {
    room.broadcast("all");
    room.broadcast(Message::bytes("b"));
    room.broadcast("others", {sender.id()});
    room.broadcast("unknown ids are ignored", {"nobody", "ann", "nobody", "ann", ""});
    const std::vector<std::string> list{"bob", "cyd"};
    room.broadcast("by a span", list);
    room.broadcast(message, {"ann", "bob", "cyd"});
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.message(ann, "to nobody");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "all", "bytes:b", "by a span"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "all", "bytes:b", "others", "unknown ids are ignored"));
  EXPECT_THAT(room.seen(cyd), ElementsAre("open", "all", "bytes:b", "others", "unknown ids are ignored"));
}

// BCAST-4, BCAST-6, HIBER-008, D-12
TEST(RoomBroadcast, PassesOverConnectionsThatAreClosingAndReachesTheRest) {
  Script script = repeating();
  script.onConnect = [](Room&, Connection connection, ConnectionContext) -> Task<> {
    if (connection.id() == "bob") connection.close(4000);
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.message(ann, "hello");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "hello"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "close 4000"));
  EXPECT_THAT(room.seen(cyd), ElementsAre("open", "hello"));
}

// BCAST-5, HIBER-007, LIFE-12, D-13
TEST(RoomBroadcast, GoesAndLoopsInTheOrderOfConnectingBeforeAndAfterHibernation) {
  Lines log;
  Script script;
  script.options = {.hibernate = true};
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    for (const Connection& connection : room.getConnections()) log.emplace_back(connection.id());
    room.broadcast(message);
    co_return;
  };
  RoomDriver room(script);
  for (const char* id : {"cyd", "ann", "dan", "bob"}) room.connect(id);
  room.lose(Client{1});
  room.connect("ann");
  for (const bool asleep : {false, true}) {
    log.clear();
    room.trace.clear();
    if (asleep) room.hibernate();
    room.message(Client{0}, "hi");
    EXPECT_THAT(log, ElementsAre("cyd", "dan", "bob", "ann"));
    if (asleep) room.trace.erase(room.trace.begin(), room.trace.begin() + 2);
    EXPECT_THAT(room.trace, ElementsAre("cyd < hi", "dan < hi", "bob < hi", "ann < hi"));
  }
}

// BCAST-10, BCAST-11: a loop stands on a join number.
TEST(RoomBroadcast, ALoopThatAwaitsSkipsWhoLeftAndVisitsWhoJoined) {
  Lines log;
  Script script;
  script.onRequest = [&](Room& room, Request) -> Task<Response> {
    for (const Connection& connection : room.getConnections()) {
      log.emplace_back(connection.id());
      co_await room.sleep(1s);
    }
    co_return Response("done");
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.connect("cyd");
  const Ask ask = room.request();
  room.lose(ann);  // the one it stands on
  room.lose(bob);
  room.connect("dan");
  room.advance(2s);
  room.connect("eve");
  room.advance(2s);
  EXPECT_THAT(log, ElementsAre("ann", "cyd", "dan", "eve"));
  EXPECT_EQ(room.response(ask), "200 done");
}

// BCAST-12, BCAST-7, CONNECT-30: without getConnectionTags the id is the only tag
TEST(RoomBroadcast, CountsAndFindsConnectionsByIdAndTag) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    log.push_back(std::to_string(room.getConnections().count()) +
                  std::to_string(room.getConnections(message.text()).count()) +
                  (room.getConnection(message.text()) ? "+" : "-") + (room.getConnections("x").empty() ? "e" : "n"));
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.connect("bob");
  for (const char* id : {"bob", "Bob", "cyd", ""}) room.message(ann, id);
  EXPECT_THAT(log, ElementsAre("21+e", "20-e", "20-e", "20-e"));
}

// The audience of one broadcast stays what it was while the same event's handlers let members go.
TEST(RoomBroadcast, SeveralBroadcastsAndLeavesInOneEventEachReachWhoWasThere) {
  Script script;
  script.getConnectionTags = [](Room&, Connection connection, ConnectionContext) -> Task<std::vector<std::string>> {
    co_return std::vector<std::string>{connection.id() < "c" ? "low" : "high"};
  };
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    room.broadcast("1");
    room.getConnections("low").send("low 1");
    room.getConnection("bob")->close(4000);
    room.broadcast("2", {"ann"});
    room.getConnections("low").send("low 2");
    room.getConnection("ann")->close(4000);
    room.broadcast("3");
    room.getConnections("low").send("low 3");
    room.getConnections("high").send("high");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  const Client cyd = room.connect("cyd");
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "1", "low 1", "low 2", "close 4000"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "1", "low 1", "close 4000"));
  EXPECT_THAT(room.seen(cyd), ElementsAre("open", "1", "2", "3", "high"));
}

// The last member of a tag leaves, and its release comes in the event that still shows a broadcast to it.
TEST(RoomBroadcast, StaysReadableAlthoughEverybodyOfATagIsReleasedInTheSameEvent) {
  Script script;
  script.onClose = [](Room& room, Connection connection) -> Task<> {
    room.getConnections("bob").send("from " + std::string(connection.id()));
    co_return;
  };
  RoomDriver room(script, {.commits = Commits::held});
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.close(ann, 1000);
  room.close(bob, 1000);
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "from ann", "answer 1000"));
}

// A reset ends every connection in the event whose broadcast they have just been sent.
TEST(RoomBroadcast, StaysReadableAlthoughTheRoomIsResetInTheSameEvent) {
  Script script;
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    room.broadcast("last words");
    room.broadcast("to ann", {"bob"});
    room.getConnections("bob").send("to bob");
    co_await room.blockConcurrencyWhile([]() -> Task<> { throw Error("broken"); });
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  const Client bob = room.connect("bob");
  room.message(ann, "go");
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "last words", "to ann", "dropped"));
  EXPECT_THAT(room.seen(bob), ElementsAre("open", "last words", "to bob", "dropped"));
}

// BCAST-15, and joining while a broadcast of the same event is shown.
TEST(RoomBroadcast, ReachesHundredsInOrderWhileOthersJoinAndLeave) {
  RoomDriver room(repeating());
  std::vector<Client> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(room.connect("c" + std::to_string(i)));
    if (i % 3 == 2) room.lose(clients[static_cast<std::size_t>(i) - 1]);
  }
  room.message(clients[0], "hi");
  std::size_t reached = 0;
  for (const Client& client : clients) reached += room.seen(client).back() == "hi" ? 1 : 0;
  EXPECT_EQ(reached, 200u);
  EXPECT_EQ(room.status().connections, 200u);
}

}  // namespace
}  // namespace Party::Test
