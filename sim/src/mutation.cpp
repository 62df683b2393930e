#include "mutation.h"

#include <party/host/chance.h>
#include <party/message.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "random_life.h"
#include "verb_table.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::uint64_t mutationPurpose = 0xf022'0000;

class Mutation {
 public:
  Mutation(Scenario& scenario, const Host::PartyDescriptor& party, const Property& property, std::uint64_t seed,
           const ChangeBytes& changeBytes)
      : scenario_(scenario), party_(party), property_(property), seed_(seed), changeBytes_(changeBytes) {}

  void apply() {
    if (steps().empty()) return anotherLife();
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return moreSteps();
      case 4:
      case 5:
        return void(steps().erase(steps().begin() + place()));
      case 6:
        return std::swap(any(), any());
      case 7:
      case 8:
      case 9:
        return void(any().after = randomStep().after);
      case 10:
      case 11:
        return sayAsGenerated();
      case 12:
      case 13:
        return changeText();
      case 14:
        return void(scenario_.faults = Faults::fromBits(scenario_.faults.bits() ^ 1u << below(faults)));
      default:
        return void(scenario_.seed = next());
    }
  }

 private:
  std::vector<Step>& steps() { return scenario_.steps; }
  std::uint64_t next() { return Host::mix(seed_, mutationPurpose, 0, drawn_++); }
  std::uint64_t below(std::uint64_t bound) { return Host::below(next(), bound); }
  std::ptrdiff_t place() { return static_cast<std::ptrdiff_t>(below(steps().size())); }
  Step& any() { return steps()[below(steps().size())]; }
  Scenario randomScenario() { return randomLife(party_, property_, next(), 0); }
  Step randomStep() {
    const Scenario life = randomScenario();
    return life.steps[below(life.steps.size())];
  }

  void anotherLife() { scenario_ = randomScenario(); }
  void moreSteps() {
    const Scenario life = randomScenario();
    const auto first = below(life.steps.size());
    const auto count = std::min(1 + below(3), life.steps.size() - first);
    const auto at = place() + 1;
    for (std::uint64_t i = 0; i < count && steps().size() < Scenario::maxSteps; ++i) {
      Step step = life.steps[first + i];
      step.id = scenario_.nextId();
      normalise(step, scenario_.clients, scenario_.rooms);
      steps().insert(steps().begin() + at + static_cast<std::ptrdiff_t>(i), std::move(step));
    }
  }
  void sayAsGenerated() {
    Step& step = any();
    const Scenario life = randomScenario();
    for (const Step& other : life.steps) {
      if (other.verb != step.verb || other.payload == step.payload) continue;
      step.payload = other.payload;
      step.number = other.number;
      return;
    }
  }
  void changeText() {
    Step& step = any();
    const Payload kind = shapeOf(step.verb).payload;
    if (kind == Payload::none) return moreSteps();
    const std::size_t size = std::min<std::size_t>(step.payload.size(), Scenario::maxPayloadBytes);
    std::vector<std::uint8_t> room(step.payload.begin(), step.payload.begin() + static_cast<std::ptrdiff_t>(size));
    room.resize(std::min<std::size_t>(size * 2 + 64, Scenario::maxPayloadBytes));
    step.payload.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(changeBytes_(room, size)));
    if (kind == Payload::text && !isValidUtf8(step.payload)) {
      for (char& c : step.payload) c = static_cast<char>(static_cast<unsigned char>(c) & 0x7fu);
    }
  }

  Scenario& scenario_;
  const Host::PartyDescriptor& party_;
  const Property& property_;
  std::uint64_t seed_;
  const ChangeBytes& changeBytes_;
  std::uint64_t drawn_ = 0;
};

}  // namespace

void mutate(Scenario& scenario, const Host::PartyDescriptor& party, const Property& property, std::uint64_t seed,
            const ChangeBytes& changeBytes) {
  Mutation(scenario, party, property, seed, changeBytes).apply();
  if (!scenario.isNormal()) scenario = Scenario::decode(scenario.encode());
}

}  // namespace Party::Sim::Detail
