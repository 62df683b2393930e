#include <gtest/gtest.h>
#include <party/error.h>

#include <string>

namespace Party {
namespace {

TEST(Error, SaysItsMessageAndNothingElseToClients) {
  const Error error("no such game", 404, "the id has 7 bytes");
  EXPECT_STREQ(error.what(), "no such game");
  EXPECT_EQ(error.message(), "no such game");
  EXPECT_EQ(error.code(), 404);
  EXPECT_EQ(error.detail(), "the id has 7 bytes");
}

TEST(Error, HasNoCodeUnlessGivenOne) {
  EXPECT_EQ(Error("x").code(), std::nullopt);
  EXPECT_EQ(Error("x", 0).code(), 0);
}

// D-17: which codes are used is not decided here
TEST(Error, KeepsAnyCodeItIsGiven) {
  for (const int code : {-1, 99, 204, 600}) EXPECT_EQ(Error("x", code).code(), code);
}

TEST(Error, IsCaughtAsAStandardException) {
  try {
    throw Error("text");
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "text");
  }
}

}  // namespace
}  // namespace Party
