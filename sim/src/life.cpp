#include <party/sim/life.h>
#include <party/sim/observer.h>
#include <party/sim/view.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "cost_meter.h"
#include "crash_watch.h"
#include "failed_assertion.h"
#include "filled_messages.h"
#include "life_options.h"
#include "refusals.h"

namespace Party::Sim {
namespace {

constexpr auto quietLimit = std::chrono::minutes(10);
constexpr auto extraTime = std::chrono::minutes(1);
constexpr auto strangersAfter = std::chrono::seconds(1);

/// Ends a life that would not end by itself, a timer that starts itself anew for instance.
class EventLimit final : public Observer {
 public:
  EventLimit(World& world, std::uint64_t limit) : world_(world), left_(limit) {}
  bool reached() const { return left_ == 0; }
  void onBoundary(Time, RoomIndex) override {
    if (left_ > 0 && --left_ == 0) world_.stop();
  }

 private:
  World& world_;
  std::uint64_t left_;
};

/// A close code a client may send (RFC 6455, 7.4); anything else stands for 1000.
std::uint16_t closeCode(std::uint32_t number) {
  const bool legal =
      number == 0 || (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1011) || number >= 3000;
  return legal ? static_cast<std::uint16_t>(number) : std::uint16_t{1000};
}
std::uint16_t faultCode(std::uint32_t number) {
  return number == 1007 || number == 1009 ? static_cast<std::uint16_t>(number) : std::uint16_t{1002};
}

/// Carries out the steps of one scenario. Every step has a meaning at every moment, if only to do nothing.
class Player {
 public:
  Player(World& world, Detail::FilledMessages& filled, const Scenario& scenario, const LifeOptions& options,
         std::string_view party)
      : world_(world),
        filled_(filled),
        scenario_(scenario),
        options_(options),
        party_(party),
        limit_(world, options.maxEvents) {
    world_.observe(limit_);
    world_.observe(refusals_);
    world_.observe(meter_);
    const auto crashesInside = [](const Step& step) { return step.verb == Verb::crashInside; };
    if (options_.cleanStop != nullptr) {
      for (const Host::Cause cause : options_.cleanStop->withheld) world_.withhold(cause);
      world_.admitOnly(options_.cleanStop->record.admitted);
    } else if (std::ranges::any_of(scenario.steps, crashesInside)) {
      world_.observe(watch_.emplace(world_));
    }
    if (options_.observer != nullptr) world_.observe(*options_.observer);
  }

  Life play() {
    const Time start = world_.now();
    for (const Step& step : scenario_.steps) {
      if (options_.cleanStop != nullptr) {
        runUntil(options_.cleanStop->stepTimes.at(life_.statistics.steps));
      } else if (step.after > 0) {
        runUntil(world_.now() + std::chrono::milliseconds(step.after));
      }
      if (limit_.reached()) break;
      life_.stepTimes.push_back(world_.now());
      world_.withCause(causeIdOf(step.id));
      ++life_.statistics.steps;
      pauseWhereItCrashed();
      if (options_.witness != nullptr) options_.witness->beforeStep(step);
      if (perform(step)) ++life_.statistics.done[static_cast<std::size_t>(step.verb)];
      endIfInterrupted();
      if (options_.witness != nullptr) options_.witness->afterStep(view());
    }
    if (!limit_.reached()) settle();
    if (world_.now() < start + options_.length && !limit_.reached()) runUntil(start + options_.length);
    if (watch_) watch_->disarm();
    if (watch_ || options_.cleanStop != nullptr) awaitOverdueAlarms();
    for (RoomIndex room = 0; room < world_.roomCount() && !limit_.reached(); ++room) waitForSleep(room);
    if (options_.strangers && options_.length == Duration()) waitForStrangers();
    life_.length = world_.now() - start;
    life_.statistics.costs = meter_.costs(world_.now());
    for (RoomIndex room = 0; room < world_.roomCount() && !limit_.reached(); ++room) {
      if (auto why = world_.stranded(room)) life_.stranded.push_back(world_.roomName(room) + " " + *why);
    }
    const bool late = options_.length != Duration() && life_.length > options_.length;
    life_.unsettled = options_.strangers && (late || !world_.runUntilQuiet(Duration(0)));
    if (options_.strangers && !limit_.reached()) meetStrangers();
    collect();
    return std::move(life_);
  }

