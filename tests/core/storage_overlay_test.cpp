#include "storage_overlay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace Party::Detail {
namespace {

SharedBytes bytes(const std::string& text) { return SharedBytes(std::string_view(text)); }

std::string lineOf(const StoredEntries& entries) {
  std::string line;
  for (const auto& [key, value] : entries) line += key + "=" + std::string(value.view()) + " ";
  return line;
}

// STORE-084
TEST(StorageOverlay, AUnitHoldsEachKeyOnceInTheOrderOfFirstWritesWithItsLastValue) {
  StorageOverlay overlay;
  Host::UnitWrites unit;
  overlay.write(1, unit, "b", bytes("1"));
  overlay.write(1, unit, "a", bytes("2"));
  overlay.write(1, unit, "b", std::nullopt);
  ASSERT_EQ(unit.writes.size(), 2u);
  EXPECT_EQ(unit.writes[0].key, "b");
  EXPECT_FALSE(unit.writes[0].value);
  EXPECT_EQ(unit.writes[1].key, "a");
  ASSERT_NE(overlay.find("b"), nullptr);
  EXPECT_FALSE(*overlay.find("b")) << "known to be deleted";
  EXPECT_EQ(overlay.find("c"), nullptr) << "unknown";
}

// STORE-016: an entry goes with the unit that wrote it last
TEST(StorageOverlay, AnEntryGoesOnlyWhenItsLastUnitIsAcknowledged) {
  StorageOverlay overlay;
  Host::UnitWrites first, second;
  overlay.write(1, first, "k", bytes("1"));
  overlay.write(1, first, "other", bytes("1"));
  overlay.write(2, second, "k", bytes("2"));
  overlay.acknowledge(1);
  EXPECT_EQ(overlay.find("other"), nullptr);
  EXPECT_EQ((*overlay.find("k"))->view(), "2");
  overlay.acknowledge(2);
  EXPECT_TRUE(overlay.empty());
}

// STORE-015
TEST(StorageOverlay, ASnapshotDoesNotFollowLaterWrites) {
  StorageOverlay overlay;
  Host::UnitWrites unit;
  overlay.write(1, unit, "a", bytes("1"));
  const Host::KeyRange everything;
  const StorageOverlay range = overlay.snapshot(everything);
  const std::vector<std::string> keys{"a", "b"};
  const StorageOverlay some = overlay.snapshot(keys);
  overlay.write(1, unit, "a", bytes("9"));
  overlay.write(1, unit, "b", bytes("9"));
  overlay.acknowledge(1);
  EXPECT_EQ(lineOf(range.merge(everything, {{"b", bytes("0")}})), "a=1 b=0 ");
  EXPECT_EQ(lineOf(some.mergeKeys(keys, {{"b", bytes("0")}})), "a=1 b=0 ");
}

/// A small generator of our own: the test is the same in every run.
struct Draws {
  std::uint64_t state = 1;
  std::size_t operator()(std::size_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % bound;
  }
};

// STORE-016, STORE-040, STORE-045: overlay and disk together are always the map that both make
TEST(StorageOverlay, MergedWithTheDiskItIsTheMapOfAllWritesInEveryRangeDirectionAndLimit) {
  Draws draw;
  for (int round = 0; round < 300; ++round) {
    std::map<std::string, std::string> disk, model;
    for (std::size_t i = draw(12); i > 0; --i) disk["k" + std::to_string(draw(20))] = "d";
    model = disk;
    StorageOverlay overlay;
    Host::UnitWrites unit;
    for (std::size_t i = draw(12); i > 0; --i) {
      const std::string key = "k" + std::to_string(draw(20));
      if (draw(2) == 0) {
        overlay.write(1, unit, key, std::nullopt);
        model.erase(key);
      } else {
        overlay.write(1, unit, key, bytes("o"));
        model[key] = "o";
      }
    }
    Host::KeyRange range;
    if (draw(2) == 0) range.from = "k" + std::to_string(draw(20));
    if (draw(2) == 0) range.to = "k" + std::to_string(draw(20));
    range.reverse = draw(2) == 0;
    if (draw(2) == 0) range.limit = 1 + draw(5);

    const auto select = [&range](const std::map<std::string, std::string>& from, std::size_t limit) {
      StoredEntries found;
      for (const auto& [key, value] : from) {
        if (key >= range.from && (!range.to || key < *range.to)) found.emplace_back(key, bytes(value));
      }
      if (range.reverse) std::ranges::reverse(found);
      if (found.size() > limit) found.resize(limit);
      return found;
    };
    const auto merged = overlay.merge(range, select(disk, overlay.readLimit(range)));
    ASSERT_EQ(lineOf(merged), lineOf(select(model, range.limit))) << "round " << round;
  }
}

// STORE-033, STORE-035
TEST(StorageOverlay, AfterAWipeNothingCommittedOrWrittenBeforeIsSeenUntilTheWipeIsAcknowledged) {
  StorageOverlay overlay;
  Host::UnitWrites first, later;
  const Host::KeyRange everything;
  const std::vector<std::string> keys{"a", "b", "c"};
  const StoredEntries committed{{"c", bytes("old")}};
  overlay.write(1, first, "a", bytes("1"));
  overlay.wipe(2);
  overlay.write(3, later, "b", bytes("2"));
  EXPECT_TRUE(overlay.hidesCommitted());
  ASSERT_NE(overlay.find("c"), nullptr);
  EXPECT_FALSE(*overlay.find("c"));
  EXPECT_EQ(lineOf(overlay.merge(everything, committed)), "b=2 ");
  EXPECT_EQ(lineOf(overlay.mergeKeys(keys, committed)), "b=2 ");
  EXPECT_EQ(lineOf(overlay.snapshot(everything).merge(everything, committed)), "b=2 ");
  EXPECT_EQ(lineOf(overlay.snapshot(keys).mergeKeys(keys, committed)), "b=2 ");
  overlay.acknowledge(1);
  EXPECT_TRUE(overlay.hidesCommitted());
  overlay.acknowledge(2);
  EXPECT_FALSE(overlay.hidesCommitted());
  EXPECT_EQ(lineOf(overlay.merge(everything, committed)), "b=2 c=old ") << "what is committed now came after it";
}

// STORE-083, STORE-084
TEST(StorageOverlay, CountsTheKeysAndValuesThatAreNotDurableEachKeyOnce) {
  StorageOverlay overlay;
  Host::UnitWrites first, second, third;
  overlay.write(1, first, "ab", bytes("12345"));
  overlay.write(1, first, "ab", bytes("123"));
  EXPECT_EQ(overlay.bytes(), 5u);
  overlay.write(1, first, "c", std::nullopt);
  EXPECT_EQ(overlay.bytes(), 6u);
  overlay.write(2, second, "ab", bytes("1234"));
  overlay.write(2, second, "d", bytes("1"));
  EXPECT_EQ(overlay.bytes(), 9u);
  overlay.acknowledge(1);
  EXPECT_EQ(overlay.bytes(), 8u);
  overlay.wipe(3);
  EXPECT_EQ(overlay.bytes(), 0u);
  overlay.write(4, third, "e", bytes("1"));
  overlay.dropWrites();
  EXPECT_EQ(overlay.bytes(), 0u);
  EXPECT_TRUE(overlay.hidesCommitted());
  overlay.clear();
  EXPECT_FALSE(overlay.hidesCommitted());
}

// STORE-107, STORE-109
TEST(StorageOverlay, ALayerHidesWhatIsBelowAndItsWipeAllOfIt) {
  StorageOverlay below, layer;
  Host::UnitWrites unit, writes;
  below.write(1, unit, "a", bytes("1"));
  below.write(1, unit, "b", bytes("1"));
  layer.write(1, writes, "b", bytes("2"));
  layer.write(1, writes, "c", std::nullopt);
  const Host::KeyRange everything;
  const StoredEntries committed{{"c", bytes("0")}, {"d", bytes("0")}};
  StorageOverlay assembled = below.snapshot(everything);
  assembled.layOver(layer);
  EXPECT_EQ(lineOf(assembled.merge(everything, committed)), "a=1 b=2 d=0 ");
  layer.wipe(1);
  layer.write(1, writes, "e", bytes("3"));
  assembled.layOver(layer);
  EXPECT_EQ(lineOf(assembled.merge(everything, committed)), "e=3 ");
}

}  // namespace
}  // namespace Party::Detail
