#pragma once

#include <party/sim/world.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "world_parties.h"

namespace WorldTests {

inline Party::Host::Parties allParties() {
  return Party::parties<Shout, Counter, Clock, Sleeper>("main", "counter", "clock", "sleeper");
}

/// One life with some of everything: four kinds of party, requests, faults of all kinds.
inline void liveFixedLife(Party::Sim::World& world) {
  using namespace Party::Sim;
  const char* const parties[] = {"main", "counter", "clock", "sleeper"};
  for (std::uint64_t step = 0; step < 120; ++step) {
    world.withCause(step);
    const std::uint64_t draw = Party::Host::mix(world.seed().value(), 77, step, 0);
    const char* const party = parties[draw % 4];
    const std::string room = (draw >> 8) % 2 == 0 ? "a" : "b";
    if (world.clientCount() < 8) {
      world.connect(party, room, ClientOptions().id("c" + std::to_string(step)));
      continue;
    }
    Client client = world.client(static_cast<std::uint32_t>((draw >> 16) % world.clientCount()));
    switch ((draw >> 32) % 16) {
      case 0:
        client.drop();
        break;
      case 1:
        client.close(4000, "enough");
        break;
      case 2:
        client.halfOpen((draw >> 40) % 2 == 0 ? std::optional<Party::Duration>(3s) : std::nullopt);
        break;
      case 3:
        client.breakProtocol();
        break;
      case 4:
        world.crash();
        break;
      case 5:
        world.crash(party, room);
        break;
      case 6:
        world.hibernateAll();
        break;
      case 7:
        world.failNextCommit(party, room);
        break;
      case 8:
        world.resetRoom(party, room);
        break;
      case 9:
        world.advance(20s);
        break;
      case 10:
        world.request(party, room);
        break;
      default:
        client.send(std::to_string(draw % 5000));
        break;
    }
    if (client.closed()) client.reconnect();
    world.advance(Party::Duration(static_cast<std::int64_t>((draw >> 48) % 4000)));
  }
  world.runUntilQuiet();
}

inline Party::Sim::WorldOptions stressed() {
  return Party::Sim::WorldOptions().delayedReads({1, 3}, {0ms, 50ms}).lostAcks({1, 50}).commitFailures({1, 50});
}

}  // namespace WorldTests
