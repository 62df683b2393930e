#include <algorithm>
#include <ranges>
#include <utility>

#include "close_frame.h"
#include "room_core.h"
#include "uuid.h"

namespace Party::Detail {
namespace {

using Phase = ConnectionRecord::Phase;

// A close frame's reason has room for 123 bytes; a longer text of ours is cut at the end of a character (D-5).
std::string fitReason(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

// HIBER-060, HIBER-061
SocketEvent closeEventOf(const ConnectionRecord& record) {
  SocketEvent event;
  event.type = EventType::close;
  event.wasClean = record.closeReceived;
  event.code = record.closeReceived ? record.passing->peerCode : 1006;
  event.reason = record.closeReceived ? std::string(record.passing->peerReason.view()) : lostWithoutClose;
  return event;
}

SocketEvent errorEventOf(std::string reason) {
  SocketEvent event;
  event.type = EventType::error;
  event.reason = std::move(reason);
  return event;
}

}  // namespace

// CONNECT-9: id, tags, registered, onConnect, 101.
void RoomCore::beginConnect(const Host::ConnectRequested& asked, Host::Cause cause) {
  ConnectionRecord& record = *connections_.find(asked.connection);
  record.phase = Phase::tagging;
  PassingState& opening = record.changing();
  opening.uri = asked.request.url();
  opening.id = asked.request.query("_pk").value_or("");
  if (opening.id.empty()) {
    opening.id =
        uuidOf(Host::mix(setup_.seed, static_cast<std::uint64_t>(Host::Purpose::connectionId), cause.value, 0),
               Host::mix(setup_.seed, static_cast<std::uint64_t>(Host::Purpose::connectionId), cause.value, 1));
  }
  HandlerContext context(Host::HandlerKind::getConnectionTags, cause, asked.connection);
  if (!setup_.party->overrides.getConnectionTags) {
    context.kind = Host::HandlerKind::onConnect;
    const RunningHandlers::Entered entered(handlers_, context);
    runConnect(asked.connection, {});
    return;
  }
  const Connection joining = connection(asked.connection);
  startHandler(context, [&](Handler&) {
    return party_->getConnectionTags(joining, ConnectionContext(*record.passing->request));
  });
}

void RoomCore::runConnect(Host::ConnectionKey key, const std::vector<std::string>& tags) {
  ConnectionRecord& record = *connections_.find(key);
  try {
    if (connections_.listed() >= profile().maxConnections) {
      throw Error("only " + std::to_string(profile().maxConnections) +
                  " websockets can be accepted on a single Durable Object instance");  // HIBER-002
    }
    const bool unchecked = profile().tagsUncheckedInOrdinaryRooms && !options_.hibernate;
    const std::string& id = record.passing->id;
    connections_.join(key.index, unchecked ? uncheckedTags(id, tags) : checkedTags(id, tags, profile()));
  } catch (...) {
    refuse(key, std::current_exception());
    return;
  }
  record.phase = Phase::connecting;
  if (record.closeSent) connections_.leave(record);  // getConnectionTags closed it
  HandlerContext next = context();                   // the same event goes on, and so do its draws
  next.kind = Host::HandlerKind::onConnect;
  const Request upgrade = *std::exchange(record.passing->request, std::nullopt);
  if (!setup_.party->overrides.onConnect) {
    connected(key);
    return;
  }
  startHandler(next, [&](Handler&) { return party_->onConnect(connection(key), ConnectionContext(upgrade)); });
}

void RoomCore::connected(Host::ConnectionKey key) {
  ConnectionRecord& record = *connections_.find(key);
  record.phase = Phase::open;
  output(Host::ConnectionAccepted{key, record.socket});
  const auto opening = std::exchange(record.passing, nullptr);
  // What came meanwhile goes first, in its order.
  for (auto& arrival : std::views::reverse(opening->early)) gate_.putBack(std::move(arrival));
}

// The client sees only the close; the connection was never open, so no onClose follows (CONNECT-18, D-4).
void RoomCore::refuse(Host::ConnectionKey key, const std::exception_ptr& error) {
  ConnectionRecord& record = *connections_.find(key);
  std::string text = textOf(error);
  if (text.empty()) text = "Uncaught exception when connecting";
  text = fitReason(std::move(text), profile().maxCloseReasonBytes);
  output(Host::ConnectionRefused{key, record.socket, 1011, SharedBytes(std::string_view(text))});
  if (profile().failedConnectLeavesGhost && record.listed) {
    record.ghost = true;
    record.phase = Phase::open;
    record.passing.reset();
    ghosts_.insert(std::ranges::upper_bound(ghosts_, record.join), record.join);
    return;
  }
  connections_.leave(record);
  record.phase = Phase::ended;
  output(Host::ConnectionReleased{key});
}

// CONNECT-47; elsewhere the newest one is meant (D-3).
void RoomCore::checkUnique(std::string_view id) {
  if (!profile().duplicateIdThrows || !options_.hibernate) return;
  std::vector<JoinNumber> joins;
  connections_.collectJoins(id, joins);
  if (joins.size() < 2) return;
  throw Error("More than one connection found for id " + std::string(id) +
              ". Did you mean to use getConnections(tag) instead?");
}

void RoomCore::keepEarly(ConnectionRecord& record, Arrival arrival) {
  record.changing().early.push_back(std::move(arrival));
}

void RoomCore::deliverMessage(ConnectionRecord& record, Host::MessageReceived& received, Host::Cause cause) {
  if (record.closeReceived) return;  // MESSAGE-18
  if (received.message.size() > profile().maxMessageBytes) {
    const std::string reason = "Message is too large: " + std::to_string(received.message.size()) + " > " +
                               std::to_string(profile().maxMessageBytes);
    if (!record.closeSent) {
      output(Host::ConnectionClosed{received.connection, record.socket, 1009, false,
                                    SharedBytes(std::string_view(reason))});
      record.closeSent = true;
    }
    failConnection(received.connection, cause, reason);
    return;
  }
  if (listeners_) return deliverToListeners(received, cause);
  if (!setup_.party->overrides.onMessage) return;  // MESSAGE-21
  startHandler(HandlerContext(Host::HandlerKind::onMessage, cause, received.connection), [&](Handler&) {
    return party_->onMessage(std::move(received.message), connection(received.connection));
  });
}

void RoomCore::deliverToListeners(const Host::MessageReceived& received, Host::Cause cause) {
  auto listening = listenersOf(received.connection, EventType::message);
  if (setup_.party->overrides.onMessage) {
    startHandler(HandlerContext(Host::HandlerKind::onMessage, cause, received.connection),
                 [&](Handler&) { return party_->onMessage(received.message, connection(received.connection)); });
  }
  SocketEvent event;
  event.data = received.message;
  tell(std::move(listening), event, cause);
}

// A listener is a handler of its own: what it throws or awaits is not the business of the others. It draws and asks as
// a cause of its own, because the handler in front of it has the event's.
void RoomCore::tell(std::vector<EventListener> listeners, const SocketEvent& event, Host::Cause cause) {
  constexpr std::uint64_t firstOfListeners = std::uint64_t{1} << 32;
  std::uint64_t number = firstOfListeners;
  for (EventListener& listener : listeners) {
    const auto purpose = static_cast<std::uint64_t>(Host::Purpose::childCause);
    const Host::Cause own{Host::mix(setup_.seed, purpose, cause.value, number++)};
    startHandler(HandlerContext(Host::HandlerKind::listener, own), [&](Handler& handler) {
      handler.callback = std::make_shared<std::move_only_function<Task<>()>>(
          [listening = std::move(listener), event] { return (*listening)(event); });
      return (*handler.callback)();
    });
  }
}

void RoomCore::deliverClose(ConnectionRecord& record, Host::CloseReceived& received, Host::Cause cause) {
  record.closeReceived = true;
  record.changing().peerCode = received.code;
  record.changing().peerReason = std::move(received.reason);
  endConnection(received.connection, cause);
}

void RoomCore::endConnection(Host::ConnectionKey key, Host::Cause cause) {
  ConnectionRecord& record = *connections_.find(key);
  connections_.leave(record);
  record.phase = Phase::ended;
  auto listening = listenersOf(key, EventType::close);
  std::optional<SocketEvent> event;
  if (!listening.empty()) event = closeEventOf(record);
  if (setup_.party->overrides.onClose) {
    startHandler(HandlerContext(Host::HandlerKind::onClose, cause, key),
                 [&](Handler&) { return party_->onClose(connection(key)); });
  } else {
    HandlerContext context(Host::HandlerKind::onClose, cause, key);
    const RunningHandlers::Entered entered(handlers_, context);
    connectionEnded(key);
  }
  if (event) tell(std::move(listening), *event, cause);
}

void RoomCore::failConnection(Host::ConnectionKey key, Host::Cause cause, std::string reason) {
  ConnectionRecord& record = *connections_.find(key);
  connections_.leave(record);
  record.phase = Phase::ended;
  record.closeSent = true;
  if (reason.empty()) reason = "internal error";
  auto listening = listenersOf(key, EventType::error);
  std::optional<SocketEvent> event;
  if (!listening.empty()) event = errorEventOf(reason);
  if (setup_.party->overrides.onError) {
    startHandler(HandlerContext(Host::HandlerKind::onError, cause, key),
                 [&](Handler&) { return party_->onError(connection(key), Error(std::move(reason))); });
  } else {
    connectionEnded(key);
  }
  if (event) tell(std::move(listening), *event, cause);
}

// D-8: the client's close frame is answered with its own code and reason, unless the room has closed already.
void RoomCore::connectionEnded(Host::ConnectionKey key) {
  ConnectionRecord* record = connections_.find(key);
  if (record == nullptr) return;
  connections_.leave(*record);
  record->phase = Phase::ended;
  if (isUnanswered(*record) && !std::exchange(record->halfOver, true)) return;
  if (record->closeReceived && !record->closeSent && !profile().clientCloseUnanswered) {
    record->closeSent = true;
    const PassingState& closing = record->changing();
    const std::uint16_t code = closing.peerCode == 1005 ? std::uint16_t{0} : closing.peerCode;
    output(Host::ConnectionClosed{key, record->socket, code, true, closing.peerReason});
  }
  output(Host::ConnectionReleased{key});
}

// CLOSE-3: such a connection stays until its transport ends, or the room goes to sleep and cuts it off.
void RoomCore::endUnanswered(Host::ConnectionKey key) {
  ConnectionRecord& record = *connections_.find(key);
  if (std::exchange(record.halfOver, true)) output(Host::ConnectionReleased{key});
}

void RoomCore::dropUnanswered() {
  if (!profile().clientCloseUnanswered) return;
  for (const Host::ConnectionKey key : connections_.keys()) {
    const ConnectionRecord& record = *connections_.find(key);
    if (!isUnanswered(record)) continue;
    emit(Host::ConnectionDropped{key, record.socket});
    output(Host::ConnectionReleased{key});
  }
}

}  // namespace Party::Detail
