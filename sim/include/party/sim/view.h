#pragma once

#include <party/message.h>
#include <party/sim/client.h>
#include <party/sim/disk.h>
#include <party/sim/life.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party::Sim {

class World;

/// What a client sent, and when.
struct Sent {
  Time at;
  /// Counts this client's connections to the room from 1.
  std::uint32_t connection = 0;
  Message content;
};

/// What one client did in one room.
struct Deeds {
  std::vector<Sent> sent;
  /// When it began each of its connections.
  std::vector<Time> connects;
  /// It vanished once, and the room learns it then: later than any time when it never does.
  std::optional<Time> noticed;
};

/// One client in one room, as far as it can see.
class ClientView {
 public:
  ClientView(std::uint8_t client, std::uint8_t room, std::span<const Frame> frames, const Deeds& deeds, bool open)
      : frames_(frames), deeds_(&deeds), client_(client), room_(room), open_(open) {}

  std::string_view name() const { return clientName(client_); }
  std::uint8_t room() const { return room_; }
  bool open() const { return open_; }
  std::span<const Frame> frames() const { return frames_; }
  /// Everything it sent, also over connections that broke before it arrived.
  std::span<const Sent> sent() const { return deeds_->sent; }
  /// When it began its n-th connection to this room, from 1.
  Time connectedAt(std::uint32_t connection) const { return deeds_->connects.at(connection - 1); }
  /// It is gone, and the room cannot know yet: to the room it is still there, if only by an earlier connection.
  bool ghost(Time now) const { return !open_ && deeds_->noticed && *deeds_->noticed > now; }
  /// What it received over its present connection, or its last.
  std::vector<Message> messages() const;
  /// What it received over all its connections to this room.
  std::vector<Message> allMessages() const;
  /// How many connections it has had to this room, 1 for the first.
  std::uint32_t connections() const { return frames_.empty() ? 0 : frames_.back().connection; }

 private:
  std::span<const Frame> frames_;
  const Deeds* deeds_;
  std::uint8_t client_;
  std::uint8_t room_;
  bool open_;
};

/// A moment of a life, for laws to look at. Valid while they look.
class View {
 public:
  View(const World& world, std::string_view party, std::uint8_t rooms, std::vector<ClientView> clients,
       const Statistics& statistics)
      : world_(&world), party_(party), clients_(std::move(clients)), statistics_(&statistics), rooms_(rooms) {}

  /// Everyone who has been in a room, once for each of the rooms.
  std::span<const ClientView> clients() const { return clients_; }
  std::vector<ClientView> openClients() const;
  std::uint8_t rooms() const { return rooms_; }
  /// What is durable of room-1, room-2, …
  const DiskImage& disk(std::uint8_t room = 0) const;
  const World& world() const { return *world_; }

  std::uint64_t reconnects() const { return statistics_->reconnects; }
  std::uint64_t hibernations() const { return statistics_->count(Verb::hibernate); }
  std::uint64_t crashes() const { return statistics_->count(Verb::crash); }
  const Statistics& statistics() const { return *statistics_; }
  /// Up to this moment, for laws such as "a message costs at most two rows".
  const Costs& costs() const { return statistics_->costs; }

 private:
  const World* world_;
  std::string_view party_;
  std::vector<ClientView> clients_;
  const Statistics* statistics_;
  std::uint8_t rooms_;
};

}  // namespace Party::Sim
