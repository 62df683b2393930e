// Rapidcheck's own runner on a subject: `program SEED SECONDS`. Its generator is the subject's, and so is its judge;
// how many lives, how long ones, and how a failure is shrunk, is rapidcheck's affair. It knows a number of lives and no
// time, so its usual hundred are tried again and again, each time with another seed.

#include <party/sim/judge.h>
#include <party/sim/rapidcheck.h>
#include <rapidcheck.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "outcome.h"

namespace {

using Clock = std::chrono::steady_clock;

class Search {
 public:
  Search(std::uint64_t seed, double limit)
      : seed_(seed), limit_(limit), judge_(subject().parties, *subject().subject) {}

  /// Ends the process.
  [[noreturn]] void run() {
    const auto lives = Party::Sim::scenarios(subject().parties, *subject().subject);
    for (std::uint64_t round = 0; !outcome_; ++round) {
      rc::detail::TestParams params;
      params.seed = seed_ + round * 1'000'000;
      rc::detail::checkTestable([&] { tryOut(*lives); }, rc::detail::TestMetadata(), params);
    }
    end();
  }

 private:
  void tryOut(const Party::Sim::Scenario& scenario) {
    if (secondsSince(outcome_ ? found_ : begin_) >= limit_) end();
    const auto finding = judge_.examine(scenario);
    if (!finding) return;
    if (!outcome_) found_ = Clock::now();
    const double seconds = outcome_ ? outcome_->seconds : secondsSince(begin_);
    outcome_ = {*finding, scenario, seconds, secondsSince(found_)};  // rapidcheck shrinks: what fails later is smaller
    RC_FAIL(finding->law);
  }
  /// Also in the middle of a search, which rapidcheck cannot be asked to leave.
  [[noreturn]] void end() {
    print(outcome_);
    std::_Exit(outcome_ ? 1 : 0);
  }

  const Clock::time_point begin_ = Clock::now();
  std::uint64_t seed_;
  double limit_;
  Party::Sim::Judge judge_;
  std::optional<Outcome> outcome_;
  Clock::time_point found_;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto seed = argc == 3 ? number(argv[1]) : std::nullopt;
  const auto seconds = argc == 3 ? number(argv[2]) : std::nullopt;
  if (!seed || !seconds) {
    std::fputs("give a seed and for how many seconds to look, two numbers\n", stderr);
    return 64;
  }
  Search(*seed, static_cast<double>(*seconds)).run();
}
