#include <party/error.h>
#include <party/room.h>

#include <algorithm>
#include <utility>

#include "internal_id.h"
#include "room_core.h"
#include "uuid.h"

namespace Party {

const std::string& Room::id() const {
  if (room_->inAlarmHandler()) {
    throw Error(
        "You can not access `Party.id` in the `onAlarm` handler.\n"
        "This is a known limitation, and may be fixed in a future version of PartyKit.\n"
        "If you access to the id, you can save it into the Room storage when setting the alarm.\n");
  }
  if (room_->withoutId()) throw Error("Party.id is not yet initialized. This is probably a bug in PartyKit.");
  return room_->setup().id;
}

const std::string& Room::name() const { return room_->setup().party->name; }
std::string Room::internalID() const { return Detail::internalIdOf(name(), room_->setup().id); }
Storage& Room::storage() { return room_->storage(); }

namespace {

template <class Ids>
void broadcastWithout(Detail::RoomCore& room, const Message& message, const Ids& without) {
  if (!room.mayAct("broadcast") || room.inConstructor()) return;  // BCAST-3
  Detail::Audience audience;
  for (const std::string_view id : without) room.connections().collectJoins(id, audience.except);
  std::ranges::sort(audience.except);
  const auto repeated = std::ranges::unique(audience.except);
  audience.except.erase(repeated.begin(), repeated.end());
  room.broadcast(message, std::move(audience));
}

}  // namespace

void Room::broadcast(const Message& message, std::initializer_list<std::string_view> without) {
  broadcastWithout(*room_, message, without);
}
void Room::broadcast(const Message& message, std::span<const std::string> without) {
  broadcastWithout(*room_, message, without);
}

std::optional<Connection> Room::getConnection(std::string_view id) const {
  if (room_->inConstructor()) return std::nullopt;  // BCAST-13
  room_->checkUnique(id);
  const auto key = room_->connections().newest(id);
  return key ? std::optional(room_->connection(*key)) : std::nullopt;
}
Connections Room::getConnections() const { return Connections(room_, std::nullopt); }
Connections Room::getConnections(std::string_view tag) const { return Connections(room_, std::string(tag)); }

Time Room::now() const { return std::chrono::floor<std::chrono::milliseconds>(room_->now()); }

Pending<void> Room::sleep(Duration length) {
  if (!room_->mayAct("sleep")) return Pending<void>::ready(room_->handlers());
  const OperationKey key = room_->handlers().open(false);
  room_->startTimer(length, Detail::SleepTimer{key});
  return Pending<void>::waiting(room_->handlers(), key, [](Detail::OperationResult&&) {});
}

TimerId Room::startTimer(Duration delay, bool repeating, Detail::Callback callback) {
  if (!room_->mayAct("setTimeout")) return 0;
  const Duration period = repeating ? std::max(delay, Duration(std::chrono::milliseconds(1))) : Duration(0);
  return room_->startTimer(repeating ? period : delay, Detail::CallbackTimer{std::move(callback), period});
}

void Room::clear(TimerId timer) { room_->clearTimer(timer); }

double Room::random() { return static_cast<double>(room_->draw(Host::Purpose::userRandom) >> 11) * 0x1.0p-53; }

std::uint64_t Room::randomInteger(std::uint64_t bound) {
  if (bound == 0) throw Error("randomInteger needs a bound above 0");
  return Host::below(room_->draw(Host::Purpose::userRandom), bound);
}

std::string Room::randomUUID() {
  const std::uint64_t high = room_->draw(Host::Purpose::userUuid);
  const std::uint64_t low = room_->draw(Host::Purpose::userUuid);
  return Detail::uuidOf(high, low);
}

Detail::AskedSection Room::startSection(Detail::Callback section) {
  return room_->askForSection("blockConcurrencyWhile", std::move(section), nullptr);
}

void Room::expectWakeBy(Time due, std::string_view what) { room_->expectWake(due, what); }
void Room::expectNoWake(std::string_view what) { room_->expectWake(std::nullopt, what); }

void Room::waitUntil(Task<> work) { room_->runInBackground(std::move(work)); }
void Room::log(LogLevel level, std::string_view text) { room_->log(level, text); }

}  // namespace Party
