#pragma once

#include <party/host/effect.h>
#include <party/sim/observer.h>

#include <string>
#include <variant>
#include <vector>

namespace Party::Sim::Detail {

/// Connections that a room refused by a limit of its own, after a handler that threw nothing: what the party asked for
/// was too much, ten tags for instance (CONNECT-17), and nobody would hear of it.
class Refusals final : public Observer {
 public:
  struct Refusal {
    RoomIndex room = 0;
    std::string reason;
  };
  const std::vector<Refusal>& all() const { return all_; }

  void onEvent(Time, RoomIndex, const Host::Event&) override { failed_ = false; }
  void onEffect(Time, RoomIndex room, const Host::Effect& effect) override {
    if (std::holds_alternative<Host::HandlerFailed>(effect.body)) failed_ = true;
    const auto* refused = std::get_if<Host::ConnectionRefused>(&effect.body);
    if (refused != nullptr && refused->code == handlerFailed && !failed_) {
      all_.push_back({room, std::string(refused->reason.view())});
    }
  }

 private:
  static constexpr std::uint16_t handlerFailed = 1011;
  std::vector<Refusal> all_;
  bool failed_ = false;
};

}  // namespace Party::Sim::Detail
