#include <party/sim/life.h>
#include <party/sim/observer.h>
#include <party/sim/view.h>
#include <party/sim/world.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "refusals.h"

namespace Party::Sim {
namespace {

constexpr auto quietLimit = std::chrono::minutes(10);
constexpr auto extraTime = std::chrono::minutes(1);

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

WorldOptions optionsFor(const Scenario& scenario, const LifeOptions& life) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  WorldOptions options;
  options.neverHibernate().freeWakes(life.freeWakes).trace(life.trace).throwOnViolation(false);
  if (scenario.faults.has(Fault::slowNetwork)) options.latency({Duration(0), milliseconds(250)});
  if (scenario.faults.has(Fault::slowDisk)) options.flush({Duration(0), milliseconds(500)});
  if (scenario.faults.has(Fault::delayedReads)) options.delayedReads({1, 3}, {Duration(0), milliseconds(50)});
  if (scenario.faults.has(Fault::lateAlarms)) options.alarmLateness({Duration(0), seconds(10)});
  if (scenario.faults.has(Fault::slowCalls)) options.callLatency({Duration(0), seconds(3)});
  if (scenario.faults.has(Fault::lostCalls)) options.callFailures({1, 4});
  return options;
}

/// A close code a client may send (RFC 6455, 7.4); anything else stands for 1000.
std::uint16_t closeCode(std::uint32_t number) {
  const bool legal =
      number == 0 || (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1011) || number >= 3000;
  return legal ? static_cast<std::uint16_t>(number) : std::uint16_t{1000};
}
std::uint16_t faultCode(std::uint32_t number) {
  return number == 1007 || number == 1009 ? static_cast<std::uint16_t>(number) : std::uint16_t{1002};
}

Message textMessage(const std::string& text) {
  return isValidUtf8(text) ? Message::trustedText(text) : Message::bytes(text);
}

/// Carries out the steps of one scenario. Every step has a meaning at every moment, if only to do nothing.
class Player {
 public:
  Player(World& world, const Scenario& scenario, const LifeOptions& options, std::string_view party)
      : world_(world), scenario_(scenario), options_(options), party_(party), limit_(world, options.maxEvents) {
    world_.observe(limit_);
    world_.observe(refusals_);
    if (options_.observer != nullptr) world_.observe(*options_.observer);
  }

  Life play() {
    const Time start = world_.now();
    for (const Step& step : scenario_.steps) {
      if (step.after > 0) world_.advance(std::chrono::milliseconds(step.after));
      if (limit_.reached()) break;
      world_.withCause(std::uint64_t{step.id} + 1);
      ++life_.statistics.steps;
      if (perform(step)) ++life_.statistics.done[static_cast<std::size_t>(step.verb)];
      if (options_.witness != nullptr) options_.witness->afterStep(view());
    }
    if (!limit_.reached()) settle();
    if (world_.now() < start + options_.length && !limit_.reached()) world_.runUntil(start + options_.length);
    life_.length = world_.now() - start;
    collect();
    return std::move(life_);
  }

 private:
  struct Presence {
    std::uint8_t client;
    std::uint8_t room;
    Client handle;
    Deeds deeds = {};
  };
  struct Asked {
    const Step* step;
    Exchange exchange;
  };

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
        return client != nullptr && (send(*present, textMessage(messageOf(step))), true);
      case Verb::sendBytes:
        return client != nullptr && (send(*present, Message::bytes(messageOf(step))), true);
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
        return world_.fireAlarm(party_, roomName(step.room));
      case Verb::failCommit:
        return world_.failNextCommit(party_, roomName(step.room)), true;
      case Verb::loseCommitReply:
        return world_.loseNextAck(party_, roomName(step.room)), true;
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
      begin(*before);
      return before->handle.reconnect(step.payload), true;
    }
    const auto options = ClientOptions().id(std::string(clientName(step.client))).query(step.payload);
    presences_.push_back({step.client, step.room, world_.connect(party_, roomName(step.room), options)});
    begin(presences_.back());
    return true;
  }
  bool reconnect(const Step& step) {
    const auto room = roomOf_[step.client];
    if (!room) return false;
    ++life_.statistics.reconnects;
    Presence& present = *find(step.client, *room);
    begin(present);
    return present.handle.reconnect(), true;
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
    world_.runUntilQuiet(quietLimit);
    if (options_.witness == nullptr) return;
    const Time end = world_.now() + extraTime;
    while (!limit_.reached() && options_.witness->atQuiet(view()) && world_.now() < end) {
      world_.advance(std::chrono::milliseconds(250));
    }
  }

  View view() {
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
  }

  World& world_;
  const Scenario& scenario_;
  const LifeOptions& options_;
  std::string_view party_;
  EventLimit limit_;
  Detail::Refusals refusals_;
  std::array<std::optional<std::uint8_t>, Scenario::maxClients> roomOf_{};
  std::vector<Presence> presences_;
  std::vector<Asked> asked_;
  Life life_;
};

}  // namespace

Statistics& Statistics::operator+=(const Statistics& other) {
  steps += other.steps;
  events += other.events;
  reconnects += other.reconnects;
  for (std::size_t i = 0; i < verbs; ++i) done[i] += other.done[i];
  return *this;
}

Stage::Stage(Host::Parties parties, Peers peers) : parties_(std::move(parties)), peers_(std::move(peers)) {
  if (parties_.empty()) throw Error("a stage needs at least one party");
}
Stage::~Stage() = default;
Stage::Stage(Stage&&) noexcept = default;
Stage& Stage::operator=(Stage&&) noexcept = default;
const Host::Parties& Stage::parties() const { return parties_; }
const Peers& Stage::peers() const { return peers_; }
const World& Stage::world() const { return *world_; }

Life Stage::play(const Scenario& scenario, const LifeOptions& options) {
  const WorldOptions worldOptions = optionsFor(scenario, options);
  if (world_) {
    world_->reset(Seed(scenario.seed), worldOptions);
  } else {
    world_ = std::make_unique<World>(parties_, Seed(scenario.seed), worldOptions);
    for (const Peer& peer : peers_) world_->peer(peer.origin, peer.answer);
  }
  const auto named = std::ranges::find(parties_, scenario.party, &Host::PartyDescriptor::name);
  const std::string& party = (named == parties_.end() ? parties_.begin() : named)->name;
  return Player(*world_, scenario, options, party).play();
}

Life run(const Scenario& scenario, const Host::Parties& parties, const LifeOptions& options) {
  return Stage(parties).play(scenario, options);
}

}  // namespace Party::Sim
