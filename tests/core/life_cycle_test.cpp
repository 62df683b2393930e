#include "life_cycle.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>

namespace Party::Detail {
namespace {

using Phase = LifeCycle::Phase;
using Step = LifeCycle::Step;

constexpr std::array phases{Phase::absent, Phase::starting, Phase::ready};
constexpr std::array steps{Step::construct, Step::started, Step::startFailed, Step::hibernate, Step::reset};

LifeCycle at(Phase phase) {
  LifeCycle life;
  if (phase != Phase::absent) life.take(Step::construct);
  if (phase == Phase::ready) life.take(Step::started);
  return life;
}

// D-2, LIFE-5, EVICT-018: each pair of phase and step is legal with one end, or a fault
TEST(LifeCycle, TakesTheStepsOfItsTableAndNoOther) {
  const auto expected = [](Phase phase, Step step) -> std::optional<Phase> {
    if (step == Step::reset) return Phase::absent;
    if (phase == Phase::absent && step == Step::construct) return Phase::starting;
    if (phase == Phase::starting && step == Step::started) return Phase::ready;
    if (phase == Phase::starting && step == Step::startFailed) return Phase::absent;
    if (phase == Phase::ready && step == Step::hibernate) return Phase::absent;
    return std::nullopt;
  };
  for (const Phase phase : phases) {
    for (const Step step : steps) {
      LifeCycle life = at(phase);
      ASSERT_EQ(life.phase(), phase);
      if (const auto after = expected(phase, step)) {
        life.take(step);
        EXPECT_EQ(life.phase(), *after);
      } else {
        EXPECT_THROW(life.take(step), std::logic_error);
        EXPECT_EQ(life.phase(), phase) << "a refused step changes nothing";
      }
    }
  }
}

TEST(LifeCycle, AFaultNamesThePhaseAndTheStep) {
  try {
    LifeCycle().take(Step::hibernate);
    FAIL() << "nothing was thrown";
  } catch (const std::logic_error& fault) {
    EXPECT_STREQ(fault.what(), "a room that is absent cannot take the step hibernate");
  }
}

}  // namespace
}  // namespace Party::Detail
