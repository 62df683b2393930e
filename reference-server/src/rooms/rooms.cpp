#include "rooms/rooms.h"

#include "net/http_answer.h"

#include <party/host/chance.h>

#include <algorithm>
#include <cstdlib>
#include <exception>

namespace Party::Serve {
namespace {

// Beyond these a room's clients wait: a flood must not outrun the disk, or a gate that is shut.
constexpr std::size_t mostUnitsInFlight = 4'096;
constexpr std::size_t mostBytesInFlight = 16 * 1024 * 1024;
constexpr std::size_t mostEventsWaiting = 4'096;

constexpr std::size_t receiveBufferBytes = 128 * 1024;

// 0: none; otherwise the connection's index plus one. Indexes are small, a room has at most 32,768 connections.
std::uint64_t connectionIn(const Host::Event::Body& body) {
  return std::visit(
      [](const auto& event) -> std::uint64_t {
        if constexpr (requires { event.connection.index; }) return event.connection.index + 1u;
        return 0;
      },
      body);
}

bool isOwnWork(const Host::Event::Body& body) {
  return std::holds_alternative<Host::UnitCommitted>(body) || std::holds_alternative<Host::HibernateRequested>(body);
}

}  // namespace

Rooms::Rooms(Loop& loop, RoomsSetup setup, CommittedStore store, Traffic& traffic)
    : loop_(loop),
      setup_(std::move(setup)),
      store_(std::move(store)),
      traffic_(traffic),
      alarms_(loop, clock_, setup_.profile, setup_.seed,
              [this](const RoomName& name, Time scheduled) { ring(name, scheduled); }),
      receiveBuffer_(receiveBufferBytes) {}

Rooms::~Rooms() {
  // Machines first: what they still say reaches nobody.
  for (auto& [name, room] : rooms_) clearTimers(*room);
}

LiveRoom& Rooms::roomOf(const RoomName& name, std::size_t party) {
  auto& room = rooms_[name];
  if (!room) {
    room = std::make_unique<LiveRoom>(setup_.parties[party], std::make_shared<StoredRoom>(name), store_);
    if (setup_.watchRules) {
      room->watcher = std::make_unique<Host::NeverLegal>(
          setup_.profile,
          [name = room->name()](const char* rule, const std::string& how) { ruleBroken(name, rule, how); });
    }
    openMachine(*room);
  }
  return *room;
}

void Rooms::openMachine(LiveRoom& room) {
  if (room.watcher) room.watcher->machineGone();
  // The seed keys what a room draws; another one for each machine, so that no two draw the same.
  room.machine = std::make_unique<Host::RoomMachine>(
      Host::RoomSetup{.party = &room.party,
                      .id = room.name().id,
                      .profile = &setup_.profile,
                      .storage = &room.reader,
                      .seed = Host::mix(setup_.seed, hashOf(room.name()), ++seeds_, 0),
                      .alarm = alarms_.scheduled(room.name()),
                      .parties = &setup_.parties,
                      .host = setup_.address,
                      .observeHandlers = setup_.watchRules});
}

void Rooms::request(RoomRequest request) {
  LiveRoom& room = roomOf(request.room, request.party);
  if (!room.broken) room.requests.push_back(request.key);
  give(room, Host::RequestReceived{request.key, std::move(request.request)});
}

std::uint32_t Rooms::takeSlot(LiveRoom& room) {
  std::uint32_t handle = static_cast<std::uint32_t>(slots_.size());
  if (freeSlots_.empty()) {
    slots_.emplace_back();
  } else {
    handle = freeSlots_.back();
    freeSlots_.pop_back();
  }
  const Host::ConnectionKey key = room.takeConnection();
  room.sockets[key.index] = handle;
  slots_[handle] = {nullptr, &room, key};
  return handle;
}

void Rooms::connect(RoomUpgrade upgrade) {
  LiveRoom& room = roomOf(upgrade.room, upgrade.party);
  const std::uint32_t handle = takeSlot(room);
  slots_[handle].socket =
      std::make_unique<WebSocket>(loop_, std::move(upgrade.opening), handle, setup_.webSocket, *this);
  if (room.paused) slots_[handle].socket->setPaused(true);
  give(room, Host::ConnectRequested{slots_[handle].key, std::move(upgrade.request), handle});
}

void Rooms::give(LiveRoom& room, Body body) {
  if (serving_) {
    waiting_.emplace_back(&room, std::move(body));
    return;
  }
  serving_ = true;
  serve(room, std::move(body));
  while (!waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    serve(*next.first, std::move(next.second));
  }
  serving_ = false;
}

void Rooms::serve(LiveRoom& room, Body&& body) {
  if (room.broken) return refuseFor(room, body);
  if (!isOwnWork(body)) touch(room);
  // The cause of an event tells its connection, so that whatever it leads to, however late, can be logged with it.
  const Host::Cause cause{(++causes_ << connectionBits) | (connectionIn(body) & connectionMask)};
  try {
    Host::Event event(cause, std::move(body));
    const Time now = clock_.now();
    if (room.watcher) room.watcher->event(now, event);
    for (Host::Effect& effect : room.machine->handle(now, std::move(event))) {
      if (room.watcher) room.watcher->effect(effect);
      carryOut(room, effect);
    }
  } catch (const std::exception& error) {
    return breakDown(room, error.what());
  }
  if (room.reopen) reopen(room);
  checkFlow(room);
}

void ruleBroken(const RoomName& room, const char* rule, const std::string& how) {
  Log::line(Level::error, "party={} room={}: {} was broken, which must never happen: {}", room.party, room.id, rule,
            how);
  std::abort();
}

// A fault of this program or of the disk under a read: the room goes, every other stays.
void Rooms::breakDown(LiveRoom& room, std::string_view why) {
  Log::line(Level::error, "party={} room={}: the room was ended: {}", room.name().party, room.name().id, why);
  room.broken = true;
  clearTimers(room);
  clearCalls(room);
  clearLinks(room);
  room.machine.reset();
  room.awake = false;
  for (auto& handle : room.sockets) {
    if (!handle) continue;
    Slot& slot = slots_[*handle];
    const auto key = slot.key;
    const std::uint32_t number = *handle;
    room.releaseConnection(key);
    slot.room = nullptr;
    if (slot.socket) {
      slot.socket->drop();
    } else {
      endLink(number, LinkLost{});
      forgetLink(number);
      freeIfDone(number);
    }
  }
  for (const Host::RequestKey key : std::exchange(room.requests, {})) {
    traffic_.toClient(Host::ResponseHead{key, Response("Internal Server Error", 500), true, true});
  }
  if (room.alarmRunning) {
    alarms_.settled(room.name(), {*std::exchange(room.alarmRunning, std::nullopt), false, false});
  }
  emptied_.push_back(&room);
}

void Rooms::refuseFor(LiveRoom& room, const Body& body) {
  if (const auto* asked = std::get_if<Host::RequestReceived>(&body)) {
    traffic_.toClient(Host::ResponseHead{asked->key, Response("Internal Server Error", 500), true});
  } else if (const auto* joining = std::get_if<Host::ConnectRequested>(&body)) {
    Host::ConnectionAnswered answer{joining->connection, joining->socket, Response("Internal Server Error", 500)};
    Host::ConnectionReleased released{joining->connection};
    carryOut(room, answer);
    carryOut(room, released);
  } else if (const auto* due = std::get_if<Host::AlarmDue>(&body)) {
    alarms_.settled(room.name(), {due->scheduled, false, false});
  }
}

// What is on its way to the disk belongs to the old machine; what was not handed over yet never goes.
void Rooms::reopen(LiveRoom& room) {
  room.reopen = false;
  std::erase_if(batch_, [&](const UnitJob& job) {
    if (job.room != room.stored || job.epoch != room.epoch) return false;
    --room.unitsInFlight;
    --unitsInFlight_;
    return true;
  });
  ++room.epoch;
  room.committed = 0;
  room.awake = false;
  clearTimers(room);
  openMachine(room);
}

void Rooms::touch(LiveRoom& room) {
  room.lastActive = std::chrono::steady_clock::now();
  if (room.listedIdle) {
    idle_.splice(idle_.end(), idle_, room.idlePlace);
  } else {
    room.idlePlace = idle_.insert(idle_.end(), &room);
    room.listedIdle = true;
  }
}

void Rooms::checkIdle() {
  const auto limit = std::chrono::steady_clock::now() - setup_.profile.idleBeforeHibernation;
  while (!idle_.empty() && idle_.front()->lastActive <= limit) {
    LiveRoom& room = *idle_.front();
    idle_.pop_front();
    room.listedIdle = false;
    if (room.awake) give(room, Host::HibernateRequested{});
    if (room.awake) {
      touch(room);  // something stands against it: asked again after the same time
    } else if (room.connections == 0) {
      emptied_.push_back(&room);
    }
  }
}

void Rooms::ring(const RoomName& name, Time scheduled) {
  for (std::size_t party = 0; party < setup_.parties.size(); ++party) {
    if (setup_.parties[party].name != name.party) continue;
    LiveRoom& room = roomOf(name, party);
    if (!room.broken) room.alarmRunning = scheduled;
    return give(room, Host::AlarmDue{scheduled});
  }
  Log::line(Level::warning, "party={} room={}: an alarm is due, but there is no such party; it stays on disk",
            name.party, name.id);
}

void Rooms::settled(std::vector<UnitOutcome> outcomes) {
  std::vector<LiveRoom*> told;
  for (UnitOutcome& outcome : outcomes) {
    const UnitJob& job = outcome.job;
    --unitsInFlight_;
    if (outcome.failure.empty()) {
      store_.committed(job);
      if (job.writes->alarm) alarms_.committed(job.room->name, *job.writes->alarm);
    }
    LiveRoom& room = *rooms_.at(job.room->name);  // it stays while it has units in flight
    --room.unitsInFlight;
    room.bytesInFlight -= job.bytes;
    if (room.epoch != job.epoch) continue;
    if (!outcome.failure.empty()) {
      Log::line(Level::error, "party={} room={}: a write failed, the room is reset: {}", job.room->name.party,
                job.room->name.id, outcome.failure);
      // What is durable up to here has been told first.
      if (room.committed != 0) give(room, Host::UnitCommitted{std::exchange(room.committed, 0)});
      give(room, Host::UnitFailed{job.unit, SharedBytes(std::string_view(outcome.failure))});
      continue;
    }
    if (room.committed == 0) told.push_back(&room);
    room.committed = job.unit;
  }
  for (LiveRoom* room : told) {
    if (room->committed != 0) give(*room, Host::UnitCommitted{std::exchange(room->committed, 0)});
  }
}

void Rooms::checkFlow(LiveRoom& room) {
  const bool behind = room.unitsInFlight > mostUnitsInFlight || room.bytesInFlight > mostBytesInFlight;
  const bool relaxed = room.unitsInFlight < mostUnitsInFlight / 2 && room.bytesInFlight < mostBytesInFlight / 2;
  const std::size_t waiting = room.machine->status().waitingEvents;
  if (!room.paused && (behind || waiting > mostEventsWaiting)) setPaused(room, true);
  if (room.paused && relaxed && waiting < mostEventsWaiting / 2 && !goingAway_) setPaused(room, false);
}

void Rooms::setPaused(LiveRoom& room, bool paused) {
  room.paused = paused;
  for (const auto& handle : room.sockets) {
    if (handle && slots_[*handle].socket) slots_[*handle].socket->setPaused(paused);
  }
  if (!paused) resumeLinks(room);
}

void Rooms::clearTimers(LiveRoom& room) {
  for (const auto& [key, timer] : room.timers) loop_.cancel(timer);
  room.timers.clear();
}

Rooms::Slot* Rooms::slotOf(WebSocket& socket) {
  Slot& slot = slots_[socket.handle()];
  return slot.room == nullptr ? nullptr : &slot;
}

void Rooms::messageArrived(WebSocket& socket, Message message) {
  if (Slot* slot = slotOf(socket)) give(*slot->room, Host::MessageReceived{slot->key, std::move(message)});
}

void Rooms::closeArrived(WebSocket& socket, std::uint16_t code, std::string reason) {
  if (Slot* slot = slotOf(socket)) {
    give(*slot->room, Host::CloseReceived{slot->key, code, SharedBytes(std::string_view(reason))});
  }
}

void Rooms::socketFailed(WebSocket& socket, std::uint16_t code, std::string reason) {
  if (Slot* slot = slotOf(socket)) {
    give(*slot->room, Host::ConnectionFailed{slot->key, code, SharedBytes(std::string_view(reason))});
  }
}

void Rooms::socketLost(WebSocket& socket) {
  if (Slot* slot = slotOf(socket)) give(*slot->room, Host::ConnectionLost{slot->key});
}

void Rooms::backlogFull(WebSocket& socket, std::size_t bytes) {
  const Slot* slot = slotOf(socket);
  if (slot == nullptr || !failures_.take(std::chrono::steady_clock::now())) return;
  Log::line(Level::warning,
            "party={} room={} connection={}: dropped, it has not read {} bytes that were sent to it, the limit is {} "
            "(--max-backlog)",
            slot->room->name().party, slot->room->name().id, slot->key.index, bytes, setup_.webSocket.backlogBytes);
}

void Rooms::socketEnded(WebSocket& socket) {
  const std::uint32_t handle = socket.handle();
  Slot& slot = slots_[handle];
  ended_.push_back(std::move(slot.socket));
  freeIfDone(handle);
  if (slot.room != nullptr && setup_.profile.clientCloseUnanswered) {
    give(*slot.room, Host::ConnectionLost{slot.key});  // of a close that was not answered (CLOSE-3)
  }
}

// A slot is used again when its transport has ended and the machine will not name it any more.
void Rooms::freeIfDone(std::uint32_t handle) {
  const Slot& slot = slots_[handle];
  if (!slot.socket && slot.room == nullptr) freeSlots_.push_back(handle);
}

void Rooms::checkPatience() {
  clock_.follow();
  const auto now = std::chrono::steady_clock::now();
  for (Slot& slot : slots_) {
    if (slot.socket) slot.socket->checkPatience(now);
  }
}

void Rooms::endTurn() {
  ended_.clear();
  if (!batch_.empty()) setup_.submit(std::exchange(batch_, {}));
  auto emptied = std::exchange(emptied_, {});
  std::ranges::sort(emptied);  // a room may be named twice
  const auto repeated = std::ranges::unique(emptied);
  emptied.erase(repeated.begin(), repeated.end());
  for (LiveRoom* room : emptied) {
    const bool needed = room->awake || room->connections > 0 || room->unitsInFlight > 0;
    if (needed) {
      touch(*room);
      continue;
    }
    clearTimers(*room);
    if (room->listedIdle) idle_.erase(room->idlePlace);
    rooms_.erase(RoomName(room->name()));
  }
}

void Rooms::pauseAll() {
  goingAway_ = true;
  for (auto& [name, room] : rooms_) {
    setPaused(*room, true);
    resumeLinks(*room);  // what is under way is finished, with what other rooms have to say
  }
}

void Rooms::sayGoodbye() {
  loseLinks();
  for (Slot& slot : slots_) {
    if (slot.socket) slot.socket->close(1001, "the server is going away", true);
  }
}

std::size_t Rooms::openSockets() const {
  std::size_t open = 0;
  for (const Slot& slot : slots_) open += slot.socket ? 1 : 0;
  return open;
}

std::string_view Rooms::httpDate() {
  const auto second = millisecondsOf(clock_.now()) / 1'000;
  if (second != dateSecond_) {
    date_ = Serve::httpDate(second);
    dateSecond_ = second;
  }
  return date_;
}

}  // namespace Party::Serve
