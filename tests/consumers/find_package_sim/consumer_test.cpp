#include <gtest/gtest.h>
#include <party/sim/formats.h>

TEST(Consumer, UsesTheInstalledSimulator) { EXPECT_GE(Party::Sim::traceFormat(), 1); }
