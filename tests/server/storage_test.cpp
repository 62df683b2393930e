#include "storage/committed_reader.h"
#include "storage/data_directory.h"
#include "storage/storage_thread.h"
#include "temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <mutex>

namespace Party::Serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Writes = std::vector<std::pair<std::string, std::optional<std::string>>>;

UnitJob unitOf(const StoredRoomPointer& room, Host::Unit unit, const Writes& writes, std::uint32_t epoch = 1) {
  UnitJob job{room, epoch, unit, std::make_unique<Host::UnitWrites>()};
  for (const auto& [key, value] : writes) {
    job.writes->writes.push_back({key, value ? std::optional(SharedBytes(*value)) : std::nullopt});
  }
  return job;
}

std::vector<UnitJob> jobs(auto&&... job) {
  std::vector<UnitJob> result;
  (result.push_back(std::move(job)), ...);
  return result;
}

class StorageTest : public ::testing::Test {
 protected:
  static StoredRoomPointer room(std::string id, std::string party = "main") {
    return std::make_shared<StoredRoom>(RoomName{std::move(party), std::move(id)});
  }
  std::string valueOf(const StoredRoomPointer& room, std::string_view key) {
    const auto value = store_.get(*room, key);
    return value ? std::string(value->view()) : "absent";
  }
  std::vector<std::pair<std::string, std::string>> list(const StoredRoomPointer& room, const Host::KeyRange& range) {
    std::vector<std::pair<std::string, std::string>> found;
    for (auto& [key, value] : store_.list(*room, range)) found.emplace_back(key, value.view());
    return found;
  }
  void acknowledge(const std::vector<UnitOutcome>& outcomes) {
    for (const auto& outcome : outcomes) {
      if (outcome.failure.empty()) store_.committed(outcome.job);
    }
  }

  TemporaryDirectory home_;
  DataDirectory data_{home_.path()};
  UnitWriter writer_{data_.openForWriting(Durability::full)};
  CommittedStore store_{data_.openForReading(), 1 << 20};
};

// STORE-080
TEST_F(StorageTest, AUnitIsReadBackAfterItsAcknowledgementThroughAnotherConnection) {
  auto a = room("a");
  EXPECT_EQ(valueOf(a, "k"), "absent");
  acknowledge(writer_.commit(jobs(unitOf(a, 1, {{"k", "one"}, {"empty", ""}}))));
  EXPECT_EQ(valueOf(a, "k"), "one");
  EXPECT_EQ(valueOf(a, "empty"), "");
  acknowledge(writer_.commit(jobs(unitOf(a, 2, {{"k", std::nullopt}}), unitOf(a, 3, {{"l", "two"}}))));
  EXPECT_EQ(valueOf(a, "k"), "absent");
  EXPECT_EQ(valueOf(a, "l"), "two");
}

TEST_F(StorageTest, ARoomOfTheSameIdInAnotherPartyIsAnotherRoom) {
  auto inMain = room("a"), inGame = room("a", "game");
  acknowledge(writer_.commit(jobs(unitOf(inMain, 1, {{"k", "main"}}), unitOf(inGame, 1, {{"k", "game"}}))));
  EXPECT_EQ(valueOf(inMain, "k"), "main");
  EXPECT_EQ(valueOf(inGame, "k"), "game");
}

TEST_F(StorageTest, ARoomOpenedAnewFindsWhatItsFormerSelfWrote) {
  acknowledge(writer_.commit(jobs(unitOf(room("a"), 1, {{"k", "kept"}}))));
  EXPECT_EQ(valueOf(room("a"), "k"), "kept");
}

// STORE-040, STORE-045: ranges are compared as bytes, the limit applies after reversing
TEST_F(StorageTest, AListingIsARangeOfBytesInEitherDirectionUpToItsLimit) {
  auto a = room("a"), neighbour = room("b");
  const std::string zero("n\0x", 3), high("\xff\xfe");
  acknowledge(writer_.commit(jobs(unitOf(neighbour, 1, {{"m", "not mine"}}),
                                  unitOf(a, 1, {{"b", "2"}, {"a", "1"}, {zero, "3"}, {high, "4"}}))));
  EXPECT_THAT(list(a, {.from = ""}), ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair(zero, "3"), Pair(high, "4")));
  EXPECT_THAT(list(a, {.from = "b", .to = high}), ElementsAre(Pair("b", "2"), Pair(zero, "3")));
  EXPECT_THAT(list(a, {.from = "", .reverse = true, .limit = 2}), ElementsAre(Pair(high, "4"), Pair(zero, "3")));
  EXPECT_THAT(list(a, {.from = "", .to = "b", .reverse = true, .limit = 5}), ElementsAre(Pair("a", "1")));
}

