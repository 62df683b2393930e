#include "room_place.h"

#include <utility>

#include "room_core.h"

namespace Party::Detail {

RoomPlace::RoomPlace(Host::RoomSetup setup) : awake_(std::make_unique<RoomCore>(std::move(setup), *this)) {}
RoomPlace::~RoomPlace() = default;

Host::Effects& RoomPlace::handle(Time now, Host::Event&& event) {
  if (!awake_) {
    awake_ = std::make_unique<RoomCore>(std::move(*std::exchange(asleep_, nullptr)), *this);
    effects_ = Host::Effects();
  }
  const bool mayBeLast = std::holds_alternative<Host::HibernateRequested>(event.body);
  Host::Effects& effects = awake_->handle(now, std::move(event));
  if (!mayBeLast || !awake_->canSleep()) return effects;
  effects_ = std::move(effects);
  asleep_ = std::make_unique<SleepingRoom>(awake_->fallAsleep());
  awake_.reset();
  return effects_;
}

std::optional<Host::HibernationBlocker> RoomPlace::whatBlocksHibernation() const {
  return awake_ ? awake_->whatBlocksHibernation() : Host::HibernationBlocker::alreadyGone;
}

Host::RoomStatus RoomPlace::status() const {
  if (awake_) return awake_->status();
  Host::RoomStatus status;
  status.instances = asleep_->instances;
  status.connections = asleep_->connections ? asleep_->connections->listed() : 0;
  status.lastIssued = status.lastCommitted = asleep_->lastUnit;
  status.alarm = asleep_->alarm.current();
  return status;
}

ConnectionRecord* RoomPlace::find(std::uint32_t index, std::uint32_t generation) const noexcept {
  if (awake_) return awake_->connections().find(index, generation);
  return asleep_->connections ? asleep_->connections->find(index, generation) : nullptr;
}

OutgoingSocket* RoomPlace::findSocket(std::uint64_t id) const noexcept {
  return awake_ ? awake_->findSocket(id) : nullptr;
}

bool RoomPlace::hibernates() const noexcept { return !awake_ || awake_->hibernates(); }
bool RoomPlace::mayAct(std::string_view what) const { return awake_ && awake_->mayAct(what); }

}  // namespace Party::Detail
