#pragma once

#include <party/host/effect.h>
#include <party/sim/life.h>
#include <party/sim/observer.h>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace Party::Sim::Detail {

/// Counts what a platform would charge for.
class CostMeter final : public Observer {
 public:
  void onEffect(Time now, RoomIndex room, const Host::Effect& effect) override {
    if (std::holds_alternative<Host::MessageSent>(effect.body)) {
      ++costs_.messages;
    } else if (const auto* broadcast = std::get_if<Host::Broadcast>(&effect.body)) {
      costs_.messages += broadcast->sockets.size() - broadcast->except.size();
    } else if (const auto* unit = std::get_if<Host::UnitIssued>(&effect.body)) {
      costs_.rowsWritten += unit->writes->writes.size();
    } else if (std::holds_alternative<Host::InstanceStarted>(effect.body)) {
      ++costs_.wakes;
      since(room) = now;
    } else if (std::holds_alternative<Host::InstanceEnded>(effect.body)) {
      ended(now, room);
    }
  }
  void onCrash(Time now, RoomIndex room) override { ended(now, room); }

  /// With the rooms that are in memory counted up to `now`.
  Costs costs(Time now) const {
    Costs total = costs_;
    for (const auto& began : since_) {
      if (began) total.resident += now - *began;
    }
    return total;
  }

 private:
  std::optional<Time>& since(RoomIndex room) {
    if (room >= since_.size()) since_.resize(room + 1);
    return since_[room];
  }
  void ended(Time now, RoomIndex room) {
    std::optional<Time>& began = since(room);
    if (began) costs_.resident += now - *began;
    began.reset();
  }

  Costs costs_;
  std::vector<std::optional<Time>> since_;
};

}  // namespace Party::Sim::Detail
