#include <gtest/gtest.h>
#include <party/error.h>
#include <party/sim/seed.h>

#include <string>

namespace {

using Party::Sim::Seed;

TEST(Seed, ReadsDecimalAndHexadecimalNumbers) {
  EXPECT_EQ(Seed::parse("7"), Seed(7));
  EXPECT_EQ(Seed::parse("0x1f"), Seed(31));
  EXPECT_EQ(Seed::parse("18446744073709551615"), Seed(~std::uint64_t{0}));
}

TEST(Seed, ReadsACommitAndEachDigitCounts) {
  const std::string commit = "5fd3ec9aa0b1c2d3e4f5061728394a5b6c7d8e9f";
  const Seed seed = Seed::parse(commit);
  EXPECT_EQ(Seed::parse(commit), seed);
  for (std::size_t i = 0; i < commit.size(); ++i) {
    std::string other = commit;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_NE(Seed::parse(other), seed) << "digit " << i;
  }
}

TEST(Seed, ShowsItselfAsATextThatItReads) {
  EXPECT_EQ(Seed(31).text(), "0x000000000000001f");
  EXPECT_EQ(Seed::parse(Seed(0xfedcba9876543210u).text()), Seed(0xfedcba9876543210u));
}

TEST(Seed, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "x", "-1", "+7", " 7", "7 ", "0x", "0xg", "18446744073709551616", "0x10000000000000000",
                           "5fd3ec9aa0b1c2d3e4f5061728394a5b6c7d8eg0"}) {
    EXPECT_THROW(Seed::parse(text), Party::Error) << text;
  }
  EXPECT_THROW(Seed::parse(std::string(100'000, '9')), Party::Error);
}

}  // namespace
