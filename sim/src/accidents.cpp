#include <party/error.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "world_core.h"

/// Ends that a platform brings about for reasons of its own: new code, a limit, the longest life of an instance.

namespace Party::Sim::Detail {
namespace {

constexpr std::string_view newCode = "Durable Object reset because its code was updated.";
constexpr std::string_view tooMuchCpu = "Durable Object exceeded its CPU time limit and was reset.";
constexpr std::string_view longestLife = "Durable Object reset because its longest lifetime was over.";

bool isOutput(const Host::Effect& effect) {
  return std::holds_alternative<Host::MessageSent>(effect.body) ||
         std::holds_alternative<Host::Broadcast>(effect.body) ||
         std::holds_alternative<Host::ConnectionClosed>(effect.body);
}

bool beginsHandler(const Host::Effect& effect) {
  const auto* began = std::get_if<Host::HandlerBegan>(&effect.body);
  return began != nullptr && began->handler != Host::HandlerKind::constructor &&
         began->handler != Host::HandlerKind::onStart;
}

}  // namespace

void WorldCore::redeploy() {
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::redeployed, now_).cause(cause);
  for (std::size_t i = 0; i < roomCount_; ++i) {
    RoomHost& room = *rooms_[i];
    const Duration after = drawIfWide(Choice::deployDelay, cause, room.identity.value, options_.deployDelay());
    if (after == Duration::zero()) {
      resetRoom(room, derive(cause, room.identity.value, Derived::accident), newCode);
    } else {
      plan(now_ + after, {.kind = Kind::deployed,
                          .target = room.index,
                          .generation = room.life,
                          .cause = derive(cause, room.identity.value, Derived::accident).value});
    }
  }
}

/// In place: machines keep where their party's description is.
void WorldCore::redeploy(const Host::Parties& next) {
  Host::checkPartyNames(next);
  const auto find = [&next](const std::string& name) {
    return std::ranges::find(next, name, &Host::PartyDescriptor::name);
  };
  for (const auto& party : parties_) {
    if (find(party.name) == next.end())
      throw Error("the new code has no party \"" + party.name + "\", which has rooms");
  }
  if (next.size() != parties_.size()) throw Error("new code must have the parties that were there, and no others");
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::redeployed, now_).cause(cause);
  for (std::size_t i = 0; i < roomCount_; ++i) {
    resetRoom(*rooms_[i], derive(cause, rooms_[i]->identity.value, Derived::accident), newCode);
  }
  for (auto& party : parties_) party = *find(party.name);
}

void WorldCore::deployed(RoomHost& room, Host::Cause cause) { resetRoom(room, cause, newCode); }

void WorldCore::planEndOfLife(RoomHost& room, std::uint64_t instance) {
  const Host::Cause machine = derive(room.identity, room.life, Derived::accident);
  plan(now_ + chances_.draw(Choice::lifetime, machine, instance, *options_.lifetime()),
       {.kind = Kind::lifeEnds,
        .target = room.index,
        .generation = room.life,
        .cause = derive(machine, instance, Derived::accident).value,
        .value = instance});
}

void WorldCore::lifeEnds(RoomHost& room, Host::Cause cause, std::uint64_t instance) {
  const Host::RoomStatus status = room.machine->status();
  if (status.instance && status.instances == instance) resetRoom(room, cause, longestLife);
}

// --- A turn that takes too long: of the events behind it nothing has happened
// -----------------------------------------

/// Looks at the effects of an event one by one. From where a handler begins, what it writes is lost, and of what it
/// sends, behind an output that a draw picks, all (CP-29). False when the effect is not to be carried out.
bool WorldCore::allowsEffect(RoomHost& room, const Host::Effect& effect) {
  if (room.turn == RoomHost::Turn::plain) {
    const bool repeats = room.alarmRunning && room.alarmRepeated;  // not there in a life without the repeat
    if (repeats || !beginsHandler(effect)) return true;
    room.turn = RoomHost::Turn::exceeding;
    room.exceededBy = effect.cause;
    return true;
  }
  if (std::holds_alternative<Host::UnitIssued>(effect.body)) return false;
  if (!isOutput(effect)) return true;
  if (room.turn == RoomHost::Turn::exceeding) {
    const Host::Cause key = derive(effect.cause, effect.ordinal, Derived::effect);
    if (chances_.happens(Choice::turnOutput, key, 0, {1, 4})) room.turn = RoomHost::Turn::cut;
  }
  return room.turn == RoomHost::Turn::exceeding;
}

/// As a reset, but for the units of the turn: so another machine opens the room, and what was in flight before is
/// durable or not (EVICT-010, EVICT-016).
void WorldCore::endExceeded(RoomHost& room) {
  const Host::Cause cause = room.exceededBy;  // whatever event let that handler begin
  room.turn = RoomHost::Turn::plain;
  --room.cpuExceeded;
  if (journal_.on()) journal_.record(Record::exceedsCpu, now_).number(room.index).cause(cause);
  if (const std::size_t own = std::exchange(room.wakeUnits, 0);
      own != 0) {  // durable before the turn, as in settleWake
    applyUnits(room, own);
    room.units.erase(room.units.begin(), room.units.begin() + static_cast<std::ptrdiff_t>(own));
  }
  dropUnits(room);
  room.countsFailure = true;  // ALARM-044
  resetRoom(room, derive(cause, 0, Derived::accident), tooMuchCpu);
  room.countsFailure = false;
  closeMachine(room);
}

}  // namespace Party::Sim::Detail
