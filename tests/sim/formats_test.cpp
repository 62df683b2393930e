#include <gtest/gtest.h>
#include <party/sim/formats.h>

TEST(Formats, CarryANumberSoThatOldTracesAreRecognised) {
  EXPECT_GE(Party::Sim::traceFormat(), 1);
  EXPECT_GE(Party::Sim::scenarioFormat(), 1);
}
