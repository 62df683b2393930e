#pragma once

#include "net/loop.h"
#include "storage/committed_reader.h"
#include "storage/stored_room.h"

#include <party/host/never_legal.h>
#include <party/host/party_descriptor.h>
#include <party/host/room_machine.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace Party::Serve {

/// A room in memory: its machine, and what its shard keeps beside it.
struct LiveRoom {
  LiveRoom(const Host::PartyDescriptor& itsParty, StoredRoomPointer itsStorage, CommittedStore& store)
      : party(itsParty), stored(std::move(itsStorage)), reader(store, stored) {}

  const RoomName& name() const { return stored->name; }

  /// A key for a new connection: the lowest index that is free, never used before in this generation.
  Host::ConnectionKey takeConnection() {
    std::uint32_t index = static_cast<std::uint32_t>(sockets.size());
    if (freeIndexes.empty()) {
      sockets.emplace_back();
    } else {
      index = freeIndexes.back();
      freeIndexes.pop_back();
    }
    ++connections;
    return {index, ++lastGeneration};
  }
  void releaseConnection(Host::ConnectionKey key) {
    sockets[key.index].reset();
    freeIndexes.push_back(key.index);
    --connections;
  }

  const Host::PartyDescriptor& party;
  const StoredRoomPointer stored;
  RoomReader reader;
  std::unique_ptr<Host::RoomMachine> machine;
  std::unique_ptr<Host::NeverLegal> watcher;  // null: nobody watches

  std::vector<std::optional<Host::SocketHandle>> sockets;  // by connection index
  std::vector<std::uint32_t> freeIndexes;
  std::uint32_t lastGeneration = 0;
  std::size_t connections = 0;
  std::map<std::uint64_t, Loop::Timer> timers;
  std::vector<Host::RequestKey> requests;            // not yet answered
  std::map<std::uint64_t, Host::RequestKey> calls;   // of the machine in hand, by its key, as requests to other rooms
  std::map<std::uint64_t, Host::RequestKey> opened;  // sockets of the machine in hand, by its key
  std::optional<Time> alarmRunning;

  /// Counts the machines: what is on the way to the disk from an earlier one is not this one's (RoomReset::reopen).
  std::uint32_t epoch = 1;
  std::size_t unitsInFlight = 0;  // of all epochs
  std::size_t bytesInFlight = 0;
  Host::Unit committed = 0;  // of this epoch, to be told

  bool paused = false;  // its clients wait until the disk has caught up
  bool awake = false;   // there is a party object
  bool reopen = false;  // asked for by the effects in hand
  bool broken = false;  // the machine threw: answered for until nothing is in flight, then forgotten
  bool listedIdle = false;
  std::list<LiveRoom*>::iterator idlePlace;
  SteadyTime lastActive;
};

}  // namespace Party::Serve
