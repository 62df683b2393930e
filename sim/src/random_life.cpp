#include "random_life.h"

#include <party/host/chance.h>
#include <rapidcheck/Random.h>
#include <rapidcheck/Shrinkable.h>

#include <algorithm>
#include <array>

#include "verb_table.h"

namespace Party::Sim::Detail {
namespace {

/// What the runner draws for; far from what worlds and rooms draw for.
enum class Drawn : std::uint64_t { lifeSeed = 0x5eed'0000, shape, step, sleep, text, crash, repeat, seldom };

/// Draws for one thing, each under its own number.
class Draws {
 public:
  Draws(std::uint64_t seed, Drawn purpose, std::uint64_t cause = 0)
      : seed_(seed), purpose_(static_cast<std::uint64_t>(purpose)), cause_(cause) {}

  std::uint64_t next() { return Host::mix(seed_, purpose_, cause_, count_++); }
  std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>(Host::below(next(), bound)); }
  std::uint32_t between(std::uint64_t low, std::uint64_t high) {
    return static_cast<std::uint32_t>(low + below(high - low + 1));
  }
  bool oneIn(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t seed_;
  std::uint64_t purpose_;
  std::uint64_t cause_;
  std::uint64_t count_ = 0;
};

/// Mostly short waits, in which things overlap; some in which all comes to rest; a few long ones.
std::uint32_t randomWait(Draws& draws) {
  switch (draws.below(10)) {
    case 0:
    case 1:
      return 0;
    case 2:
    case 3:
    case 4:
      return draws.between(1, 10);
    case 5:
    case 6:
      return draws.between(10, 100);
    case 7:
    case 8:
      return draws.between(100, 2'000);
    default:
      return draws.oneIn(8) ? draws.between(10'000, 600'000) : draws.between(2'000, 10'000);
  }
}

struct Text {
  std::string payload;
  std::uint32_t filledTo = 0;
};

/// `large`: a life in which much is long, as limits of size are reached by several together.
Text randomText(Draws& draws, bool large) {
  static constexpr std::array<std::string_view, 10> usual{"a",   "b",     "c",   "hello", "one",
                                                          "two", "three", "x y", "1",     "2"};
  static constexpr std::array<std::string_view, 11> odd{
      "", " ", "0", "-1", "null", "{}", "[", "\"", "<b>", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x88", "a\nb"};
  if (!draws.oneIn(large ? 2 : 6)) return {std::string(usual[draws.below(usual.size())])};
  if (!draws.oneIn(large ? 1 : 4)) return {std::string(odd[draws.below(odd.size())])};
  static constexpr std::array<std::uint32_t, 6> sizes{100, 1'000, 3'000, 20'000, 70'000, 140'000};
  return {"long ", sizes[draws.below(sizes.size())]};
}

std::string generated(const rc::Gen<std::string>& generator, Draws& draws) {
  const auto seed = draws.next();
  const int size = static_cast<int>(draws.between(1, rc::kNominalSize));
  return generator(rc::Random(seed), size).value();
}

struct Weight {
  Verb verb;
  std::uint32_t weight;
};

/// Which kinds of steps this life has, and how often.
std::vector<Weight> randomWeights(const Host::PartyDescriptor& party, const Property::Shape& shape, bool swarm,
                                  Draws& draws, Draws rare) {
  std::vector<Weight> weights{{Verb::connect, 4}, {Verb::send, 10}, {Verb::wait, 1}};
  const auto maybe = [&](Verb verb, std::uint32_t weight, bool possible) {
    if (const bool on = draws.oneIn(2); (on || !swarm) && possible) weights.push_back({verb, weight});
  };
  maybe(Verb::close, 2, true);
  maybe(Verb::reconnect, 2, true);
  maybe(Verb::sendBytes, 1, !shape.messages);
  maybe(Verb::request, 4, party.overrides.onRequest);
  maybe(Verb::fireAlarm, 4, party.overrides.onAlarm);
  maybe(Verb::drop, 2, shape.faults);
  maybe(Verb::vanish, 1, shape.faults);
  maybe(Verb::breakProtocol, 1, shape.faults);
  maybe(Verb::crash, 1, shape.faults);
  maybe(Verb::reset, 1, shape.faults);
  maybe(Verb::failCommit, 1, shape.faults);
  maybe(Verb::loseCommitReply, 1, shape.faults);
  // What is much like the others comes in fewer lives, so as not to crowd them out, and shifts no draw of theirs.
  const auto seldom = [&](Verb verb) {
    if (const bool on = rare.oneIn(4); (on || !swarm) && shape.faults) weights.push_back({verb, 1});
  };
  seldom(Verb::partition);
  seldom(Verb::readNothing);
  seldom(Verb::exceedCpu);
  seldom(Verb::redeploy);
  return weights;
}

Verb draw(const std::vector<Weight>& weights, Draws& draws) {
  std::uint32_t sum = 0;
  for (const Weight& each : weights) sum += each.weight;
  std::uint32_t at = draws.below(sum);
  for (const Weight& each : weights) {
    if (at < each.weight) return each.verb;
    at -= each.weight;
  }
  return Verb::wait;
}

void fillIn(Step& step, const Property::Shape& shape, bool large, Draws& draws) {
  static constexpr std::array<std::uint32_t, 4> closeCodes{1000, 1001, 0, 4000};
  static constexpr std::array<std::uint32_t, 3> protocolCodes{1002, 1007, 1009};
  switch (step.verb) {
    case Verb::connect:
      if (shape.connects) step.payload = generated(*shape.connects, draws);
      return;
    case Verb::send:
      if (shape.messages) {
        step.payload = generated(*shape.messages, draws);
      } else {
        auto text = randomText(draws, large);
        step.payload = std::move(text.payload);
        step.number = text.filledTo;
      }
      return;
    case Verb::sendBytes:
      step.payload = std::string(draws.below(4), '\xff');
      return;
    case Verb::request:
      if (draws.oneIn(2)) return;
      step.payload = shape.requests ? generated(*shape.requests, draws) : randomText(draws, large).payload;
      return;
    case Verb::close:
      step.number = closeCodes[draws.below(closeCodes.size())];
      return;
    case Verb::breakProtocol:
      step.number = protocolCodes[draws.below(protocolCodes.size())];
      return;
    case Verb::partition:
    case Verb::readNothing:
      step.number = draws.between(10, 5'000);
      return;
    case Verb::vanish:
      step.number = draws.oneIn(2) ? 0 : draws.between(1, 60'000);
      return;
    default:
      return;
  }
}

/// Puts a few moments of sleep between the steps: right before one, right after the one before, or in the middle.
void letSleep(Scenario& scenario, std::uint64_t seed) {
  Draws draws(seed, Drawn::sleep);
  const std::uint32_t sleeps = draws.between(1, 4);
  for (std::uint32_t i = 0; i < sleeps; ++i) {
    const auto place = draws.between(1, scenario.steps.size());
    const bool atTheEnd = place == scenario.steps.size();
    const std::uint32_t room = draws.below(scenario.rooms);
    const std::uint32_t part = draws.below(3);
    const std::uint32_t whole = atTheEnd ? 1'000 : scenario.steps[place].after;
    const std::uint32_t middle = draws.below(std::uint64_t{whole} + 1);
    Step sleep{scenario.nextId()};
    sleep.verb = Verb::hibernate;
    sleep.room = static_cast<std::uint8_t>(room);
    sleep.after = part == 0 ? whole : part == 1 ? whole / 2 : middle;
    if (!atTheEnd) scenario.steps[place].after -= sleep.after;
    scenario.steps.insert(scenario.steps.begin() + place, std::move(sleep));
  }
}

/// One crash at a moment at which something is unfinished, in place of all other accidents that end a room.
void letCrash(Scenario& scenario, std::uint64_t seed) {
  Draws draws(seed, Drawn::crash);
  std::uint32_t owed = 0;
  std::erase_if(scenario.steps, [&owed](Step& step) {
    const bool ends = step.verb == Verb::crash || step.verb == Verb::reset || step.verb == Verb::failCommit ||
                      step.verb == Verb::loseCommitReply || step.verb == Verb::exceedCpu || step.verb == Verb::redeploy;
    if (ends) {
      owed += step.after;
    } else {
      step.after += std::exchange(owed, 0);
    }
    return ends;
  });
  const auto place = draws.between(1, scenario.steps.size());
  Step crash{scenario.nextId()};
  crash.verb = Verb::crashInside;
  crash.number = draws.oneIn(2) ? draws.between(1, 3) : draws.between(1, 12);
  if (place != scenario.steps.size()) crash.after = draws.below(std::uint64_t{scenario.steps[place].after} + 1);
  if (place != scenario.steps.size()) scenario.steps[place].after -= crash.after;
  scenario.steps.insert(scenario.steps.begin() + place, std::move(crash));
}

/// Some alarms come twice.
void letRepeat(Scenario& scenario, std::uint64_t seed) {
  Draws draws(seed, Drawn::repeat);
  const std::uint32_t repeats = draws.between(1, 2);
  for (std::uint32_t i = 0; i < repeats; ++i) {
    Step repeat{scenario.nextId()};
    repeat.verb = Verb::repeatAlarm;
    repeat.room = static_cast<std::uint8_t>(draws.below(scenario.rooms));
    const auto place = draws.between(1, scenario.steps.size());
    scenario.steps.insert(scenario.steps.begin() + place, std::move(repeat));
  }
}

}  // namespace

Scenario randomLife(const Host::PartyDescriptor& party, const Property& property, std::uint64_t masterSeed,
                    std::uint64_t number, const LifeStyle& style) {
  const auto& shape = property.shape();
  const std::uint64_t seed = Draws(masterSeed, Drawn::lifeSeed, number).next();
  Draws draws(seed, Drawn::shape);
  Scenario scenario;
  scenario.party = party.name;
  scenario.seed = seed;
  scenario.clients = static_cast<std::uint8_t>(draws.between(shape.minClients, shape.maxClients));
  scenario.rooms = static_cast<std::uint8_t>(draws.between(1, shape.rooms));
  const std::uint64_t slowness = draws.next() & draws.next();  // each kind in a quarter of the lives
  if (shape.faults) {
    scenario.faults = style.swarm ? Faults::fromBits(static_cast<std::uint32_t>(slowness >> 32)) : Faults::all();
    if (style.schedule == Schedule::walk) scenario.faults = scenario.faults.without(Fault::priorities);
    if (style.schedule == Schedule::pct) scenario.faults = scenario.faults.with(Fault::priorities);
  }
  // Where there is somebody to call, what matters is mostly what happens during a call.
  if (shape.faults && !shape.peers.empty() && draws.oneIn(2)) {
    scenario.faults = scenario.faults.with(Fault::slowCalls);
  }
  const auto weights = randomWeights(party, shape, style.swarm, draws, Draws(seed, Drawn::seldom));
  const std::uint32_t steps = draws.between(shape.minSteps, shape.steps);
  const std::uint32_t lot = draws.below(8);
  const bool crashes = lot < 3 && shape.faults && shape.crashes;
  const bool sleepy = !crashes && lot < 7;
  const bool repeats = draws.oneIn(2) && shape.faults && shape.alarmRepeats && party.overrides.onAlarm;
  const bool large = draws.oneIn(16);

  for (StepId id = 1; id <= steps; ++id) {
    Draws own(seed, Drawn::step, id);  // what one step draws does not depend on the others
    Step step{id};
    step.verb = id == 1 ? Verb::connect : draw(weights, own);
    step.after = id == 1 ? 0 : randomWait(own);
    step.client = static_cast<std::uint8_t>(own.below(scenario.clients));
    step.room = static_cast<std::uint8_t>(own.below(scenario.rooms));
    fillIn(step, shape, large, own);
    normalise(step, scenario.clients, scenario.rooms);
    scenario.steps.push_back(std::move(step));
  }
  if (sleepy && shape.hibernation) letSleep(scenario, seed);
  if (crashes) letCrash(scenario, seed);
  if (repeats && !crashes) letRepeat(scenario, seed);
  return scenario;
}

Scenario quietVisit(const Host::PartyDescriptor& party, const Property& property, std::uint64_t seed) {
  const auto& shape = property.shape();
  Scenario scenario;
  scenario.party = party.name;
  scenario.seed = seed;
  scenario.clients = std::clamp<std::uint8_t>(2, shape.minClients, shape.maxClients);
  scenario.rooms = 1;
  const auto add = [&](Verb verb, std::uint8_t client, std::uint32_t after) {
    Step step{scenario.nextId()};
    step.verb = verb;
    step.client = client;
    step.after = after;
    Draws own(seed, Drawn::step, step.id);
    fillIn(step, shape, false, own);
    normalise(step, scenario.clients, scenario.rooms);
    scenario.steps.push_back(std::move(step));
  };
  for (std::uint8_t client = 0; client < scenario.clients; ++client) add(Verb::connect, client, 50);
  for (int round = 0; round < 2; ++round) {
    for (std::uint8_t client = 0; client < scenario.clients; ++client) add(Verb::send, client, 50);
    if (party.overrides.onRequest) add(Verb::request, 0, 50);
  }
  if (party.overrides.onAlarm) add(Verb::fireAlarm, 0, 50);
  add(Verb::reconnect, 0, 50);
  for (std::uint8_t client = 0; client < scenario.clients; ++client) add(Verb::send, client, 50);
  return scenario;
}

}  // namespace Party::Sim::Detail
