#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/rapidcheck.h>
#include <party/sim/shrink.h>
#include <rapidcheck/Random.h>
#include <rapidcheck/seq/Create.h>
#include <rapidcheck/seq/Transform.h>
#include <rapidcheck/shrinkable/Create.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

#include "random_life.h"
#include "search.h"

namespace Party::Sim {
namespace {

/// Rapidcheck knows no budget. Every move makes a scenario simpler, so this is never reached but by a mistake in one.
constexpr std::size_t mostShrinks = 1'000;

rc::Shrinkable<Scenario> shrinkable(Scenario scenario, std::shared_ptr<const Property> property,
                                    std::size_t left = mostShrinks) {
  const auto held = std::make_shared<const Scenario>(std::move(scenario));
  const auto simpler = [held, property, left]() -> rc::Seq<rc::Shrinkable<Scenario>> {
    if (left == 0) return {};
    auto candidates = simplerThan(*held, Detail::limitsFor(*property, *held));
    return rc::seq::map(rc::seq::fromContainer(std::move(candidates)), [property, left](Scenario&& candidate) {
      return shrinkable(std::move(candidate), property, left - 1);
    });
  };
  return rc::shrinkable::lambda([held] { return *held; }, simpler);
}

rc::Gen<Scenario> lives(Host::PartyDescriptor party, const Property& property) {
  const auto shape = std::make_shared<const Property>(property);
  return [party = std::move(party), shape](const rc::Random& random, int size) {
    Property sized = *shape;
    const auto part = static_cast<std::uint32_t>(std::clamp(size, 1, rc::kNominalSize));
    sized.steps(std::max(shape->shape().steps * part / rc::kNominalSize, 1u));
    const std::uint64_t seed = rc::Random(random).next();
    Scenario life = Detail::randomLife(party, sized, seed, 0);
    for (const auto& steer : shape->shape().steering) steer(life);
    return shrinkable(std::move(life), shape);
  };
}

}  // namespace

rc::Gen<Scenario> scenarios(const Host::Parties& parties, const Property& property, std::string_view party) {
  const auto found = std::ranges::find(parties, party, &Host::PartyDescriptor::name);
  if (found == parties.end()) throw Error(fmt::format("there is no party called \"{}\"", party));
  return lives(*found, property);
}

rc::Gen<Scenario> scenarios() {
  Host::PartyDescriptor any;
  any.name = "main";
  any.overrides.onRequest = true;
  any.overrides.onAlarm = true;
  return lives(std::move(any), Property());
}

Survival survives(const Scenario& scenario, const Host::Parties& parties, const Property& property) {
  return {Judge(parties, property).examine(scenario)};
}

void showValue(const Scenario& scenario, std::ostream& out) { out << '\n' << scenario.text(); }

void showValue(const Survival& survival, std::ostream& out) {
  if (!survival.finding) {
    out << "nothing broken";
  } else {
    out << "broken: " << survival.finding->law << '\n' << survival.finding->how;
  }
}

}  // namespace Party::Sim
