#include "edge/edge.h"

#include "parties.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace Party::Serve {
namespace {

/// Stands for the rooms: notes what would reach them, and lets the client go once its request has come.
class RoomsAfar final : public Traffic {
 public:
  RoomsAfar(Loop& loop, Descriptor& client) : loop_(loop), client_(client) {}

  void toRoom(RoomRequest request) override {
    asked = request.key;
    loop_.post([this] { client_.close(); });
  }
  void toRoom(RoomUpgrade) override {}
  void toRoom(RoomAbort abort) override {
    aborted = std::move(abort);
    loop_.stop();
  }
  void toRoom(LinkRequest) override {}
  void toRoom(LinkUp) override {}
  void toCaller(LinkDown) override {}
  void toClient(Host::ResponseHead) override {}
  void toClient(Host::ResponseChunk) override {}
  void toClient(Host::ResponseEnd) override {}

  std::optional<Host::RequestKey> asked;
  std::optional<RoomAbort> aborted;

 private:
  Loop& loop_;
  Descriptor& client_;
};

// REQUEST-26, CP-90
TEST(Edge, TellsTheRoomWhenTheClientOfARequestThereHasGone) {
  Loop loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  Descriptor client(ends[0]);
  RoomsAfar rooms(loop, client);
  const Host::Parties parties = testParties();
  const HttpLimits limits;
  const HttpPatience patience;
  Edge edge(loop, {parties, limits, patience}, rooms);
  loop.setTurnEnd([&edge] { edge.endTurn(); });
  loop.at(std::chrono::steady_clock::now() + std::chrono::seconds(5), [&loop] { loop.stop(); });

  edge.adopt(Descriptor(ends[1]));
  client.write("GET /parties/door/lobby?sleep HTTP/1.1\r\nHost: test\r\n\r\n");
  loop.run();

  ASSERT_TRUE(rooms.asked);
  ASSERT_TRUE(rooms.aborted);
  EXPECT_EQ(rooms.aborted->key, *rooms.asked);
  EXPECT_EQ(rooms.aborted->room.party, "door");
  EXPECT_EQ(rooms.aborted->room.id, "lobby");
}

}  // namespace
}  // namespace Party::Serve
