// LibFuzzer on a subject: any bytes are a scenario, which is brought into the shape that the subject gives its lives,
// and the same laws judge it. What is found is shrunk by the simulator, as `PARTY_FUZZ` does: libFuzzer itself only
// makes inputs shorter.

#include <party/sim/judge.h>
#include <party/sim/shrink.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "outcome.h"

namespace {

using Clock = std::chrono::steady_clock;
using Party::Sim::Scenario;
using Party::Sim::Step;
using Party::Sim::Verb;

constexpr double shrinkSeconds = 1;

/// One of the texts of a generator: the bytes say which. Nobody guesses JSON byte by byte.
std::string chosenText(const rc::Gen<std::string>& texts, std::string_view bytes) {
  std::uint64_t number = 0xcbf2'9ce4'8422'2325;  // FNV-1a
  for (const char byte : bytes) number = (number ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
  return texts(rc::Random(number), rc::kNominalSize).value();
}

/// As lives of the subject are: so many clients and rooms, and no texts but its own.
void bringIntoShape(Scenario& scenario) {
  const auto& shape = subject().subject->shape();
  scenario.party = subject().parties.front().name;
  scenario.clients = std::min(scenario.clients, shape.maxClients);
  scenario.rooms = std::min(scenario.rooms, shape.rooms);
  for (Step& step : scenario.steps) {
    step.client = static_cast<std::uint8_t>(step.client % scenario.clients);
    step.room = static_cast<std::uint8_t>(step.room % scenario.rooms);
    const bool message = step.verb == Verb::send || step.verb == Verb::sendBytes;
    if (message && shape.messages) {
      step.verb = Verb::send;
      step.number = 0;
      step.payload = chosenText(*shape.messages, step.payload);
    }
    if (step.verb == Verb::connect) step.payload = shape.connects ? chosenText(*shape.connects, step.payload) : "";
    if (step.verb == Verb::request && shape.requests) step.payload = chosenText(*shape.requests, step.payload);
  }
  std::erase_if(scenario.steps, [&](const Step& step) { return !shape.faults && isFault(step.verb); });
}

class Search {
 public:
  Search() : judge_(subject().parties, *subject().subject) {}

  void tryOut(std::span<const std::uint8_t> bytes) {
    Scenario scenario = Scenario::decode(bytes);
    bringIntoShape(scenario);
    if (const auto finding = judge_.examine(scenario)) end(scenario, *finding);
  }

 private:
  [[noreturn]] void end(const Scenario& scenario, const Party::Sim::Finding& found) {
    Outcome outcome{.finding = found, .minimal = {}, .seconds = secondsSince(begin_)};
    const auto foundAt = Clock::now();
    Party::Sim::ShrinkLimits limits;
    limits.cutPayloads = !subject().subject->shape().messages && !subject().subject->shape().requests;
    limits.spent = [&] { return secondsSince(foundAt) >= shrinkSeconds; };
    const auto fails = [&](const Scenario& candidate) {
      const auto finding = judge_.examine(candidate);
      return finding && finding->sameAs(found);
    };
    outcome.minimal = shrink(scenario, fails, limits).scenario;
    outcome.shrinkSeconds = secondsSince(foundAt);
    print(outcome);
    std::_Exit(1);
  }

  const Clock::time_point begin_ = Clock::now();
  Party::Sim::Judge judge_;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::atexit([] { print(std::nullopt); });  // when the time is over
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Search search;
  search.tryOut({data, size});
  return 0;
}
