#pragma once

#include <party/time.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace Party::Serve {

/// What names a room on disk. The shard it lives on is no part of it, so the number of shards may change.
struct RoomName {
  std::string party;
  std::string id;
  friend auto operator<=>(const RoomName&, const RoomName&) = default;
};

/// FNV-1a over both parts: the same in every process, because it chooses the room's shard.
constexpr std::uint64_t hashOf(const RoomName& name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&](char byte) { hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u; };
  for (const char byte : name.party) add(byte);
  add('/');
  for (const char byte : name.id) add(byte);
  return hash ^ (hash >> 32);
}

struct RoomNameHash {
  std::size_t operator()(const RoomName& name) const noexcept { return hashOf(name); }
};

/// A room as the storage knows it, shared by its shard and the storage thread.
struct StoredRoom {
  explicit StoredRoom(RoomName roomName) : name(std::move(roomName)) {}
  const RoomName name;
  /// Its row; 0 until its first unit is durable.
  std::atomic<std::int64_t> number = 0;
  /// The storage thread's: units of this epoch are refused, because an earlier one of it failed.
  std::uint32_t failedEpoch = 0;
};
using StoredRoomPointer = std::shared_ptr<StoredRoom>;

/// An alarm as found on disk.
struct StoredAlarm {
  RoomName room;
  Time due;
};

}  // namespace Party::Serve
