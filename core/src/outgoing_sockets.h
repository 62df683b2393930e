#pragma once

#include <party/connection.h>
#include <party/pending.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "running_handlers.h"

/// The WebSockets that one instance has opened, from the asking until both ends are through with them.

namespace Party::Detail {

struct OutgoingSocket {
  enum class Phase : std::uint8_t { opening, open, ended };

  std::uint64_t id = 0;
  /// In which it was opened: its events belong there, and to the parent when it has ended (GATE-020, GATE-026).
  SectionId section = 0;
  OperationKey operation;  // of who waits for its opening
  Phase phase = Phase::opening;
  bool underWay = false;  // the host has heard of it
  bool closeSent = false;
  bool closeReceived = false;
  std::vector<std::pair<EventType, EventListener>> listeners{};

  /// In the order they were added.
  std::vector<EventListener> listening(EventType type) const {
    std::vector<EventListener> found;
    for (const auto& [heard, listener] : listeners) {
      if (heard == type) found.push_back(listener);
    }
    return found;
  }
};

class OutgoingSockets {
 public:
  explicit OutgoingSockets(std::uint64_t lastId = 0) noexcept : lastId_(lastId) {}

  /// Ids are never used twice in the life of the room object, so what is late for an earlier instance finds nothing.
  OutgoingSocket& add(SectionId section, OperationKey operation) {
    sockets_.push_back({.id = ++lastId_, .section = section, .operation = operation});
    return sockets_.back();
  }
  OutgoingSocket* find(std::uint64_t id) noexcept {
    const auto at = std::ranges::find(sockets_, id, &OutgoingSocket::id);
    return at == sockets_.end() ? nullptr : &*at;
  }
  bool remove(std::uint64_t id) {
    return std::erase_if(sockets_, [id](const OutgoingSocket& socket) { return socket.id == id; }) != 0;
  }
  void adopt(SectionId from, SectionId to) noexcept {
    for (OutgoingSocket& socket : sockets_) {
      if (socket.section == from) socket.section = to;
    }
  }
  std::size_t size() const noexcept { return sockets_.size(); }
  /// One whose other end has not closed may still bring something. After its close frame nothing comes any more, also
  /// when nobody answers it (CLOSE-3).
  bool awaitsAnything() const noexcept {
    return std::ranges::any_of(sockets_, [](const OutgoingSocket& socket) {
      return socket.phase != OutgoingSocket::Phase::ended && !socket.closeReceived;
    });
  }
  std::uint64_t lastId() const noexcept { return lastId_; }
  std::vector<OutgoingSocket> takeAll() noexcept { return std::exchange(sockets_, {}); }

 private:
  std::vector<OutgoingSocket> sockets_;  // in the order they were asked for
  std::uint64_t lastId_;
};

}  // namespace Party::Detail