 private:
  struct Presence {
    std::uint8_t client;
    std::uint8_t room;
    Client handle;
    Host::Cause connected;  // by what its last connection was asked for
    Deeds deeds = {};
  };
  struct Asked {
    const Step* step;
    Exchange exchange;
  };

  static std::uint64_t causeIdOf(StepId id) { return std::uint64_t{id} + 1; }

  // --- The end in the middle: a crash when the watch says so, or an orderly stop where that was in another life.

  void runUntil(Time time) {
    pauseWhereItCrashed();
    world_.runUntil(time);
    if (endIfInterrupted()) world_.runUntil(time);
  }
  void pauseWhereItCrashed() {
    if (options_.cleanStop == nullptr || stopped_) return;
    if (life_.statistics.steps == options_.cleanStop->record.steps) world_.pauseAt(options_.cleanStop->record.at);
  }
  bool endIfInterrupted() {
    if (stopped_ || limit_.reached()) return false;
    if (watch_ && watch_->reached()) {
      auto record = std::make_shared<Detail::CrashRecord>(watch_->record());
      record->steps = life_.statistics.steps;
      record->step = crashStep_;
      for (const Presence& at : presences_) {
        const bool arrived = std::ranges::find(record->admitted, at.connected) != record->admitted.end();
        const auto count = static_cast<std::uint32_t>(at.deeds.connects.size());
        record->connections.push_back(count - (arrived ? 0 : 1));
      }
      life_.crash = std::move(record);
      world_.withCause(causeIdOf(crashStep_));
      world_.crash();
      return stopped_ = true;
    }
    if (options_.cleanStop != nullptr && world_.paused()) {
      world_.withCause(causeIdOf(options_.cleanStop->record.step));
      world_.stopCleanly(options_.cleanStop->record.held);
      return stopped_ = true;
    }
    return false;
  }
  /// Where a crash is to be explained, alarms come by themselves, so that they have the same cause in both lives.
  bool awaitAlarm(const Step& step) {
    if (options_.cleanStop != nullptr) return false;  // its time passes before the next step
    const auto room = world_.findRoom(party_, roomName(step.room));
    const auto next = room ? world_.nextAlarm(*room) : std::nullopt;
    if (next) runUntil(next->due);
    return next.has_value();
  }
  bool crashInside(const Step& step) {
    if (!watch_ || watch_->armed() || stopped_) return false;
    crashStep_ = step.id;
    watch_->arm(std::max(step.number, 1u));
    return true;
  }

  /// A run that a crash cut off comes again: until it has, what it did is half done by right.
  void awaitOverdueAlarms() {
    const Time end = world_.now() + extraTime;
    for (RoomIndex room = 0; room < world_.roomCount(); ++room) {
      while (!limit_.reached()) {
        const auto next = world_.nextAlarm(room);
        if (!next || next->scheduled > world_.now() || next->due > end) break;
        runUntil(next->due);
        world_.runUntilQuiet(extraTime);
      }
    }
  }

  /// A room that hibernates should be able to, some time after all has become quiet: who keeps it in memory pays.
  void waitForSleep(RoomIndex room) {
    const auto blocked = [&] {
      return world_.status(room).hibernates ? world_.whatBlocksHibernation(room) : std::nullopt;
    };
    const Time end = world_.now() + extraTime;
    while (blocked() && world_.now() < end && !limit_.reached()) runUntil(world_.now() + std::chrono::seconds(1));
    if (const auto why = blocked(); why && !limit_.reached()) {
      life_.sleepless.push_back(world_.roomName(room) +
                                " could not sleep a minute after all was quiet: " + Host::nameOf(*why));
    }
  }

