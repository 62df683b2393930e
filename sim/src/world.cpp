#include <party/error.h>
#include <party/sim/world.h>

#include <utility>

#include "world_core.h"

namespace Party::Sim {

namespace {

void demandObserved(const WorldOptions& options, const char* verb) {
  if (options.observeHandlers() || options.freeWakes() || options.freeAlarms()) return;
  throw Error(std::string(verb) + " needs a world that observes handlers; it was made with observeHandlers(false)");
}

}  // namespace

World::World(Seed seed, const WorldOptions& options) : World(Host::Parties(), seed, options) {}

World::World(const Host::Parties& parties, Seed seed, const WorldOptions& options)
    : core_(std::make_unique<Detail::WorldCore>(parties, seed, options)) {}

World::~World() = default;
World::World(World&&) noexcept = default;
World& World::operator=(World&&) noexcept = default;

void World::addParty(Host::PartyDescriptor party) { core_->addParty(std::move(party)); }
void World::peer(std::string origin, PeerAnswer answer) {
  const Request request("GET", origin);
  const std::string_view url = request.url();
  if (request.path() != "/" || !origin.starts_with("http")) {
    throw Error("\"" + origin + "\" is no origin; give scheme and host, such as https://api.example");
  }
  core_->peers_.insert_or_assign(std::string(url.substr(0, url.size() - 1)), std::move(answer));
}
const Host::Parties& World::parties() const { return core_->parties_; }

void World::reset(Seed seed) { core_->reset(seed, WorldOptions(core_->options_)); }
void World::reset(Seed seed, const WorldOptions& options) { core_->reset(seed, WorldOptions(options)); }
Seed World::seed() const { return core_->seed_; }
const WorldOptions& World::options() const { return core_->options_; }

Client World::connect(std::string_view party, std::string_view room, const ClientOptions& options) {
  return Client(core_.get(), core_->connect(party, room, options));
}

Client World::connectTo(std::string_view url, const ClientOptions& options) {
  return Client(core_.get(), core_->connectTo(url, options));
}

Exchange World::request(std::string_view party, std::string_view room, std::string_view method, std::string_view body,
                        const Headers& headers) {
  return fetch(Request(std::string(method), core_->urlOf(party, room), headers, body));
}

Exchange World::fetch(const Request& request) { return Exchange(core_.get(), core_->fetch(request)); }

Client World::client(std::uint32_t index) {
  if (index >= core_->clientCount_) {
    throw Error("there is no client " + std::to_string(index) + ", this world has " +
                std::to_string(core_->clientCount_));
  }
  return Client(core_.get(), index);
}

std::uint32_t World::clientCount() const { return core_->clientCount_; }

void World::withCause(std::uint64_t id) {
  core_->step_ = id;
  core_->verbs_ = 0;
}

Host::Cause World::causeOf(std::uint64_t id, std::uint64_t verb) {
  return Detail::derive({id}, verb, Detail::Derived::verb);
}

void World::override(Choice purpose, std::uint64_t cause, std::uint64_t n, std::uint64_t value) {
  core_->chances_.fix({purpose, cause, n, value});
}

std::span<const ChoicePoint> World::choices() const { return core_->chances_.drawn(); }
void World::withhold(Host::Cause cause) { core_->withheld_.insert(cause.value); }

void World::admitOnly(std::span<const Host::Cause> causes) {
  core_->admitsAll_ = false;
  for (const Host::Cause cause : causes) core_->admitted_.insert(cause.value);
}

Time World::now() const { return core_->now(); }
bool World::step() { return core_->step(); }
void World::advance(Duration duration) { core_->runUntil(core_->now() + duration); }
void World::runUntil(Time time) { core_->runUntil(time); }
bool World::runUntilQuiet(Duration limit) { return core_->runUntilQuiet(limit); }
bool World::quiet() const { return core_->quiet(); }
void World::pauseAt(Time time) {
  core_->pauseAt_ = time;
  core_->paused_ = false;
}
bool World::paused() const { return core_->paused_; }
void World::stop() { core_->stopping_ = true; }

bool World::hibernate(std::string_view party, std::string_view room) {
  return core_->hibernateByVerb(core_->roomOfVerb(party, room), core_->nextCause());
}

std::size_t World::hibernateAll() {
  const Host::Cause cause = core_->nextCause();
  std::size_t count = 0;
  for (std::size_t i = 0; i < core_->roomCount_; ++i) count += core_->hibernateByVerb(*core_->rooms_[i], cause) ? 1 : 0;
  return count;
}

void World::crash(RetryState retries) {
  const Host::Cause cause = core_->nextCause();
  for (std::size_t i = 0; i < core_->roomCount_; ++i) core_->crash(*core_->rooms_[i], cause, retries);
}

void World::crash(std::string_view party, std::string_view room, RetryState retries) {
  core_->crash(core_->roomOfVerb(party, room), core_->nextCause(), retries);
}

void World::redeploy() { core_->redeploy(); }
void World::redeploy(const Host::Parties& next) { core_->redeploy(next); }

void World::exceedCpu(std::string_view party, std::string_view room) {
  demandObserved(core_->options_, "exceedCpu");
  ++core_->roomOfVerb(party, room).cpuExceeded;
}

void World::resetRoom(std::string_view party, std::string_view room, std::string_view reason) {
  core_->resetRoom(core_->roomOfVerb(party, room), core_->nextCause(), reason);
}

bool World::fireAlarm(std::string_view party, std::string_view room) {
  return core_->fireAlarm(core_->roomOfVerb(party, room));
}

void World::repeatNextAlarm(std::string_view party, std::string_view room) {
  ++core_->roomOfVerb(party, room).repeatAlarms;
}

void World::delayNextAlarm(std::string_view party, std::string_view room, Duration by) {
  core_->delayAlarm(core_->roomOfVerb(party, room), by);
}

void World::missNextAlarm(std::string_view party, std::string_view room) {
  ++core_->roomOfVerb(party, room).missAlarms;
}

void World::dropNextAlarmRemoval(std::string_view party, std::string_view room) {
  demandObserved(core_->options_, "dropNextAlarmRemoval");
  ++core_->roomOfVerb(party, room).dropRemovals;
}

void World::runNextReplacedAlarm(std::string_view party, std::string_view room) {
  ++core_->roomOfVerb(party, room).phantomAlarms;
}

bool World::wakeEarly(std::string_view party, std::string_view room) {
  return core_->wakeEarly(core_->roomOfVerb(party, room));
}

std::optional<World::NextAlarm> World::nextAlarm(RoomIndex room) const {
  const Detail::RoomHost& host = *core_->rooms_.at(room);
  if (!host.alarmPlannedFor) return std::nullopt;
  return NextAlarm{*host.alarm->scheduled(), host.alarmPlannedAt};
}

std::optional<Host::HibernationBlocker> World::whatBlocksHibernation(RoomIndex room) const {
  const auto& machine = core_->rooms_.at(room)->machine;
  const auto blocker = machine ? machine->whatBlocksHibernation() : std::nullopt;
  return blocker == Host::HibernationBlocker::alreadyGone ? std::nullopt : blocker;
}

std::optional<std::string> World::stranded(RoomIndex room) const { return core_->stranded(*core_->rooms_.at(room)); }

void World::endAccidents() {
  core_->alarmsHeld_ = true;
  for (std::size_t i = 0; i < core_->roomCount_; ++i) {
    Detail::RoomHost& room = *core_->rooms_[i];
    room.failCommits = room.loseAcks = room.repeatAlarms = room.missAlarms = room.dropRemovals = 0;
    room.cpuExceeded = room.phantomAlarms = 0;
  }
}

bool World::disturbedRepeats() const { return core_->disturbedRepeats_; }

void World::failNextCommit(std::string_view party, std::string_view room) {
  ++core_->roomOfVerb(party, room).failCommits;
}
void World::holdCommits(std::string_view party, std::string_view room) {
  Detail::RoomHost& host = core_->roomOfVerb(party, room);
  host.commitsHeld = true;
  host.commitsReleased = 0;
}

void World::releaseCommits(std::string_view party, std::string_view room) {
  core_->releaseCommits(core_->roomOfVerb(party, room), std::nullopt);
}

void World::releaseCommits(std::string_view party, std::string_view room, std::size_t units) {
  core_->releaseCommits(core_->roomOfVerb(party, room), units);
}

void World::loseNextAck(std::string_view party, std::string_view room) { ++core_->roomOfVerb(party, room).loseAcks; }

void World::stopCleanly(std::string_view party, std::string_view room) {
  core_->stopCleanly(core_->roomOfVerb(party, room), core_->nextCause());
}

void World::stopCleanly(std::span<const Host::Cause> lost) { core_->stopAllCleanly(core_->nextCause(), lost); }

std::vector<Host::Cause> World::heldConnections() const { return core_->heldConnections(); }

std::size_t World::roomCount() const { return core_->roomCount_; }

std::optional<RoomIndex> World::findRoom(std::string_view party, std::string_view room) const {
  const auto* found = core_->findRoom(party, room);
  return found == nullptr ? std::nullopt : std::optional<RoomIndex>(found->index);
}

std::string World::roomName(RoomIndex room) const { return core_->nameOf(room); }

Host::RoomStatus World::status(RoomIndex room) const {
  const auto& machine = core_->rooms_.at(room)->machine;
  Host::RoomStatus status;
  if (machine) return machine->status();
  status.alarm = core_->rooms_[room]->disk.image().alarm;
  return status;
}

bool World::vulnerable(RoomIndex room) const { return core_->vulnerable(*core_->rooms_.at(room)); }

const DiskImage& World::disk(std::string_view party, std::string_view room) const {
  static const DiskImage empty;
  const auto* found = core_->findRoom(party, room);
  return found == nullptr ? empty : found->disk.image();
}

const DiskImage& World::disk(RoomIndex room) const { return core_->rooms_.at(room)->disk.image(); }

std::optional<std::string> World::stateAtRest() const { return core_->stateAtRest(); }
const Trace& World::trace() const { return core_->journal_.trace(); }
const std::vector<UncaughtError>& World::uncaughtErrors() const { return core_->uncaught_; }
const std::vector<Violation>& World::violations() const { return core_->violations_; }
std::uint64_t World::eventCount() const { return core_->happened_; }
std::string World::describe() const { return core_->describe(); }
void World::observe(Observer& observer) { core_->observers_.push_back(&observer); }

}  // namespace Party::Sim
