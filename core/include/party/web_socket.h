#pragma once

#include <party/connection.h>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>

namespace Party {

/// The calling end of a WebSocket between two rooms: what `Stub::socket` resolves to (PARTIES-8). To the room at the
/// other end it is a Connection like any client's.
///
/// A value of 16 bytes to copy, keep in a member and compare. It belongs to the party object that opened it: while it
/// is open that object does not hibernate (HIBER-040), and when the object is reset the other end sees its connection
/// lost. Once the socket has gone, the value means nothing any more and never a later socket.
///
/// ```
/// const Party::WebSocket score = co_await room().context().parties("score").get("today").socket("/live");
/// score.addEventListener(Party::EventType::message, [](const Party::SocketEvent& event) { ... });
/// score.send("hello");
/// ```
class WebSocket {
 public:
  /// Open when `Stub::socket` gives it; closing once a close frame was sent or received; closed after both, after an
  /// error, and when it has gone.
  ReadyState readyState() const noexcept;

  /// As for a Connection: in order, and once all writes issued before it are durable (GATE-031). Throws `Party::Error`
  /// after this end's close() (CLOSE-22); on a socket that has gone it does nothing; in a listener of the close event
  /// it is dropped and logged (D-8).
  void send(const Message& message) const;

  /// As for a Connection: the same codes, reasons and errors. The close event comes when the other room has answered
  /// (PARTIES-11).
  void close() const;
  void close(int code, std::string_view reason = {}) const;

  /// Calls `listener(const SocketEvent&)`, which returns nothing or a Task<>, for every such event from now on, in the
  /// order of adding. Who listens before the first `co_await` after `socket()` misses nothing; what comes while nobody
  /// listens is lost. A close of the other end is answered with its own code when the listeners' first part has run,
  /// unless one of them has closed (D-8). Of close and error a socket has one, as its last event.
  template <std::invocable<const SocketEvent&> Function>
  void addEventListener(EventType type, Function&& listener) const {
    listen(type, Detail::makeListener(std::forward<Function>(listener)));
  }

  friend bool operator==(const WebSocket&, const WebSocket&) = default;

 private:
  friend class Detail::RoomCore;
  WebSocket(Detail::RoomPlace* room, std::uint64_t id) : room_(room), id_(id) {}
  void listen(EventType type, Detail::EventListener listener) const;

  Detail::RoomPlace* room_;
  std::uint64_t id_;
};
static_assert(sizeof(WebSocket) == 16);

}  // namespace Party
