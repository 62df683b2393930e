#include <gtest/gtest.h>
#include <party/sim/fuzz.h>
#include <party/sim/scenario.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "played_parties.h"

namespace {

using Party::Sim::FuzzTarget;
using Party::Sim::Property;
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

/// Says something when it is told a word that nobody guesses.
class Vault : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    if (message.content() == R"({"open":"sesame"})") throw Party::Error("it is open");
    return {};
  }
};

Property vault() {
  Property property;
  property.messages(rc::gen::element<std::string>(R"({"close":1})", R"({"open":"sesam"})", R"({"open":"sesame"})"));
  return property;
}

std::vector<std::uint8_t> mutated(const FuzzTarget& target, std::vector<std::uint8_t> bytes, unsigned int seed,
                                  std::size_t room = 4'096) {
  const std::size_t size = bytes.size();
  bytes.resize(std::max(room, size));
  bytes.resize(target.mutate(bytes, size, seed));
  return bytes;
}

TEST(FuzzMutation, KeepsALifeALifeAndIsTheSameForASeed) {
  const FuzzTarget target(Party::parties<Wall<true>>("main"));
  std::vector<std::uint8_t> bytes;
  std::size_t steps = 0;
  for (unsigned int seed = 0; seed < 2'000; ++seed) {
    const auto next = mutated(target, bytes, seed);
    ASSERT_EQ(next, mutated(target, bytes, seed));
    const Scenario life = Scenario::decode(next);
    ASSERT_TRUE(life.isNormal()) << life.text();
    steps = std::max(steps, life.steps.size());
    bytes = next;
  }
  EXPECT_GT(steps, 10u);
}

TEST(FuzzMutation, StaysWithinTheRoomThereIs) {
  const FuzzTarget target(Party::parties<Wall<true>>("main"));
  const auto input = inputOf(sleepsBetween);
  for (unsigned int seed = 0; seed < 500; ++seed) {
    EXPECT_LE(mutated(target, input, seed, input.size()).size(), input.size());
  }
}

TEST(FuzzMutation, SaysWhatThePropertysGeneratorsSay) {
  const FuzzTarget target(Party::parties<Vault>("main"), vault());
  std::vector<std::uint8_t> bytes;
  std::size_t said = 0;
  for (unsigned int seed = 0; seed < 1'000; ++seed) {
    bytes = mutated(target, bytes, seed);
    for (const auto& step : Scenario::decode(bytes).steps) said += step.payload == R"({"open":"sesame"})" ? 1 : 0;
  }
  EXPECT_GT(said, 100u);
}

TEST(FuzzDictionary, HasTheWordsOfTheGeneratorsAndIsNamedToTheFuzzer) {
  const FuzzTarget target(Party::parties<Vault>("main"), vault());
  std::string program = "fuzz_vault";
  std::vector<char*> words{program.data(), nullptr};
  int argc = 1;
  char** argv = words.data();
  target.addDictionary(&argc, &argv);
  ASSERT_EQ(argc, 2);
  EXPECT_EQ(argv[2], nullptr);
  const std::string option = argv[1];
  ASSERT_TRUE(option.starts_with("-dict=")) << option;
  std::ifstream file(option.substr(6));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const char* line : {"\"sesame\"\n", "\"\\x22open\\x22:\"\n", "\"close\"\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  target.addDictionary(&argc, &argv);
  EXPECT_EQ(argc, 2) << "one is enough";
}

}  // namespace