  /// A little, so that a twin that becomes quiet a little later meets them at the same time; but not over an alarm.
  void waitForStrangers() {
    Duration wait = strangersAfter;
    for (RoomIndex room = 0; room < world_.roomCount(); ++room) {
      // Half the way, as the twin's alarm may come a little earlier.
      if (const auto next = world_.nextAlarm(room)) wait = std::min(wait, (next->due - world_.now()) / 2);
    }
    if (wait > Duration() && !limit_.reached()) runUntil(world_.now() + wait);
  }
  /// To every room of the scenario, whether anybody came or not, and to those that were called.
  void meetStrangers() {
    world_.endAccidents();
    for (std::uint8_t room = 0; room < scenario_.rooms; ++room) meetStranger(party_, roomName(room));
    const std::size_t rooms = world_.roomCount();
    for (RoomIndex index = 0; index < rooms; ++index) {
      const std::string name = world_.roomName(index);
      const auto slash = name.find('/');
      const bool met = std::ranges::find(life_.strangers, name, &StrangerLife::room) != life_.strangers.end();
      if (!met) meetStranger(name.substr(0, slash), name.substr(slash + 1));
    }
  }
  /// Somebody who has seen nothing yet, by a cause that no step has.
  void meetStranger(std::string_view party, const std::string& room) {
    world_.withCause(causeIdOf(Scenario::maxStepId) + 1 + life_.strangers.size());
    Client stranger = world_.connect(party, room, ClientOptions().id("stranger"));
    world_.runUntilQuiet(extraTime);
    std::optional<Exchange> asked;
    const auto& descriptor = *std::ranges::find(world_.parties(), party, &Host::PartyDescriptor::name);
    if (descriptor.overrides.onRequest) asked = world_.request(party, room);
    world_.runUntilQuiet(extraTime);
    const auto frames = stranger.frames();
    StrangerLife life{std::string(party) + "/" + room, {frames.begin(), frames.end()}, std::nullopt};
    if (asked && asked->answered()) life.response = asked->response().withoutHeader("date");
    life_.strangers.push_back(std::move(life));
  }

  bool perform(const Step& step) {
    if (step.client >= Scenario::maxClients) return false;
    Presence* present = presentIn(step.client);
    Client* client = present != nullptr ? &present->handle : nullptr;
    switch (step.verb) {
      case Verb::wait:
        return true;
      case Verb::connect:
        return connect(step);
      case Verb::send:
        return client != nullptr && (send(*present, filled_.of(step)), true);
      case Verb::sendBytes:
        return client != nullptr && (send(*present, filled_.of(step)), true);
      case Verb::close:
        return client != nullptr && (client->close(closeCode(step.number)), true);
      case Verb::breakProtocol:
        return client != nullptr && (client->breakProtocol(faultCode(step.number)), true);
      case Verb::drop:
        return client != nullptr && (client->drop(), true);
      case Verb::vanish:
        return client != nullptr && (vanish(*present, step.number), true);
      case Verb::reconnect:
        return reconnect(step);
      case Verb::request:
        return request(step);
      case Verb::hibernate:
        return options_.hibernations && hibernate(roomName(step.room));
      case Verb::crash:
        return world_.crash(), true;
      case Verb::reset:
        return world_.resetRoom(party_, roomName(step.room)), true;
      case Verb::fireAlarm:
        return watch_ || options_.cleanStop != nullptr ? awaitAlarm(step)
                                                       : world_.fireAlarm(party_, roomName(step.room));
      case Verb::failCommit:
        return world_.failNextCommit(party_, roomName(step.room)), true;
      case Verb::loseCommitReply:
        return world_.loseNextAck(party_, roomName(step.room)), true;
      case Verb::crashInside:
        return crashInside(step);
      case Verb::partition:
        return client != nullptr && (client->hold(Direction::both, std::chrono::milliseconds(step.number)), true);
      case Verb::readNothing:
        return client != nullptr && (client->hold(Direction::down, std::chrono::milliseconds(step.number)), true);
      case Verb::exceedCpu:
        return world_.exceedCpu(party_, roomName(step.room)), true;
      case Verb::redeploy:
        return world_.redeploy(), true;
      case Verb::repeatAlarm:
        return options_.alarmRepeats && (world_.repeatNextAlarm(party_, roomName(step.room)), true);
    }
    return false;
  }

