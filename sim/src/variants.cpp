#include "variants.h"

#include <fmt/format.h>
#include <party/sim/judge.h>
#include <party/sim/life.h>
#include <party/sim/observer.h>
#include <party/sim/view.h>
#include <party/sim/world.h>

#include <algorithm>
#include <array>

#include "verb_table.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::uint32_t momentsANumberCanName = shapeOf(Verb::crashInside).maxNumber;
constexpr std::uint32_t afterTheEnd = 1'000;  // ms, when all has come to rest

/// Counts, between each two steps, the moments that a `crashInside` there counts.
class MomentCounter final : public Witness, public Observer {
 public:
  void afterStep(const View& view) override {
    world_ = &view.world();
    moments_.push_back(0);
  }
  void onBoundary(Time, RoomIndex room) override {
    if (world_ != nullptr && world_->vulnerable(room)) ++moments_.back();
  }
  /// After the step with this index, up to the end of the next.
  const std::vector<std::uint32_t>& moments() const { return moments_; }

 private:
  const World* world_ = nullptr;  // nothing happens before the first step
  std::vector<std::uint32_t> moments_;
};

std::vector<std::uint32_t> momentsOf(const Scenario& scenario, const Property& property, const Host::Parties& parties) {
  // As the crash will be judged: without sleep, alarms by themselves. The step at the end never comes to its moment.
  Scenario crashing = scenario;
  crashing.steps.push_back(Step{.id = scenario.nextId(), .verb = Verb::crashInside, .number = momentsANumberCanName});
  LifeOptions options = judgedLife(crashing);
  MomentCounter counter;
  options.witness = &counter;
  options.observer = &counter;
  Stage(parties, property.shape().peers).play(crashing, options);
  std::vector<std::uint32_t> moments = counter.moments();
  moments.resize(scenario.steps.size() + 1, 0);  // a life that was cut short has fewer
  if (!scenario.steps.empty()) moments[scenario.steps.size() - 1] += moments[scenario.steps.size()];
  moments.resize(scenario.steps.size());
  return moments;
}

class Enumeration {
 public:
  Enumeration(const Scenario& scenario, const Property& property, const Host::PartyDescriptor& party,
              const std::vector<std::uint32_t>& moments)
      : scenario_(scenario), shape_(property.shape()), party_(party), moments_(moments) {}

  Additions additions() && {
    if (shape_.faults) {
      for (unsigned bit = 0; bit < faults; ++bit) {
        const auto fault = static_cast<Fault>(bit);
        if (!scenario_.faults.has(fault)) result_.all.push_back({.step = {}, .slowness = true, .fault = fault});
      }
    }
    for (std::size_t place = 0; place <= scenario_.steps.size(); ++place) {
      if (place > 0) addClientsOf(scenario_.steps[place - 1]);
      const bool atTheEnd = place == scenario_.steps.size();
      add(place, false);
      if (atTheEnd || scenario_.steps[place].after > 0) add(place, true);
      if (place > 0 && shape_.faults && shape_.crashes) addMoments(place);
    }
    return std::move(result_);
  }

 private:
  void addClientsOf(const Step& step) {
    if (step.verb != Verb::connect || std::ranges::find(clients_, step.client) != clients_.end()) return;
    clients_.push_back(step.client);
  }
  void add(std::size_t place, bool late) {
    for (std::uint8_t room = 0; room < scenario_.rooms; ++room) {
      if (place > 0 && shape_.hibernation) push(place, late, {.verb = Verb::hibernate, .room = room});
      if (!shape_.faults) continue;
      if (place > 0) push(place, late, {.verb = Verb::reset, .room = room});
      push(place, late, {.verb = Verb::exceedCpu, .room = room});
      push(place, late, {.verb = Verb::failCommit, .room = room});
      push(place, late, {.verb = Verb::loseCommitReply, .room = room});
      if (party_.overrides.onAlarm && shape_.alarmRepeats) push(place, late, {.verb = Verb::repeatAlarm, .room = room});
    }
    if (!shape_.faults) return;
    if (place > 0) push(place, late, {.verb = Verb::crash});
    if (place > 0) push(place, late, {.verb = Verb::redeploy});
    for (const std::uint8_t client : clients_) {
      push(place, late, {.verb = Verb::drop, .client = client});
      push(place, late, {.verb = Verb::vanish, .client = client});
      push(place, late, {.verb = Verb::vanish, .client = client, .number = 2'000});
      push(place, late, {.verb = Verb::breakProtocol, .client = client, .number = 1002});
      push(place, late, {.verb = Verb::reconnect, .client = client});
      push(place, late, {.verb = Verb::partition, .client = client, .number = 1'000});
      push(place, late, {.verb = Verb::readNothing, .client = client, .number = 1'000});
    }
  }
  /// Those up to the end of the next step: the others are named from the places behind it.
  void addMoments(std::size_t place) {
    const std::uint32_t count = std::min(moments_[place - 1], momentsANumberCanName);
    result_.momentsLeftOut += moments_[place - 1] - count;
    for (std::uint32_t moment = 1; moment <= count; ++moment) {
      push(place, false, {.verb = Verb::crashInside, .number = moment});
    }
  }
  void push(std::size_t place, bool late, Step step) {
    result_.all.push_back({.place = place, .late = late, .step = std::move(step)});
  }

  const Scenario& scenario_;
  const Property::Shape& shape_;
  const Host::PartyDescriptor& party_;
  const std::vector<std::uint32_t>& moments_;
  std::vector<std::uint8_t> clients_;
  Additions result_;
};

}  // namespace

Additions additionsTo(const Scenario& scenario, const Property& property, const Host::Parties& parties) {
  const auto named = std::ranges::find(parties, scenario.party, &Host::PartyDescriptor::name);
  const auto& party = named == parties.end() ? parties.front() : *named;
  return Enumeration(scenario, property, party, momentsOf(scenario, property, parties)).additions();
}

Scenario with(const Scenario& scenario, const std::vector<const Addition*>& additions) {
  Scenario result = scenario;
  result.steps.clear();
  StepId id = scenario.nextId();
  for (std::size_t place = 0; place <= scenario.steps.size(); ++place) {
    const bool atTheEnd = place == scenario.steps.size();
    std::uint32_t wait = atTheEnd ? afterTheEnd : scenario.steps[place].after;
    for (const bool late : {false, true}) {
      for (const Addition* addition : additions) {
        if (addition->slowness || addition->place != place || addition->late != late) continue;
        result.steps.push_back(addition->step);
        result.steps.back().id = id++;
        result.steps.back().after = late ? std::exchange(wait, 0) : 0;
      }
    }
    if (atTheEnd) break;
    result.steps.push_back(scenario.steps[place]);
    result.steps.back().after = wait;
  }
  for (const Addition* addition : additions) {
    if (addition->slowness) result.faults = result.faults.with(addition->fault);
  }
  return result;
}

std::string describe(const Addition& addition) {
  if (addition.slowness) return fmt::format("\"{}\" throughout", nameOf(addition.fault));
  return addition.late ? fmt::format("\"{}\" right before step {}", sentence(addition.step), addition.place + 1)
                       : fmt::format("\"{}\" right after step {}", sentence(addition.step), addition.place);
}

}  // namespace Party::Sim::Detail
