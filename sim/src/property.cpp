#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/property.h>

#include <algorithm>

#include "quoted.h"

namespace Party::Sim {
namespace {

void demand(bool holds, std::string_view sentence) {
  if (!holds) throw Error(std::string(sentence));
}

}  // namespace

Property& Property::clients(std::uint32_t atLeast, std::uint32_t atMost) {
  demand(
      atLeast >= 1 && atLeast <= atMost && atMost <= Scenario::maxClients,
      fmt::format("clients({}, {}): at least 1, at most {}, the smaller first", atLeast, atMost, Scenario::maxClients));
  shape_.minClients = static_cast<std::uint8_t>(atLeast);
  shape_.maxClients = static_cast<std::uint8_t>(atMost);
  return *this;
}

Property& Property::rooms(std::uint32_t atMost) {
  demand(atMost >= 1 && atMost <= Scenario::maxRooms, fmt::format("rooms({}): 1 to {}", atMost, Scenario::maxRooms));
  shape_.rooms = static_cast<std::uint8_t>(atMost);
  return *this;
}

Property& Property::steps(std::uint32_t atMost) { return steps(std::min(3u, atMost), atMost); }
Property& Property::steps(std::uint32_t least, std::uint32_t atMost) {
  constexpr auto most = Scenario::maxSteps / 2;  // the other half is for rooms that go to sleep
  demand(atMost >= 1 && atMost <= most, fmt::format("steps({}): 1 to {}", atMost, most));
  demand(least <= atMost, fmt::format("steps({}, {}): the first is the least", least, atMost));
  shape_.minSteps = std::max(1u, least);
  shape_.steps = atMost;
  return *this;
}

Property& Property::messages(rc::Gen<std::string> texts) { return shape_.messages = std::move(texts), *this; }
Property& Property::requests(rc::Gen<std::string> bodies) { return shape_.requests = std::move(bodies), *this; }
Property& Property::connects(rc::Gen<std::string> queries) { return shape_.connects = std::move(queries), *this; }
Property& Property::peer(std::string origin, PeerAnswer answer) {
  shape_.peers.push_back({std::move(origin), std::move(answer)});
  return *this;
}
Property& Property::withoutFaults() { return shape_.faults = false, *this; }
Property& Property::allowHandlerErrors() { return shape_.handlerErrors = false, *this; }
Property& Property::withoutHibernation() { return shape_.hibernation = false, *this; }

Property& Property::expectations(ExpectationWatchMaker watch) {
  shape_.expectations = std::move(watch);
  return *this;
}

Property& Property::follows(Followed model) {
  if (!shape_.messages) shape_.messages = std::move(model.messages);
  shape_.steering.push_back(std::move(model.steer));
  return eventually(std::move(model.law), model.within, std::move(model.holds));
}

Property& Property::volatileMessages(MessagePredicate which) {
  shape_.projections.volatileMessages.push_back(std::move(which));
  return *this;
}
Property& Property::eventuallyEqual(MessagePredicate which) {
  shape_.projections.eventuallyEqual.push_back(std::move(which));
  return *this;
}
Property& Property::volatileKeys(std::string prefix) {
  shape_.projections.volatileKeys.push_back(std::move(prefix));
  return *this;
}

Property& Property::law(Law::When when, std::string name, Predicate holds, Duration within) {
  laws_.push_back({when, std::move(name), std::move(holds), within});
  return *this;
}

Property& Property::withoutCrashes() {
  shape_.crashes = false;
  return *this;
}

Property& Property::allowResidence() {
  shape_.residence = false;
  return *this;
}

Property& Property::allowStranding() {
  shape_.stranding = false;
  return *this;
}

Property& Property::withoutAlarmRepeats() {
  shape_.alarmRepeats = false;
  return *this;
}
Property& Property::onlyOwnLaws() {
  shape_.ownLawsOnly = true;
  return *this;
}
Property& Property::always(std::string name, Predicate holds) {
  return law(Law::When::always, std::move(name), std::move(holds));
}
Property& Property::never(std::string name, Predicate happens) {
  return law(Law::When::never, std::move(name), std::move(happens));
}
Property& Property::eventually(std::string name, Duration within, Predicate holds) {
  return law(Law::When::eventually, std::move(name), std::move(holds), within);
}
Property& Property::sometimes(std::string name, Predicate happens) {
  return law(Law::When::sometimes, std::move(name), std::move(happens));
}

Predicate noDuplicates() {
  return [](const View& view) -> Verdict {
    for (const ClientView& client : view.clients()) {
      auto messages = client.messages();
      std::ranges::sort(messages, {}, &Message::content);
      const auto twice = std::ranges::adjacent_find(messages);
      if (twice == messages.end()) continue;
      return Verdict::broken(fmt::format("{} got {} twice in {}", client.name(),
                                         Detail::quoted(Detail::shortened(twice->content(), 40), twice->isText()),
                                         roomName(client.room())));
    }
    return true;
  };
}

}  // namespace Party::Sim
