#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/breakpoint.h>
#include <party/sim/judge.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace Party::Sim {
namespace {

class Breakpoint final : public Witness {
 public:
  explicit Breakpoint(StepId step) : step_(step) {}

  void beforeStep(const Step& step) override {
    if (step.id != step_) return;
    std::fputs(fmt::format("stopping before step {}: {}\n", step.id, sentence(step)).c_str(), stderr);
    std::raise(SIGTRAP);  // from here the step is carried out: continue, or step into it
  }

 private:
  StepId step_;
};

}  // namespace

std::optional<StepId> stepToBreakAt() {
  const char* given = std::getenv("PARTY_BREAK_AT_STEP");
  if (given == nullptr) return std::nullopt;
  const std::string_view text(given);
  StepId number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(fmt::format("PARTY_BREAK_AT_STEP is the number of a step, not \"{}\"", text));
  }
  return number;
}

std::optional<std::string> breakAtStep(const Scenario& scenario, StepId step, const Host::Parties& parties,
                                       const Peers& peers) {
  if (std::ranges::find(scenario.steps, step, &Step::id) == scenario.steps.end()) {
    std::string known;
    for (const Step& each : scenario.steps) known += fmt::format("{}{}", known.empty() ? "" : ", ", each.id);
    return fmt::format("there is no step {} to stop before; {}", step,
                       known.empty() ? "the scenario has none" : "the steps are " + known);
  }
  Breakpoint breakpoint(step);
  LifeOptions options = judgedLife(scenario);
  options.witness = &breakpoint;
  Stage(parties, peers).play(scenario, options);
  return std::nullopt;
}

}  // namespace Party::Sim
