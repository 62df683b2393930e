#include <gtest/gtest.h>
#include <party/sim/fuzz.h>
#include <party/sim/scenario.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "played_parties.h"

namespace {

using Party::Sim::FuzzTarget;
using Party::Sim::Scenario;
using PlayedParties::Wall;

std::vector<std::uint8_t> inputOf(const char* text) { return Scenario::parse(text).value().encode(); }

constexpr const char* sleepsBetween = R"(
  party-scenario 2
  party elsewhere
  clients 3
  rooms 1
  seed 7
  1 +0ms ann connects to room-1
  2 +100ms ann sends "a"
  3 +100ms cleo connects to room-1
  4 +100ms room-1 hibernates
  5 +0ms bob connects to room-1
)";

TEST(FuzzTargetDeathTest, AbortsWithTheSmallestScenarioThatBreaksTheLawAndATestToPaste) {
  FuzzTarget target(Party::parties<Wall<false>>("main"));
  const std::string smallest =
      "broken: hibernation changes nothing(.|\n)*connects(.|\n)*sends(.|\n)*hibernates(.|\n)*"
      "TEST\\(Wall, HibernationChangesNothing\\)(.|\n)*party main(.|\n)*as a code: s1\\.";
  EXPECT_DEATH(target(inputOf(sleepsBetween)), smallest);
}

TEST(FuzzTarget, TakesAnyBytesForALifeAndReturnsWhenNothingIsBroken) {
  FuzzTarget target(Party::parties<Wall<true>>("main"));
  target(inputOf(sleepsBetween));
  target({});
  std::array<std::uint8_t, 300> bytes{};
  for (std::uint32_t round = 0, state = 1; round < 200; ++round) {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1'664'525 + 1'013'904'223) >> 24);
    target(bytes);
  }
}

}  // namespace
