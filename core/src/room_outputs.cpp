#include <algorithm>
#include <utility>

#include "room_core.h"

namespace Party::Detail {

std::pair<Host::Cause, std::uint32_t> RoomCore::nextOrdinal() {
  if (HandlerContext* running = handlers_.current()) return {running->cause, running->ordinal++};
  return {turnCause_, turnOrdinal_++};
}

void RoomCore::emit(Host::Effect::Body body, Host::Unit unit) {
  const auto [cause, ordinal] = nextOrdinal();
  effects_.emplace_back(cause, ordinal, unit, std::move(body));
}

void RoomCore::output(Host::Effect::Body body) {
  const auto [cause, ordinal] = nextOrdinal();
  Host::Effect effect(cause, ordinal, outputs_.awaited(), std::move(body));
  if (outputs_.open()) {
    pass(std::move(effect));
  } else {
    outputs_.hold({std::move(effect), std::nullopt});
  }
}

// The room's own books follow what has really left.
void RoomCore::pass(Host::Effect&& effect) {
  if (const auto* accepted = std::get_if<Host::ConnectionAccepted>(&effect.body)) {
    if (ConnectionRecord* record = connections_.find(accepted->connection)) record->accepted = true;
  } else if (const auto* head = std::get_if<Host::ResponseHead>(&effect.body)) {
    std::erase(requests_, head->key);
    if (std::erase(aborted_, head->key) > 0) return;
  } else if (const auto* released = std::get_if<Host::ConnectionReleased>(&effect.body)) {
    connections_.release(released->connection);
  }
  effects_.push_back(std::move(effect));
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
  outputs_.hold({std::move(effect), std::move(audience)});
}

Host::Broadcast RoomCore::addressed(Message message, const Audience& audience) {
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

void RoomCore::releaseOutputs() {
  while (auto held = outputs_.release()) {
    if (held->audience) {
      auto& broadcast = std::get<Host::Broadcast>(held->effect.body);
      broadcast = addressed(broadcast.message, *held->audience);
      if (broadcast.sockets.empty()) continue;
    }
    pass(std::move(held->effect));
  }
}

Host::UnitWrites& RoomCore::openUnit() {
  if (!openUnit_) {
    openUnit_ = std::make_unique<Host::UnitWrites>();
    outputs_.waitFor(lastIssued_ + 1);
  }
  return *openUnit_;
}

void RoomCore::closeUnit() {
  if (!openUnit_) return;
  ++lastIssued_;
  if (openUnit_->alarm) alarmUnits_.emplace_back(lastIssued_, *openUnit_->alarm);
  emit(Host::UnitIssued{lastIssued_, std::move(openUnit_)});
}

}  // namespace Party::Detail