  Presence* find(std::uint8_t client, std::uint8_t room) {
    const auto found =
        std::ranges::find_if(presences_, [&](const Presence& at) { return at.client == client && at.room == room; });
    return found == presences_.end() ? nullptr : &*found;
  }
  /// The client's connection, while it has one.
  Presence* presentIn(std::uint8_t client) {
    const auto room = roomOf_[client];
    Presence* at = room ? find(client, *room) : nullptr;
    return at != nullptr && (at->handle.open() || at->handle.connecting()) ? at : nullptr;
  }

  bool connect(const Step& step) {
    if (presentIn(step.client) != nullptr) return false;
    roomOf_[step.client] = step.room;
    if (Presence* before = find(step.client, step.room)) {
      ++life_.statistics.reconnects;
      return comeBack(*before, step), true;
    }
    const auto options = ClientOptions().id(std::string(clientName(step.client))).query(step.payload);
    presences_.push_back({step.client, step.room, world_.connect(party_, roomName(step.room), options),
                          World::causeOf(causeIdOf(step.id))});
    begin(presences_.back());
    return true;
  }
  void comeBack(Presence& at, const Step& step) {
    begin(at);
    at.connected = World::causeOf(World::causeOf(causeIdOf(step.id)).value);
    if (step.verb == Verb::connect) {
      at.handle.reconnect(step.payload);
    } else {
      at.handle.reconnect();
    }
  }
  bool reconnect(const Step& step) {
    const auto room = roomOf_[step.client];
    if (!room) return false;
    ++life_.statistics.reconnects;
    return comeBack(*find(step.client, *room), step), true;
  }
  void begin(Presence& present) { present.deeds.connects.push_back(world_.now()); }
  void send(Presence& present, const Message& message) {
    if (options_.witness != nullptr) {
      const auto connection = static_cast<std::uint32_t>(present.deeds.connects.size());
      present.deeds.sent.push_back({world_.now(), connection, message});
    }
    present.handle.send(message);
  }
  void vanish(Presence& present, std::uint32_t noticed) {
    const auto after = std::chrono::milliseconds(noticed);
    // A room may be told a little later than that, when it is busy.
    const Time then = noticed == 0 ? Time::max() : world_.now() + after;
    present.deeds.noticed = std::max(present.deeds.noticed.value_or(then), then);
    present.handle.halfOpen(noticed == 0 ? std::optional<Duration>() : after);
  }
  bool request(const Step& step) {
    const std::string_view method = step.payload.empty() ? "GET" : "POST";
    asked_.push_back({&step, world_.request(party_, roomName(step.room), method, step.payload)});
    return true;
  }

  /// Only rooms that asked for it: a party without `hibernate` may forget when its last client leaves.
  bool hibernate(const std::string& room) {
    const auto index = world_.findRoom(party_, room);
    return index && world_.status(*index).hibernates && world_.hibernate(party_, room);
  }

  void settle() {
    pauseWhereItCrashed();
    world_.runUntilQuiet(quietLimit);
    if (options_.cleanStop != nullptr && !stopped_ && !world_.paused()) world_.runUntil(options_.cleanStop->record.at);
    if (endIfInterrupted()) world_.runUntilQuiet(quietLimit);
    if (options_.witness == nullptr) return;
    const Time end = world_.now() + extraTime;
    while (!limit_.reached() && options_.witness->atQuiet(view()) && world_.now() < end) {
      runUntil(world_.now() + std::chrono::milliseconds(250));
    }
  }

  View view() {
    life_.statistics.costs = meter_.costs(world_.now());
    std::vector<ClientView> clients;
    clients.reserve(presences_.size());
    for (const Presence& at : presences_)
      clients.emplace_back(at.client, at.room, at.handle.frames(), at.deeds, at.handle.open());
    return View(world_, party_, scenario_.rooms, std::move(clients), life_.statistics);
  }

