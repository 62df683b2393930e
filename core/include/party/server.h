#pragma once

#include <party/connection.h>
#include <party/error.h>
#include <party/http.h>
#include <party/message.h>
#include <party/room.h>
#include <party/task.h>

#include <string>
#include <vector>

namespace Party {

struct ServerOptions {
  /// True lets the room sleep while its sockets stay open: the object is destroyed, and made anew by the next event.
  bool hibernate = false;
};

/// The class a party author derives from: one object of it is one live room.
///
/// Handlers of a room never run at the same time, but a handler that waits for anything except storage lets others
/// begin (MESSAGE-3, MESSAGE-4). Parameters are values, the handler owns them. A handler may return an empty Task
/// instead of being a coroutine. What it throws is logged and ends in the outcome named at each handler.
class Server {
 public:
  explicit Server(Room& room) noexcept : room_(&room) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;

  /// Read once, right after the constructor (LIFE-4).
  virtual ServerOptions options() const { return {}; }

  /// Runs before anything else reaches the room, after each construction. Nothing is processed until it has ended
  /// (D-1). If it throws, the object is discarded, those who waited get an error, and the next event starts anew (D-2).
  virtual Task<> onStart() { return {}; }

  /// Up to 9 tags, each 1..256 long, besides the connection's id. A throw closes the connection with 1011.
  virtual Task<std::vector<std::string>> getConnectionTags(Connection, ConnectionContext) { return {}; }

  /// The client sees the connection open when this has ended. A throw closes it with 1011 and the error's message;
  /// what was sent to it before is lost, and no onClose follows (CONNECT-17, D-4).
  virtual Task<> onConnect(Connection, ConnectionContext) { return {}; }

  /// In the order of each connection's frames. A throw is logged; the connection stays open (MESSAGE-7).
  virtual Task<> onMessage(Message, Connection) { return {}; }

  /// The connection has ended: closed by the client, by the room, or lost. It is no longer listed, its id, uri and
  /// state can still be read. Exactly one of onClose and onError runs for each connection that completed onConnect.
  virtual Task<> onClose(Connection) { return {}; }

  /// The connection ended because the client broke the protocol or sent more than the room takes (D-11).
  virtual Task<> onError(Connection, Error) { return {}; }

  /// HTTP to the room's URL. A throw answers with the error's code (400..599, else 500) and message (D-17). Without an
  /// override requests are answered 500 `No onRequest handler`.
  virtual Task<Response> onRequest(Request) { return {}; }

  /// The alarm is due. At least once for each alarm set; a throw is retried (ALARM-040).
  virtual Task<> onAlarm() { return {}; }

 protected:
  Room& room() const noexcept { return *room_; }

 private:
  Room* room_;
};

}  // namespace Party
