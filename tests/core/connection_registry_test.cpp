#include "connection_registry.h"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace Party::Detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Request upgrade() { return Request("GET", "/party/r", Headers().set("upgrade", "websocket")); }

/// Members are told apart by their sockets: 100 + index.
class Registry : public testing::Test {
 protected:
  Host::ConnectionKey join(std::uint32_t index, const std::string& id, std::vector<std::string> tags = {},
                           std::uint32_t generation = 1) {
    const Host::ConnectionKey key{index, generation};
    ConnectionRecord& record = registry.request({key, upgrade(), 100 + index, Host::Origin::client});
    record.phase = ConnectionRecord::Phase::open;
    record.id = id;
    tags.insert(tags.begin(), id);
    registry.join(index, tags);
    return key;
  }
  std::vector<Host::SocketHandle> audience(std::optional<std::string> tag = std::nullopt) {
    MemberList* list = registry.list(tag);
    if (list == nullptr) return {};
    const auto span = registry.audience(*list, registry.nextJoin());
    return {span.begin(), span.end()};
  }
  ConnectionRegistry registry;
};

// D-3, D-13
TEST_F(Registry, ListsMembersInJoinOrderForTheRoomAndPerTag) {
  join(3, "c", {"x"});
  const auto a = join(0, "a", {"x", "y"});
  join(1, "b");
  EXPECT_THAT(audience(), ElementsAre(103, 100, 101));
  EXPECT_THAT(audience("x"), ElementsAre(103, 100));
  EXPECT_THAT(audience("a"), ElementsAre(100));
  EXPECT_THAT(audience("none"), IsEmpty());
  registry.leave(*registry.find(a));
  registry.leave(*registry.find(a));
  EXPECT_THAT(audience(), ElementsAre(103, 101));
  EXPECT_THAT(audience("x"), ElementsAre(103));
  EXPECT_THAT(audience("y"), IsEmpty());
  EXPECT_EQ(registry.known(), 3u) << "it has left the lists, not the room's books";
  registry.release(a);
  EXPECT_EQ(registry.known(), 2u);
  EXPECT_EQ(registry.list("y"), nullptr) << "a tag without bearers is forgotten";
}

// Wall 1: the audience is a prefix by join number.
TEST_F(Registry, AnAudienceIsWhoJoinedBefore) {
  join(0, "a");
  const JoinNumber before = registry.nextJoin();
  join(1, "b");
  const auto span = registry.audience(*registry.list(std::nullopt), before);
  EXPECT_THAT(std::vector(span.begin(), span.end()), ElementsAre(100));
}

// D-3
TEST_F(Registry, DuplicateIdsAreSeparateAndTheNewestListedOneIsFound) {
  join(0, "a");
  const auto second = join(1, "a");
  join(2, "b", {"a"});  // carries the id as a tag only
  EXPECT_EQ(registry.newest("a"), second);
  std::vector<JoinNumber> joins;
  registry.collectJoins("a", joins);
  EXPECT_THAT(joins, ElementsAre(1, 2));
  registry.release(second);
  EXPECT_EQ(registry.newest("a")->index, 0u);
  EXPECT_EQ(registry.newest("nobody"), std::nullopt);
}

// CP-01
TEST_F(Registry, AKeyOfAnEarlierTenantFindsNothingAndAnIndexInUseIsTheHostsFault) {
  const auto old = join(0, "a", {}, 1);
  EXPECT_THROW(join(0, "b", {}, 2), std::logic_error);
  registry.release(old);
  const auto next = join(0, "b", {}, 2);
  EXPECT_EQ(registry.find(old), nullptr);
  EXPECT_NE(registry.find(next), nullptr);
  EXPECT_EQ(registry.find({77, 1}), nullptr);
  EXPECT_EQ(registry.find(next)->id, "b") << "nothing of the earlier tenant is left";
}

// Spans live until unpin, whatever happens to their members.
TEST_F(Registry, SpansStayReadableWhileMembersJoinLeaveAreReleasedAndCleared) {
  std::vector<Host::ConnectionKey> keys;
  for (std::uint32_t index = 0; index < 40; ++index) keys.push_back(join(index, "m" + std::to_string(index), {"tag"}));
  const auto room = registry.audience(*registry.list(std::nullopt), registry.nextJoin());
  const auto tag = registry.audience(*registry.list("tag"), registry.nextJoin());
  const std::vector<Host::SocketHandle> before(room.begin(), room.end());
  for (std::uint32_t index = 40; index < 200; ++index) join(index, "m" + std::to_string(index), {"tag"});
  for (const auto key : keys) registry.release(key);
  const auto later = registry.audience(*registry.list("tag"), registry.nextJoin());
  registry.clear();
  EXPECT_EQ(std::vector(room.begin(), room.end()), before);
  EXPECT_EQ(std::vector(tag.begin(), tag.end()), before);
  EXPECT_EQ(later.size(), 160u);
  EXPECT_EQ(later.back(), 299u);
  registry.unpin();
  EXPECT_EQ(registry.known(), 0u);
  EXPECT_THAT(audience("tag"), IsEmpty());
}

// Closing everybody after one broadcast must not copy the list for each of them.
TEST_F(Registry, ALogOfLeaversBehindOneBroadcastKeepsOneEarlierForm) {
  MemberList list;
  for (JoinNumber number = 1; number <= 100; ++number) list.append(number, 0, 0);
  const auto shown = list.pinnedBefore(101);
  for (JoinNumber number = 1; number <= 50; ++number) list.remove(number);
  EXPECT_EQ(list.kept(), 1u);
  EXPECT_EQ(shown.size(), 100u);
  EXPECT_EQ(list.pinnedBefore(101).size(), 50u);
  for (JoinNumber number = 51; number <= 99; ++number) list.remove(number);
  EXPECT_EQ(list.kept(), 2u);
  list.unpin();
  EXPECT_EQ(list.kept(), 0u);
  list.remove(100);
  EXPECT_EQ(list.kept(), 0u) << "without a span nothing is kept";
}

}  // namespace
}  // namespace Party::Detail
