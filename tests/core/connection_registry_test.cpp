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
    record.changing().id = id;
    record.changing().uri = "http://house/party/r?_pk=" + id;
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

// BCAST-7: the id is a tag, of its bearers and of whoever else carries the word
TEST_F(Registry, AnIdIsATagTogetherWithThoseWhoCarryItInJoinOrder) {
  join(0, "b", {"a"});
  const auto bearer = join(1, "a");
  join(2, "c", {"a"});
  join(3, "d");
  EXPECT_THAT(audience("a"), ElementsAre(100, 101, 102));
  EXPECT_THAT(audience("d"), ElementsAre(103)) << "while the list of the other id is still shown";
  registry.leave(*registry.find(bearer));
  EXPECT_THAT(audience("a"), ElementsAre(100, 102));
  EXPECT_EQ(registry.newest("a"), std::nullopt) << "carrying the word is not being it";
}

// CONNECT-5, CONNECT-7: the id is decoded, so it need not stand in the uri as it is
TEST(ConnectionNames, GiveBackIdUriAndTagsWhetherTheUriShowsTheIdOrNot) {
  ConnectionRecords records;
  TagTable table;
  Tag* red = &*table.emplace("red", TagMembers(records)).first;
  Tag* blue = &*table.emplace("blue", TagMembers(records)).first;
  const std::vector<Tag*> both{red, blue};
  for (const std::string uri : {"http://h/party/x?_pk=an%20id", "http://h/an id/x?_pk=an id", ""}) {
    const ConnectionNames names("an id", uri, both);
    EXPECT_EQ(names.id(), "an id");
    EXPECT_EQ(names.uri(), uri);
    EXPECT_THAT(names.tags(), ElementsAre(red, blue));
  }
  EXPECT_EQ(ConnectionNames().id(), "");
  EXPECT_THAT(ConnectionNames("a", "a", {}).tags(), IsEmpty());
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
  EXPECT_EQ(registry.find(next)->id(), "b") << "nothing of the earlier tenant is left";
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
  ConnectionRecords records(100);
  for (std::uint32_t index = 0; index < 100; ++index) records[index].join = index + 1;
  MemberList list(records);
  for (std::uint32_t index = 0; index < 100; ++index) list.append(index);
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
