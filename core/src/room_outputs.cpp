#include <algorithm>
#include <iterator>
#include <utility>

#include "match.h"
#include "room_core.h"

namespace Party::Detail {

bool RoomCore::leaves(const Host::ConnectionAccepted& accepted) {
  if (ConnectionRecord* record = connections_.find(accepted.connection)) record->accepted = true;
  return true;
}

bool RoomCore::leaves(const Host::ResponseHead& head) {
  if (!head.complete) {
    if (BodyStream* stream = streams_ ? streams_->of(head.key) : nullptr) stream->headLeft = true;
    return !isAborted(head.key);
  }
  std::erase(requests_, head.key);
  return std::erase(aborted_, head.key) == 0;
}

bool RoomCore::leaves(const Host::ConnectionReleased& released) {
  connections_.release(released.connection);
  if (listeners_) listeners_->forget(released.connection);
  return true;
}

void RoomCore::broadcast(const Message& message, Audience audience) {
  MemberList* list = connections_.list(audience.tag);
  if (list == nullptr || list->empty()) return;
  audience.before = connections_.nextJoin();
  const auto [cause, ordinal] = nextOrdinal();
  if (outputs_.open()) {
    effects_.emplace_back(cause, ordinal, outputs_.awaited(), addressed(message, audience));
    return;
  }
  Host::Effect effect(cause, ordinal, outputs_.awaited(), Host::Broadcast{message, {}, {}});
  outputs_.hold({std::move(effect), std::move(audience), {}});
}

Host::Broadcast RoomCore::addressed(Message message, const Audience& audience) {
  if (!std::ranges::includes(audience.except, ghosts_)) {
    Audience living = audience;
    living.except.clear();
    std::ranges::set_union(audience.except, ghosts_, std::back_inserter(living.except));
    return addressed(std::move(message), living);
  }
  MemberList* list = connections_.list(audience.tag);
  if (list == nullptr) return {std::move(message), {}, {}};
  const auto sockets = connections_.audience(*list, audience.before);
  if (audience.except.empty()) return {std::move(message), sockets, {}};
  auto positions = std::make_unique<std::uint32_t[]>(audience.except.size());
  std::size_t count = 0;
  for (const JoinNumber join : audience.except) {
    const std::size_t position = list->positionOf(join);
    if (position < sockets.size() && list->joinAt(position) == join) {
      positions[count++] = static_cast<std::uint32_t>(position);
    }
  }
  const std::span<const std::uint32_t> except(positions.get(), count);
  exceptPositions_.push_back(std::move(positions));
  return {std::move(message), sockets, except};
}

void RoomCore::releaseBroadcast(HeldOutput& held) {
  Host::Effect& effect = held.effect;
  const Message message = std::get<Host::Broadcast>(effect.body).message;
  for (const Host::ConnectionKey key : held.closedSince) {
    const ConnectionRecord* record = connections_.find(key);
    if (record == nullptr) continue;
    effects_.emplace_back(effect.cause, effect.ordinal, effect.unit, Host::MessageSent{key, record->socket, message});
  }
  Host::Broadcast broadcast = addressed(message, *held.audience);
  if (broadcast.sockets.empty()) return;
  effects_.emplace_back(effect.cause, effect.ordinal, effect.unit, std::move(broadcast));
}

void RoomCore::releaseOutputs() {
  while (auto held = outputs_.release()) {
    if (held->audience) {
      releaseBroadcast(*held);
      continue;
    }
    bool leaving = true;
    match(held->effect.body, [&](const auto& asked) { leaving = leaves(asked); });
    if (leaving) effects_.push_back(std::move(held->effect));
  }
}

// A unit makes outputs wait from its first confirmed write on (GATE-030, STORE-071).
Host::UnitWrites& RoomCore::openUnit(bool confirmed) {
  if (!openUnit_) openUnit_ = std::make_unique<Host::UnitWrites>();
  if (confirmed) outputs_.waitFor(lastIssued_ + 1);
  return *openUnit_;
}

void RoomCore::closeUnit() {
  if (openUnit_) {
    ++lastIssued_;
    openUnit_->wakes = std::exchange(expectedWakes_, {});
    if (openUnit_->alarm) alarmUnits_.emplace_back(lastIssued_, *openUnit_->alarm);
    // Also in the middle of a handler, before and after deleteAll, it is the turn's: it shifts no draw of the
    // handler's.
    effects_.emplace_back(turnCause_, turnOrdinal_++, Host::Unit{0},
                          Host::UnitIssued{lastIssued_, std::move(openUnit_)});
  }
  for (Host::WakeExpected& wake : std::exchange(expectedWakes_, {})) output(std::move(wake));
}

}  // namespace Party::Detail
