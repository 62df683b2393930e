#include <fmt/format.h>
#include <party/sim/fuzz.h>
#include <party/sim/judge.h>
#include <party/sim/report.h>
#include <party/sim/shrink.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "budget.h"

namespace Party::Sim {
namespace {

constexpr double shrinkSeconds = 2;

}  // namespace

class FuzzTarget::Machinery {
 public:
  Machinery(Host::Parties parties, Property property)
      : parties_(std::move(parties)), property_(std::move(property)), judge_(parties_, property_) {}

  void tryOut(std::span<const std::uint8_t> bytes) {
    Scenario scenario = Scenario::decode(bytes);
    scenario.party = parties_.front().name;  // the only one that is tried; its name is not for the fuzzer to find
    if (const auto finding = judge_.examine(scenario)) report(scenario, *finding);
  }

 private:
  [[noreturn]] void report(const Scenario& scenario, const Finding& found) {
    const Detail::Stopwatch watch;
    ShrinkLimits limits;
    limits.spent = [&] { return watch.seconds() >= shrinkSeconds; };
    const auto fails = [&](const Scenario& candidate) {
      const auto finding = judge_.examine(candidate);
      return finding && finding->sameAs(found);
    };
    const Shrunk smallest = shrink(scenario, fails, limits);
    const Finding finding = judge_.examine(smallest.scenario).value_or(found);
    ReportContext context;
    context.program.clear();
    std::fputs(fmt::format("\n{}\nas a code: {}\n", findingText(finding, smallest.scenario, parties_, context),
                           smallest.scenario.code())
                   .c_str(),
               stderr);
    std::abort();
  }

  Host::Parties parties_;
  Property property_;
  Judge judge_;
};

FuzzTarget::FuzzTarget(Host::Parties parties, Property property)
    : machinery_(std::make_unique<Machinery>(std::move(parties), std::move(property))) {}
FuzzTarget::~FuzzTarget() = default;

void FuzzTarget::operator()(std::span<const std::uint8_t> bytes) { machinery_->tryOut(bytes); }

}  // namespace Party::Sim