  void collect() {
    for (const Presence& at : presences_) {
      const auto frames = at.handle.frames();
      life_.clients.push_back({at.client, at.room, {frames.begin(), frames.end()}});
    }
    for (const Asked& asked : asked_) {
      RequestLife request{asked.step->id, asked.step->client, asked.step->room, std::nullopt};
      if (asked.exchange.answered()) request.response = asked.exchange.response().withoutHeader("date");
      life_.requests.push_back(std::move(request));
    }
    for (std::uint8_t room = 0; room < scenario_.rooms; ++room)
      life_.disks.push_back(world_.disk(party_, roomName(room)));
    for (const UncaughtError& error : world_.uncaughtErrors()) {
      if (auto failed = Detail::failedAssertion(error.error)) {
        life_.assertions.push_back(*std::move(failed));
        continue;
      }
      life_.errors.push_back({error.handler, world_.roomName(error.room), error.text});
    }
    for (const auto& refusal : refusals_.all()) {
      life_.errors.push_back({Host::HandlerKind::getConnectionTags, world_.roomName(refusal.room), refusal.reason});
    }
    for (const Violation& violation : world_.violations())
      life_.violations.push_back(violation.rule + ": " + violation.text);
    life_.statistics.events = world_.eventCount();
    life_.traceHash = world_.trace().hash();
    life_.cutShort = limit_.reached();
    life_.disturbedRepeats = world_.disturbedRepeats();
  }

  World& world_;
  Detail::FilledMessages& filled_;
  const Scenario& scenario_;
  const LifeOptions& options_;
  std::string_view party_;
  EventLimit limit_;
  Detail::Refusals refusals_;
  Detail::CostMeter meter_;
  std::optional<Detail::CrashWatch> watch_;
  StepId crashStep_ = 0;
  bool stopped_ = false;
  std::array<std::optional<std::uint8_t>, Scenario::maxClients> roomOf_{};
  std::vector<Presence> presences_;
  std::vector<Asked> asked_;
  Life life_;
};

}  // namespace

Costs& Costs::operator+=(const Costs& other) {
  messages += other.messages;
  rowsWritten += other.rowsWritten;
  wakes += other.wakes;
  resident += other.resident;
  return *this;
}

Statistics& Statistics::operator+=(const Statistics& other) {
  costs += other.costs;
  steps += other.steps;
  events += other.events;
  reconnects += other.reconnects;
  for (std::size_t i = 0; i < verbs; ++i) done[i] += other.done[i];
  return *this;
}

Stage::Stage(Host::Parties parties, Peers peers)
    : parties_(std::move(parties)),
      peers_(std::move(peers)),
      failedInPeers_(std::make_unique<std::vector<FailedExpectation>>()),
      filled_(std::make_unique<Detail::FilledMessages>()) {
  if (parties_.empty()) throw Error("a stage needs at least one party");
}
Stage::~Stage() = default;
Stage::Stage(Stage&&) noexcept = default;
Stage& Stage::operator=(Stage&&) noexcept = default;
const Host::Parties& Stage::parties() const { return parties_; }
const Peers& Stage::peers() const { return peers_; }
const World& Stage::world() const { return *world_; }

Life Stage::play(const Scenario& scenario, const LifeOptions& options) {
  const WorldOptions worldOptions = Detail::optionsFor(scenario, options);
  if (world_) {
    world_->reset(Seed(scenario.seed), worldOptions);
  } else {
    world_ = std::make_unique<World>(parties_, Seed(scenario.seed), worldOptions);
    for (const Peer& peer : peers_) world_->peer(peer.origin, Detail::watched(peer.answer, *failedInPeers_));
  }
  const auto named = std::ranges::find(parties_, scenario.party, &Host::PartyDescriptor::name);
  const std::string& party = (named == parties_.end() ? parties_.begin() : named)->name;
  failedInPeers_->clear();
  Life life = Player(*world_, *filled_, scenario, options, party).play();
  std::ranges::move(*failedInPeers_, std::back_inserter(life.assertions));
  return life;
}

Life run(const Scenario& scenario, const Host::Parties& parties, const LifeOptions& options) {
  return Stage(parties).play(scenario, options);
}

}  // namespace Party::Sim
