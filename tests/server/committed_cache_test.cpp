#include "storage/committed_cache.h"

#include <gtest/gtest.h>

namespace Party::Serve {
namespace {

std::string valueOf(const std::optional<SharedBytes>* found) {
  if (found == nullptr) return "unknown";
  return *found ? std::string((*found)->view()) : "absent";
}

TEST(CommittedCache, KnowsWhatItWasToldPerRoomAndKey) {
  CommittedCache cache(10'000);
  cache.put(1, "a", SharedBytes("one"));
  cache.put(2, "a", std::nullopt);
  EXPECT_EQ(valueOf(cache.find(1, "a")), "one");
  EXPECT_EQ(valueOf(cache.find(2, "a")), "absent");
  EXPECT_EQ(valueOf(cache.find(1, "b")), "unknown");
}

TEST(CommittedCache, ALaterValueReplacesTheEarlierAndItsCost) {
  CommittedCache cache(10'000);
  cache.put(1, "a", SharedBytes(std::string(1'000, 'x')));
  const auto before = cache.bytes();
  cache.put(1, "a", SharedBytes("y"));
  EXPECT_EQ(valueOf(cache.find(1, "a")), "y");
  EXPECT_EQ(cache.bytes(), before - 999);
  EXPECT_EQ(cache.size(), 1u);
}

TEST(CommittedCache, ForgetsWhatWasUsedLeastRecentlyWhenItIsFull) {
  CommittedCache cache(3'600);
  for (const char* key : {"a", "b", "c"}) cache.put(1, key, SharedBytes(std::string(1'000, 'x')));
  cache.find(1, "a");
  cache.put(1, "d", SharedBytes(std::string(1'000, 'x')));
  EXPECT_EQ(valueOf(cache.find(1, "b")), "unknown");
  EXPECT_NE(valueOf(cache.find(1, "a")), "unknown");
  EXPECT_NE(valueOf(cache.find(1, "d")), "unknown");
  EXPECT_LE(cache.bytes(), 3'600u);
}

// STORE-033
TEST(CommittedCache, ForgetsOneRoomAndKeepsEveryOther) {
  CommittedCache cache(10'000);
  cache.put(1, "a", SharedBytes("one"));
  cache.put(256, "a", SharedBytes("other"));
  const auto bytes = cache.bytes();
  cache.put(1, "b", std::nullopt);
  cache.put(1, "", SharedBytes("empty key"));
  cache.forget(1);
  EXPECT_EQ(valueOf(cache.find(1, "a")), "unknown");
  EXPECT_EQ(valueOf(cache.find(1, "b")), "unknown");
  EXPECT_EQ(valueOf(cache.find(1, "")), "unknown");
  EXPECT_EQ(valueOf(cache.find(256, "a")), "other");
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_LT(cache.bytes(), bytes);
  cache.put(1, "a", SharedBytes("new"));
  EXPECT_EQ(valueOf(cache.find(1, "a")), "new");
}

TEST(CommittedCache, AValueLargerThanTheCacheIsNotKept) {
  CommittedCache cache(500);
  cache.put(1, "a", SharedBytes(std::string(1'000, 'x')));
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(valueOf(cache.find(1, "a")), "unknown");
}

}  // namespace
}  // namespace Party::Serve