TEST_F(StorageTest, ListingABoundedRangeDoesNotReadTheRestOfTheRoom) {
  auto a = room("a");
  Writes many;
  for (int i = 0; i < 20'000; ++i) many.emplace_back("z" + std::to_string(i), "v");
  many.emplace_back("a1", "v");
  acknowledge(writer_.commit(jobs(unitOf(a, 1, many))));
  const auto timeOf = [&](const Host::KeyRange& range) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) list(a, range);
    return std::chrono::steady_clock::now() - began;
  };
  EXPECT_LT(timeOf({.from = "a", .to = "b"}) * 10, timeOf({.from = "a"}));
  EXPECT_LT(timeOf({.from = "a", .to = "b", .reverse = true}) * 10, timeOf({.from = "a"}));
}

// ALARM-022, EVICT-030: an alarm belongs to the unit and outlives the process
TEST_F(StorageTest, AlarmsAreRowsThatAreFoundAgainEarliestFirst) {
  auto a = room("a"), b = room("b"), c = room("c");
  const auto withAlarm = [](UnitJob job, std::optional<Time> due) {
    job.writes->alarm = due;
    return job;
  };
  writer_.commit(jobs(withAlarm(unitOf(a, 1, {}), timeOfMilliseconds(3'000)),
                      withAlarm(unitOf(b, 1, {{"k", "v"}}), timeOfMilliseconds(1'000)),
                      withAlarm(unitOf(c, 1, {}), timeOfMilliseconds(2'000)), withAlarm(unitOf(c, 2, {}), std::nullopt),
                      unitOf(a, 2, {{"k", "v"}})));
  UnitWriter reopened(data_.openForWriting(Durability::full));
  const auto alarms = reopened.alarms();
  ASSERT_EQ(alarms.size(), 2u);
  EXPECT_EQ(alarms[0].room, (RoomName{"main", "b"}));
  EXPECT_EQ(alarms[0].due, timeOfMilliseconds(1'000));
  EXPECT_EQ(alarms[1].room, (RoomName{"main", "a"}));
  EXPECT_EQ(alarms[1].due, timeOfMilliseconds(3'000));
}

// GATE-036: a failed unit takes the later ones of its epoch along, and no other room
TEST_F(StorageTest, AUnitThatCannotBeWrittenFailsAloneAndWithItTheLaterOnesOfItsEpoch) {
  sqlite3_limit(writer_.database().handle(), SQLITE_LIMIT_LENGTH, 1'000);
  auto bad = room("bad"), good = room("good");
  auto outcomes = writer_.commit(jobs(unitOf(bad, 1, {{"first", "1"}}),
                                      unitOf(bad, 2, {{"x", "part"}, {"k", std::string(2'000, 'x')}}),
                                      unitOf(good, 1, {{"k", "fine"}}), unitOf(bad, 3, {{"k", "later"}})));
  EXPECT_EQ(outcomes[0].failure, "");
  EXPECT_THAT(outcomes[1].failure, HasSubstr("too big"));
  EXPECT_EQ(outcomes[2].failure, "");
  EXPECT_THAT(outcomes[3].failure, HasSubstr("earlier write"));
  EXPECT_EQ(valueOf(bad, "first"), "1");
  EXPECT_EQ(valueOf(bad, "x"), "absent");
  EXPECT_EQ(valueOf(bad, "k"), "absent");
  EXPECT_EQ(valueOf(good, "k"), "fine");

  acknowledge(outcomes);
  outcomes = writer_.commit(jobs(unitOf(bad, 4, {{"k", "still old"}}), unitOf(bad, 5, {{"k", "new"}}, 2)));
  EXPECT_NE(outcomes[0].failure, "");
  EXPECT_EQ(outcomes[1].failure, "");
  acknowledge(outcomes);
  EXPECT_EQ(valueOf(bad, "k"), "new");
}

// STORE-033, STORE-037: on disk and in the cache, of this room alone; the alarm stays
TEST_F(StorageTest, DeletingEverythingEmptiesOneRoomOnDiskAndInTheCache) {
  auto a = room("a"), b = room("b");
  const auto wipe = [](UnitJob job) {
    job.writes->deleteAll = true;
    return job;
  };
  auto first = unitOf(a, 1, {{"k", "1"}, {"l", "1"}});
  first.writes->alarm = timeOfMilliseconds(1'000);
  acknowledge(writer_.commit(jobs(std::move(first), unitOf(b, 1, {{"k", "other"}}))));
  EXPECT_EQ(valueOf(a, "k"), "1");
  EXPECT_EQ(valueOf(a, "absent"), "absent");
  acknowledge(writer_.commit(jobs(unitOf(a, 2, {{"m", "1"}}), wipe(unitOf(a, 3, {})), unitOf(a, 4, {{"n", "1"}}))));
  EXPECT_EQ(valueOf(a, "k"), "absent");
  EXPECT_EQ(valueOf(a, "m"), "absent");
  EXPECT_EQ(valueOf(a, "n"), "1");
  EXPECT_THAT(list(a, {.from = ""}), ElementsAre(Pair("n", "1")));
  EXPECT_THAT(list(room("a"), {.from = ""}), ElementsAre(Pair("n", "1"))) << "and so on disk";
  EXPECT_EQ(valueOf(b, "k"), "other");
  EXPECT_EQ(writer_.alarms().size(), 1u);
}

// STORE-112: a transaction that deletes everything and writes is one unit
TEST_F(StorageTest, AUnitThatDeletesEverythingAndWritesKeepsWhatItWrites) {
  auto a = room("a");
  acknowledge(writer_.commit(jobs(unitOf(a, 1, {{"k", "1"}, {"l", "1"}}))));
  auto both = unitOf(a, 2, {{"k", "2"}});
  both.writes->deleteAll = true;
  acknowledge(writer_.commit(jobs(std::move(both))));
  EXPECT_EQ(valueOf(a, "k"), "2");
  EXPECT_EQ(valueOf(a, "l"), "absent");
}

// STORE-072: what is read without being kept is read again, and is the same
TEST_F(StorageTest, AReadThatSkipsTheCacheLeavesNothingInIt) {
  auto a = room("a");
  acknowledge(writer_.commit(jobs(unitOf(a, 1, {{"k", "1"}}))));
  CommittedStore fresh(data_.openForReading(), 1 << 20);
  EXPECT_EQ(fresh.get(*a, "k", false)->view(), "1");
  writer_.commit(jobs(unitOf(a, 2, {{"k", "2"}})));
  EXPECT_EQ(fresh.get(*a, "k", true)->view(), "2") << "nothing was remembered";
  writer_.commit(jobs(unitOf(a, 3, {{"k", "3"}})));
  EXPECT_EQ(fresh.get(*a, "k")->view(), "2") << "now it is, until an acknowledgement";
}

TEST_F(StorageTest, AFullDiskFailsTheUnitAndTheNextOneSucceedsWhenThereIsRoomAgain) {
  auto& database = writer_.database();
  const auto pages = database.integer("PRAGMA page_count");
  database.integer("PRAGMA max_page_count = " + std::to_string(pages + 1));
  auto a = room("a");
  auto outcomes = writer_.commit(jobs(unitOf(a, 1, {{"k", std::string(100'000, 'x')}})));
  EXPECT_THAT(outcomes[0].failure, HasSubstr("full"));
  EXPECT_EQ(a->number, 0);
  database.integer("PRAGMA max_page_count = 1000000");
  outcomes = writer_.commit(jobs(unitOf(a, 2, {{"k", "small"}}, 2)));
  EXPECT_EQ(outcomes[0].failure, "");
  EXPECT_EQ(valueOf(a, "k"), "small");
}

TEST_F(StorageTest, TheThreadAcknowledgesEachShardsUnitsInOrderAndWritesAllBeforeItEnds) {
  std::mutex mutex;
  std::vector<std::vector<Host::Unit>> seen(2);
  {
    StorageThread thread(std::move(writer_), 2, [&](std::size_t shard, std::vector<UnitOutcome> outcomes) {
      const std::lock_guard lock(mutex);
      for (const auto& outcome : outcomes) seen[shard].push_back(outcome.job.unit);
    });
    for (Host::Unit unit = 1; unit <= 200; ++unit) {
      thread.submit(0, jobs(unitOf(room("a"), unit, {{"k", std::to_string(unit)}})));
      thread.submit(1, jobs(unitOf(room("b"), unit, {{"k", std::to_string(unit)}})));
    }
  }
  for (const auto& units : seen) {
    ASSERT_EQ(units.size(), 200u);
    EXPECT_TRUE(std::ranges::is_sorted(units));
  }
  EXPECT_EQ(valueOf(room("a"), "k"), "200");
  EXPECT_EQ(valueOf(room("b"), "k"), "200");
}

}  // namespace
}  // namespace Party::Serve
