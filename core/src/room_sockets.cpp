#include <party/error.h>
#include <party/web_socket.h>

#include <string>
#include <utility>

#include "close_frame.h"
#include "room_core.h"

/// WebSockets that the room opens, from what the party asks to what it hears.

namespace Party {

ReadyState WebSocket::readyState() const noexcept {
  using Phase = Detail::OutgoingSocket::Phase;
  const Detail::OutgoingSocket* socket = room_->findSocket(id_);
  if (socket == nullptr || socket->phase == Phase::ended) return ReadyState::closed;
  if (socket->phase == Phase::opening) return ReadyState::connecting;
  if (socket->closeSent && socket->closeReceived) return ReadyState::closed;
  return socket->closeSent || socket->closeReceived ? ReadyState::closing : ReadyState::open;
}

void WebSocket::send(const Message& message) const {
  Detail::OutgoingSocket* socket = room_->findSocket(id_);
  if (socket == nullptr || !room_->mayAct("send")) return;
  room_->awake().sendTo(*socket, message);
}

void WebSocket::close() const {
  Detail::OutgoingSocket* socket = room_->findSocket(id_);
  if (socket == nullptr || !room_->mayAct("close")) return;
  room_->awake().close(*socket, 0, {});
}

void WebSocket::close(int code, std::string_view reason) const {
  Detail::checkCloseFrame(code, reason, room_->awake().profile());
  Detail::OutgoingSocket* socket = room_->findSocket(id_);
  if (socket == nullptr || !room_->mayAct("close")) return;
  room_->awake().close(*socket, static_cast<std::uint16_t>(code), SharedBytes(reason));
}

void WebSocket::listen(EventType type, Detail::EventListener listener) const {
  Detail::OutgoingSocket* socket = room_->findSocket(id_);
  if (socket == nullptr || !room_->mayAct("addEventListener")) return;
  socket->listeners.emplace_back(type, std::move(listener));
}

namespace Detail {
namespace {

using Phase = OutgoingSocket::Phase;

}  // namespace

Pending<WebSocket> RoomCore::openSocket(Request upgrade, Host::RoomAddress room) {
  if (!mayAct("socket")) return Pending<WebSocket>::ready(handlers_, WebSocket(&place_, 0));
  const SectionId section = context().section;
  if (room.id.empty()) {  // PARTIES-9, PARTIES-14
    throw Error("Expected a websocket response", std::nullopt, "it was answered 500 No room id found in request url");
  }
  if (sockets_.size() >= profile().maxOutgoingSockets) {
    throw Error("a room may have only " + std::to_string(profile().maxOutgoingSockets) +
                " sockets of its own open; close one first");
  }
  const OperationKey operation = handlers_.open(false);
  const std::uint64_t id = sockets_.add(section, operation).id;
  output(Host::SocketRequested{{id}, std::move(upgrade), std::make_unique<Host::RoomAddress>(std::move(room))});
  return Pending<WebSocket>::waiting(handlers_, operation,
                                     [this, id](OperationResult&&) { return WebSocket(&place_, id); });
}

bool RoomCore::leaves(const Host::SocketRequested& requested) {
  OutgoingSocket* socket = sockets_.find(requested.socket.value);
  if (socket != nullptr) socket->underWay = true;
  return socket != nullptr;
}

void RoomCore::sendTo(OutgoingSocket& socket, const Message& message) {
  if (socket.closeSent) throw Error(sendAfterClose);
  if (socket.phase != Phase::open) return;
  if (socket.closeReceived && !profile().clientCloseUnanswered) {  // D-8
    log(LogLevel::warning,
        "a message of " + std::to_string(message.size()) + " bytes was dropped: the other room has closed its socket");
    return;
  }
  output(Host::SocketMessageSent{{socket.id}, message});
}

void RoomCore::close(OutgoingSocket& socket, std::uint16_t code, SharedBytes reason) {
  if (socket.closeSent || socket.phase != Phase::open) return;  // CLOSE-21
  const Host::SocketKey key{socket.id};
  const bool answer = socket.closeReceived;
  socket.closeSent = true;
  output(Host::SocketClosed{key, code, answer, std::move(reason)});
  if (answer) output(Host::SocketReleased{key});
}

void RoomCore::takeForSocket(Host::Cause cause, Host::SocketKey key, Body& body) {
  const OutgoingSocket* socket = sockets_.find(key.value);
  if (socket != nullptr && socket->underWay) arrive(cause, socket->section, body);
}

// The handler that waits goes on in this turn; whatever the other end sends comes in later ones, so a listener that it
// adds before its next await misses nothing.
void RoomCore::deliverOpened(Host::SocketKey key) {
  OutgoingSocket* socket = sockets_.find(key.value);
  if (socket == nullptr || socket->phase != Phase::opening) return;
  socket->phase = Phase::open;
  handlers_.settle(socket->operation, std::monostate());
}

void RoomCore::deliverAnswered(const Host::SocketAnswered& answered) {
  OutgoingSocket* socket = sockets_.find(answered.socket.value);
  if (socket == nullptr || socket->phase != Phase::opening) return;
  endOpening(*socket, Error("Expected a websocket response", std::nullopt,
                            "it was answered " + std::to_string(answered.response.status())));
}

void RoomCore::endOpening(OutgoingSocket& socket, const Error& error) {
  const OperationKey operation = socket.operation;
  socket.phase = Phase::ended;
  output(Host::SocketReleased{{socket.id}});
  handlers_.settle(operation, std::make_exception_ptr(error));
}

void RoomCore::deliverSocketMessage(const Host::SocketMessageReceived& received, Host::Cause cause) {
  OutgoingSocket* socket = sockets_.find(received.socket.value);
  if (socket == nullptr || socket->phase != Phase::open || socket->closeReceived) return;
  SocketEvent event;
  if (received.message.size() <= profile().maxMessageBytes) {
    event.data = received.message;
    tell(socket->listening(EventType::message), event, cause);
    return;
  }
  event.type = EventType::error;
  event.reason = "Message is too large: " + std::to_string(received.message.size()) + " > " +
                 std::to_string(profile().maxMessageBytes);
  auto listening = socket->listening(EventType::error);
  close(*socket, 1009, SharedBytes(std::string_view(event.reason)));
  socket->phase = Phase::ended;
  output(Host::SocketReleased{received.socket});
  tell(std::move(listening), event, cause);
}

void RoomCore::deliverSocketClose(const Host::SocketCloseReceived& received, Host::Cause cause) {
  OutgoingSocket* socket = sockets_.find(received.socket.value);
  if (socket == nullptr || socket->phase != Phase::open || socket->closeReceived) return;
  socket->closeReceived = true;
  SocketEvent event;
  event.type = EventType::close;
  event.code = received.code;
  event.reason = std::string(received.reason.view());
  event.wasClean = true;
  const bool answered = socket->closeSent;
  tell(socket->listening(EventType::close), event, cause);
  if (answered) return output(Host::SocketReleased{received.socket});
  // A listener may have closed, or opened others.
  socket = sockets_.find(received.socket.value);
  if (socket == nullptr || socket->closeSent || profile().clientCloseUnanswered) return;
  close(*socket, received.code == 1005 ? std::uint16_t{0} : received.code, received.reason);
}

void RoomCore::deliverSocketLoss(const Host::SocketLost& lost, Host::Cause cause) {
  OutgoingSocket* socket = sockets_.find(lost.socket.value);
  if (socket == nullptr || socket->phase == Phase::ended) return;
  if (socket->phase == Phase::opening) return endOpening(*socket, Error(std::string(lost.reason.view())));
  std::vector<EventListener> listening;
  if (!socket->closeReceived) listening = socket->listening(EventType::close);
  socket->phase = Phase::ended;
  output(Host::SocketReleased{lost.socket});
  SocketEvent event;
  event.type = EventType::close;
  event.code = 1006;
  event.reason = lostWithoutClose;
  tell(std::move(listening), event, cause);
}

}  // namespace Detail
}  // namespace Party
