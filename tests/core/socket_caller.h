#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "room_driver.h"

/// A room that opens sockets to another, for the tests of both halves of their life.

namespace Party::Test {

inline constexpr const char* asked = "GET http://house.test/parties/other/x -> 1/x";

inline Pending<WebSocket> openOther(Room& own) { return own.context().parties("other").get("x").socket(); }

inline std::string described(const SocketEvent& event) {
  if (event.type == EventType::message) return "message " + std::string(event.data.content());
  if (event.type == EventType::error) return "error " + event.reason;
  std::string text = "close " + std::to_string(event.code);
  if (!event.reason.empty()) text += " " + event.reason;
  return text + (event.wasClean ? "" : " unclean");
}

inline void noteAll(const WebSocket& socket, Lines& log) {
  for (const EventType type : {EventType::message, EventType::close, EventType::error}) {
    socket.addEventListener(type, [&log](const SocketEvent& event) { log.push_back(described(event)); });
  }
}

/// Opens a socket at every request, keeps it here, and notes all that comes.
struct Caller {
  Lines log;
  std::vector<WebSocket> sockets;

  Script script() {
    Script script;
    script.onRequest = [this](Room& own, Request) -> Task<Response> {
      std::string failure;
      try {
        const WebSocket socket = co_await openOther(own);
        sockets.push_back(socket);
        noteAll(socket, log);
      } catch (const Error& error) {
        failure = error.message() + (error.detail().empty() ? "" : "; " + error.detail());
      }
      co_return Response(failure.empty() ? "open" : failure);
    };
    return script;
  }
  /// Runs `act` as a turn of the room.
  static Script acting(Script script, std::function<void(Room&)> act) {
    script.onMessage = [act = std::move(act)](Room& own, Message, Connection) -> Task<> {
      act(own);
      co_return;
    };
    return script;
  }
};

inline int stateOf(const WebSocket& socket) { return static_cast<int>(socket.readyState()); }

}  // namespace Party::Test
