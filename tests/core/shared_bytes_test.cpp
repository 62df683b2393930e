#include <gtest/gtest.h>
#include <party/error.h>
#include <party/shared_bytes.h>

#include <cstring>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace Party {
namespace {

TEST(SharedBytes, AreEmptyAndWithoutDataByDefault) {
  static_assert(sizeof(SharedBytes) == 8);
  const SharedBytes nothing;
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(nothing.data(), nullptr);
  EXPECT_EQ(nothing.view(), "");
  EXPECT_EQ(nothing.tag(), 0);
  EXPECT_EQ(nothing.headroom(), 0u);
  EXPECT_EQ(nothing, SharedBytes(std::string_view("")));
}

TEST(SharedBytes, KeepBytesTagAndHeadroom) {
  const SharedBytes bytes = SharedBytes::make("a\0b", 16, 7);
  EXPECT_EQ(bytes.view(), "a");
  const SharedBytes withNul = SharedBytes::make(std::string_view("a\0b", 3), 16, 7);
  EXPECT_EQ(withNul.view(), std::string_view("a\0b", 3));
  EXPECT_EQ(withNul.tag(), 7);
  EXPECT_EQ(withNul.headroom(), 16u);
  EXPECT_EQ(withNul.span().size(), 3u);
}

TEST(SharedBytes, TheHeadroomIsTheCallersToWrite) {
  SharedBytes bytes = SharedBytes::make("body", 16, 0);
  std::memset(bytes.mutableData() - 16, 'h', 16);
  EXPECT_EQ(bytes.view(), "body");
  EXPECT_EQ(bytes.tag(), 0);
}

TEST(SharedBytes, CopiesShareAndOutliveTheOriginal) {
  SharedBytes copy;
  {
    const SharedBytes original(std::string_view("shared"));
    copy = original;
    EXPECT_EQ(copy.data(), original.data());
  }
  EXPECT_EQ(copy.view(), "shared");
  const SharedBytes moved = std::move(copy);
  EXPECT_EQ(moved.view(), "shared");
}

TEST(SharedBytes, MayBeAssignedToThemselves) {
  SharedBytes bytes(std::string_view("same"));
  const SharedBytes& alias = bytes;
  bytes = alias;
  EXPECT_EQ(bytes.view(), "same");
}

TEST(SharedBytes, AreEqualByContent) {
  EXPECT_EQ(SharedBytes(std::string_view("a")), SharedBytes(std::string_view("a")));
  EXPECT_NE(SharedBytes(std::string_view("a")), SharedBytes(std::string_view("b")));
}

TEST(SharedBytes, LargerThanTheLimitAreRefused) {
  EXPECT_THROW(SharedBytes::allocate(SharedBytes::maxSize + 1, 0, 0), Error);
  EXPECT_THROW(SharedBytes::allocate(~std::size_t{0}, 16, 0), Error);
}

TEST(SharedBytes, MayBeCopiedAndDroppedOnSeveralThreads) {
  const SharedBytes bytes(std::string_view("travelling"));
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([bytes] {
      for (int round = 0; round < 10'000; ++round) {
        const SharedBytes copy = bytes;
        ASSERT_EQ(copy.size(), 10u);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(bytes.view(), "travelling");
}

}  // namespace
}  // namespace Party
