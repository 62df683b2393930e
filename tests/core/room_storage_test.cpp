#include <gmock/gmock.h>

#include "storage_steps.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using RoomStorage = StorageSteps;
INSTANTIATE_TEST_SUITE_P(Reads, RoomStorage, testing::Values(Reads::now, Reads::later), nameOfReads);

// STORE-008, STORE-010, STORE-016, STORE-020
TEST_P(RoomStorage, GetGivesWhatWasPutAndNothingForWhatIsAbsent) {
  run(
      [](Room& room) -> Task<> {
        EXPECT_EQ(co_await room.storage().get<int>("old"), 7);
        EXPECT_EQ(co_await room.storage().get<int>("absent"), std::nullopt);
        co_await room.storage().put("", 1);
        co_await room.storage().put("text", "words");
        co_await room.storage().put("null", nullptr);
        EXPECT_EQ(co_await room.storage().get<int>(""), 1);
        EXPECT_EQ(co_await room.storage().get<std::string>("text"), "words");
        EXPECT_TRUE((co_await room.storage().get<std::nullptr_t>("null")).has_value()) << "null is not absent";
        co_await room.storage().put("old", 8);
        EXPECT_EQ(co_await room.storage().get<int>("old"), 8);
      },
      {{"old", 7}});
  EXPECT_EQ(driver->stored<int>(""), 1);
  EXPECT_EQ(driver->stored<int>("old"), 8);
}

// STORE-011, STORE-013, STORE-047
TEST_P(RoomStorage, GetManyGivesTheExistingKeysAscendingAndOnceAndAtMost128) {
  run(
      [](Room& room) -> Task<> {
        room.storage().put("d", 4);
        room.storage().remove("b");
        std::vector<std::string> keys{"d", "a", "b", "zz", "a", "c"};
        const auto found = co_await room.storage().getMany<int>(keys);
        EXPECT_EQ(lineOf(found), "a=1 c=3 d=4 ");
        EXPECT_EQ(*found.find("c"), 3);
        EXPECT_FALSE(found.contains("b"));
        EXPECT_TRUE((co_await room.storage().getMany<int>(std::vector<std::string>())).empty());

        keys.assign(128, "a");
        EXPECT_EQ((co_await room.storage().getMany<int>(keys)).size(), 1u);
        keys.push_back("a");
        EXPECT_EQ(co_await errorOf(room.storage().getMany<int>(keys)),
                  "Maximum number of key value pairs is 128. 129 pairs were provided.");
        std::vector<std::string> longKey(1, std::string(5000, 'k'));
        EXPECT_TRUE((co_await room.storage().getMany<int>(longKey)).empty()) << "not length-checked (STORE-050)";
      },
      {{"a", 1}, {"b", 2}, {"c", 3}});
}

// STORE-014, STORE-027
TEST_P(RoomStorage, ValuesAreEncodedAtThePutAndDecodedAfreshAtEachGet) {
  run([](Room& room) -> Task<> {
    std::vector<int> value{1};
    auto put = room.storage().put("k", value);
    value.push_back(2);
    co_await std::move(put);
    auto first = co_await room.storage().get<std::vector<int>>("k");
    first->push_back(3);
    const auto second = co_await room.storage().get<std::vector<int>>("k");
    EXPECT_THAT(*second, ElementsAre(1));
  });
}

// STORE-015
TEST_P(RoomStorage, AReadGivesTheValueAtItsCallNotThatOfALaterWrite) {
  run(
      [](Room& room) -> Task<> {
        auto one = room.storage().get<int>("a");
        std::vector<std::string> keys{"a", "b"};
        auto many = room.storage().getMany<int>(keys);
        auto all = room.storage().list<int>();
        room.storage().put("a", 100);
        room.storage().put("c", 100);
        room.storage().remove("b");
        EXPECT_EQ(co_await std::move(one), 1);
        const auto found = co_await std::move(many);
        EXPECT_EQ(lineOf(found), "a=1 b=2 ");
        const auto listing = co_await std::move(all);
        EXPECT_EQ(lineOf(listing), "a=1 b=2 ");
        EXPECT_EQ(co_await listed(room, ListOptions()), "a=100 c=100 ");
      },
      {{"a", 1}, {"b", 2}});
}

