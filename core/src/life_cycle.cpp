#include "life_cycle.h"

#include <array>
#include <stdexcept>
#include <string>

namespace Party::Detail {
namespace {

using Phase = LifeCycle::Phase;
using Step = LifeCycle::Step;

struct Transition {
  Phase from;
  Step step;
  Phase to;
};

constexpr std::array legal{
    Transition{Phase::absent, Step::construct, Phase::starting},    //
    Transition{Phase::starting, Step::started, Phase::ready},       //
    Transition{Phase::starting, Step::startFailed, Phase::absent},  // D-2: all or nothing
    Transition{Phase::starting, Step::reset, Phase::absent},        //
    Transition{Phase::ready, Step::hibernate, Phase::absent},       //
    Transition{Phase::ready, Step::reset, Phase::absent},           //
    Transition{Phase::absent, Step::reset, Phase::absent},          // a unit may fail after its instance has gone
};

constexpr std::array phaseNames{"absent", "starting", "ready"};
constexpr std::array stepNames{"construct", "started", "startFailed", "hibernate", "reset"};

}  // namespace

void LifeCycle::take(Step step) {
  for (const Transition& transition : legal) {
    if (transition.from == phase_ && transition.step == step) {
      phase_ = transition.to;
      return;
    }
  }
  throw std::logic_error(std::string("a room that is ") + phaseNames[static_cast<std::size_t>(phase_)] +
                         " cannot take the step " + stepNames[static_cast<std::size_t>(step)]);
}

}  // namespace Party::Detail
