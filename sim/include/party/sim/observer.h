#pragma once

#include <party/error.h>
#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/sim/client.h>
#include <party/time.h>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace Party::Sim {

/// Rooms are numbered from 0 in the order in which a world first met them.
using RoomIndex = std::uint32_t;
/// No room: the edge.
inline constexpr RoomIndex noRoom = 0xffff'ffff;

/// Watches a world and never drives it: no verb of the world may be called from here, except `World::stop()`.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Before the room's machine sees the event.
  virtual void onEvent(Time, RoomIndex, const Host::Event&) {}
  /// Before the world carries the effect out.
  virtual void onEffect(Time, RoomIndex, const Host::Effect&) {}
  /// Event and effects are done: a boundary, at which a crash or a hibernation may fall.
  virtual void onBoundary(Time, RoomIndex) {}
  virtual void onFrame(Time, Client, const Frame&) {}
  /// The room's machine went without a word; its sockets and undurable units went with it.
  virtual void onCrash(Time, RoomIndex) {}
};

/// Something that must never be seen (behaviour-storage 8.9): a fault of the core or the simulator, never of a party.
struct Violation {
  std::string rule;  // INV-02
  std::string text;
  Time at;
  RoomIndex room = 0;
};

/// Thrown by the verb during which a rule of the never-legal list was broken.
class NeverLegal : public Error {
 public:
  explicit NeverLegal(Violation violation)
      : Error(violation.rule + ": " + violation.text), violation_(std::move(violation)) {}
  const Violation& violation() const { return violation_; }

 private:
  Violation violation_;
};

/// An exception that left a handler, or an error nobody awaited.
struct UncaughtError {
  Host::HandlerKind handler{};
  RoomIndex room = 0;
  Time at;
  /// `what()`, or "unknown exception" for what is no std::exception.
  std::string text;
  std::exception_ptr error;
};

}  // namespace Party::Sim
