#include <gtest/gtest.h>
#include <party/version.h>

TEST(Version, OfTheLinkedLibraryHasThreeNumbers) {
  EXPECT_TRUE(testing::internal::RE::FullMatch(std::string(Party::version()), "[0-9]+\\.[0-9]+\\.[0-9]+"));
}
