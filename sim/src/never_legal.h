#pragma once

#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/host/keys.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// What must never be seen (behaviour-storage 8.9), as far as events and effects show it. It observes and never drives;
/// what it finds is a fault of the core or of the simulator.

namespace Party::Sim::Detail {

class WorldCore;
struct RoomHost;
struct Link;

class NeverLegalList {
 public:
  void reset() { used_ = 0; }
  void addRoom() {
    if (used_ == rooms_.size()) rooms_.emplace_back();
    auto sockets = std::move(rooms_[used_].sockets);
    sockets.clear();
    rooms_[used_] = Room();
    rooms_[used_++].sockets = std::move(sockets);
  }

  void event(WorldCore& world, const RoomHost& host, const Host::Event& event);
  void effect(WorldCore& world, const RoomHost& host, const Host::Effect& effect);
  void machineGone(const RoomHost& host);
  /// A message reached a client; `sent` is where the trace has it.
  void arrived(WorldCore& world, Link& link, std::uint64_t sent);
  /// A client's message reached its room; `number` counts what the client sent on this link.
  void arrivedUp(WorldCore& world, Link& link, std::uint64_t number);

 private:
  struct Socket {
    std::uint32_t generation = 0;
    bool decided = false;  // accepted, refused, answered or dropped
    bool closeSent = false;
    bool released = true;
  };
  struct Room {
    Host::Unit issued = 0;
    Host::Unit committed = 0;
    std::uint64_t instance = 0;
    bool alive = false;
    std::uint64_t messages = 0;  // events given, and handlers begun for them
    std::uint64_t onMessages = 0;
    std::uint64_t requests = 0;
    std::uint64_t onRequests = 0;
    std::uint64_t connects = 0;
    std::uint64_t onConnects = 0;
    std::uint64_t alarmRuns = 0;  // begun and not ended
    Time alarm;                   // the last that failed, and how often
    std::uint64_t alarmFailures = 0;
    std::vector<Socket> sockets;
  };
  struct Rules;

  std::vector<Room> rooms_;  // the first used_ are in use; the others keep their memory
  std::size_t used_ = 0;
};

}  // namespace Party::Sim::Detail