// STORE-025, STORE-026, STORE-020, STORE-023
TEST_P(RoomStorage, PutManyWritesAllOrNothing) {
  run([](Room& room) -> Task<> {
    std::map<std::string, int> many;
    for (int i = 0; i < 129; ++i) many.emplace("k" + std::to_string(i), i);
    co_await room.storage().putMany(many);
    co_await room.storage().putMany(std::map<std::string, int>());

    std::map<std::string, std::string> bad{{"a", "fine"}, {"b", std::string(131'073, 'x')}, {"c", "fine"}};
    EXPECT_THAT(co_await errorOf(room.storage().putMany(bad)), testing::StartsWith("Values cannot be larger"));
    bad = {{"a", "fine"}, {"b", "\xff"}};
    EXPECT_THAT(co_await errorOf(room.storage().putMany(bad)), testing::HasSubstr("UTF-8"));
    EXPECT_EQ(co_await room.storage().get<std::string>("a"), std::nullopt);
  });
  EXPECT_EQ(driver->disk.size(), 129u);
}

// STORE-030, STORE-031
TEST_P(RoomStorage, RemoveTellsWhatWasThere) {
  run(
      [](Room& room) -> Task<> {
        EXPECT_TRUE(co_await room.storage().remove("a"));
        EXPECT_FALSE(co_await room.storage().remove("a"));
        EXPECT_FALSE(co_await room.storage().remove("absent"));
        room.storage().put("new", 1);
        std::vector<std::string> keys{"new", "b", "b", "absent", "a"};
        EXPECT_EQ(co_await room.storage().removeMany(keys), 2u);
        EXPECT_EQ(co_await room.storage().removeMany(std::vector<std::string>()), 0u);
        keys.assign(1, "c");
        for (int i = 0; i < 200; ++i) keys.push_back("x" + std::to_string(i));
        EXPECT_EQ(co_await room.storage().removeMany(keys), 1u);
      },
      {{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_THAT(driver->disk, IsEmpty());
}

// STORE-040, STORE-041: by bytes, which is the order of code points and not of UTF-16 units
TEST_P(RoomStorage, ListIsInTheOrderOfTheKeysBytes) {
  using namespace std::string_literals;
  const std::vector<std::string> vector{
      "\0"s, "10", "9", "B", "a",        "b",        "b\0"s,         "b1",
      "b2",  "c",  "z", "~", "\xc3\xa4", "\xc3\xa9", "\xef\xbf\xbf", "\xf0\x90\x80\x80"};
  std::map<std::string, int> stored;
  for (std::size_t i = 0; i < vector.size(); i += 2) stored.emplace(vector[i], static_cast<int>(i));
  run(
      [&vector](Room& room) -> Task<> {
        for (std::size_t i = vector.size(); i-- > 0;) {
          if (i % 2 == 1) room.storage().put(vector[i], static_cast<int>(i));
        }
        const auto listing = co_await room.storage().list<int>();
        std::vector<std::string> keys;
        for (const auto& [key, value] : listing) keys.push_back(key);
        EXPECT_EQ(keys, vector);
      },
      stored);
}

// STORE-042, STORE-044, STORE-045, STORE-046, STORE-047
TEST_P(RoomStorage, ListTakesBoundsPrefixDirectionAndLimit) {
  run(
      [](Room& room) -> Task<> {
        room.storage().put("b2", 3);
        room.storage().put("bx", 9);
        room.storage().remove("bx");
        const auto expect = [&](const ListOptions& options, const std::string& expected) -> Task<> {
          EXPECT_EQ(co_await listed(room, options), expected);
        };
        co_await expect(ListOptions().start("b1"), "b1=2 b2=3 c=4 ");
        co_await expect(ListOptions().startAfter("b1"), "b2=3 c=4 ");
        co_await expect(ListOptions().end("b2"), "a=0 b=1 b1=2 ");
        co_await expect(ListOptions().end(""), "");
        co_await expect(ListOptions().start(""), "a=0 b=1 b1=2 b2=3 c=4 ");
        co_await expect(ListOptions().start("b1").end("c"), "b1=2 b2=3 ");
        co_await expect(ListOptions().start("c").end("b"), "");
        co_await expect(ListOptions().start("b").end("b"), "");
        co_await expect(ListOptions().prefix("b"), "b=1 b1=2 b2=3 ");
        co_await expect(ListOptions().prefix(""), "a=0 b=1 b1=2 b2=3 c=4 ");
        co_await expect(ListOptions().prefix("b").start("c"), "");
        co_await expect(ListOptions().prefix("b").startAfter("b"), "b1=2 b2=3 ");
        co_await expect(ListOptions().prefix("b").start("a").end("b2"), "b=1 b1=2 ");
        co_await expect(ListOptions().prefix("b").end("a"), "");
        co_await expect(ListOptions().prefix(std::string(2049, 'b')), "");
        co_await expect(ListOptions().prefix("b").limit(2).reverse(), "b2=3 b1=2 ");
        co_await expect(ListOptions().reverse(), "c=4 b2=3 b1=2 b=1 a=0 ");
        co_await expect(ListOptions().start("b1").reverse().limit(1), "c=4 ");
        co_await expect(ListOptions().limit(1), "a=0 ");
        co_await expect(ListOptions().limit(5'000'000'000), "a=0 b=1 b1=2 b2=3 c=4 ");
      },
      {{"a", 0}, {"b", 1}, {"b1", 2}, {"bx", 5}, {"c", 4}});
}

// STORE-043, STORE-046
TEST_P(RoomStorage, ListRefusesBothStartsAndALimitThatIsNotPositive) {
  run([](Room& room) -> Task<> {
    EXPECT_EQ(co_await errorOf(room.storage().list<int>(ListOptions().start("a").startAfter("b"))),
              "list() cannot be called with both start and startAfter values.");
    for (const std::int64_t limit : {0, -1}) {
      EXPECT_EQ(co_await errorOf(room.storage().list<int>(ListOptions().limit(limit))), "List limit must be positive.");
    }
  });
}

// STORE-044: a prefix of 0xff bytes has no successor
TEST_P(RoomStorage, ListKeepsToAPrefixThatEndsInTheHighestBytes) {
  run(
      [](Room& room) -> Task<> {
        EXPECT_EQ(co_await listed(room, ListOptions().prefix("a\xff")), "a\xff=1 a\xff\xff=2 ");
        EXPECT_EQ(co_await listed(room, ListOptions().prefix("\xff")), "\xff=4 \xff\xff=5 ");
      },
      {{"a\xff", 1}, {"a\xff\xff", 2}, {"b", 3}, {"\xff", 4}, {"\xff\xff", 5}});
}

// A limited listing must read past what the overlay has deleted or replaced.
TEST_P(RoomStorage, ALimitCountsWhatIsLeftAfterDeletions) {
  std::map<std::string, int> stored;
  for (int i = 0; i < 9; ++i) stored.emplace("k" + std::to_string(i), i);
  run(
      [](Room& room) -> Task<> {
        for (const char* key : {"k0", "k1", "k7", "k8"}) room.storage().remove(key);
        room.storage().put("k2", 20);
        room.storage().put("k3x", 35);
        EXPECT_EQ(co_await listed(room, ListOptions().limit(3)), "k2=20 k3=3 k3x=35 ");
        EXPECT_EQ(co_await listed(room, ListOptions().limit(3).reverse()), "k6=6 k5=5 k4=4 ");
      },
      stored);
}

// STORE-003, STORE-004, STORE-050, STORE-051, H-5
TEST_P(RoomStorage, KeysAndValuesHaveLimitsCountedInBytesAndAFailedCallStoresNothing) {
  run([](Room& room) -> Task<> {
    std::string e;
    for (int i = 0; i < 1025; ++i) e += "\xc3\xa9";
    const std::string tooLong = "Keys cannot be larger than 2048 bytes. A key of size 2050 was provided.";
    EXPECT_EQ(co_await errorOf(room.storage().put(e, 1)), tooLong);
    EXPECT_EQ(co_await errorOf(room.storage().get<int>(e)), tooLong);
    EXPECT_EQ(co_await errorOf(room.storage().remove(e)), tooLong);
    EXPECT_EQ(co_await errorOf(room.storage().removeMany(std::vector<std::string>(1, e))), tooLong);
    e.resize(2048);
    EXPECT_EQ(co_await errorOf(room.storage().put(e, 1)), "no error");

    // 131,067 bytes of text and 5 of head
    EXPECT_EQ(co_await errorOf(room.storage().put("v", std::string(131'067, 'x'))), "no error");
    EXPECT_EQ(co_await errorOf(room.storage().put("w", std::string(131'068, 'x'))),
              "Values cannot be larger than 131072 bytes. A value of size 131073 was provided.");
    EXPECT_THAT(co_await errorOf(room.storage().put("w", "\xff")), testing::HasSubstr("UTF-8"));
    EXPECT_THAT(co_await errorOf(room.storage().get<std::string>(e)), testing::Ne("no error")) << "an int is no text";
  });
  EXPECT_EQ(driver->disk.size(), 2u);
  EXPECT_THAT(driver->life, ElementsAre("started 1"));
}

}  // namespace
}  // namespace Party::Test
