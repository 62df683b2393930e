#include "room_place.h"

#include <initializer_list>
#include <string_view>
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

std::optional<std::string> RoomPlace::keptAsleep() const {
  if (!asleep_) return std::nullopt;
  std::string kept;
  const auto number = [&](std::uint64_t value) { kept += std::to_string(value) + ','; };
  const auto text = [&](std::string_view value) {
    number(value.size());
    kept += value;
  };
  const auto time = [&](std::optional<Time> value) {
    number(value ? 1 : 0);
    if (value) number(static_cast<std::uint64_t>(value->time_since_epoch().count()));
  };
  // Names of units, timers, calls and sockets go on where they were; some key what a host draws.
  for (const std::uint64_t last : {asleep_->lastUnit, asleep_->lastTimer, asleep_->lastCall, asleep_->lastSocket}) {
    number(last);
  }
  time(asleep_->alarm.current());
  time(asleep_->alarm.running());
  time(asleep_->durableAlarm);
  if (!asleep_->connections) return kept;
  for (const Host::ConnectionKey key : asleep_->connections->keys()) {
    const ConnectionRecord& record = *asleep_->connections->find(key);
    number(key.index);
    number(key.generation);
    number(record.join);
    number(static_cast<std::uint64_t>(record.phase));
    number(static_cast<std::uint64_t>(record.origin));
    for (const bool flag : {record.listed, record.accepted, record.closeSent, record.closeReceived, record.halfOver}) {
      number(flag ? 1 : 0);
    }
    if (record.passing) return std::nullopt;  // on its way in or out: more than these bytes can say
    text(record.id());
    text(record.uri());
    text(record.state.view());
    for (const Tag* tag : record.names.tags()) text(tag->first);
    kept += ';';
  }
  return kept;
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
