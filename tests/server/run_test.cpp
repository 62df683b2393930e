#include <gtest/gtest.h>
#include <party/run.h>

TEST(Run, RefusesAnOptionItDoesNotKnow) {
  std::string name = "party", unknown = "--nonsense";
  char* arguments[] = {name.data(), unknown.data(), nullptr};
  EXPECT_NE(Party::run(2, arguments), 0);
}
