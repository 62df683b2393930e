#include <party/connection.h>
#include <party/error.h>

#include <algorithm>
#include <utility>

#include "close_frame.h"
#include "room_core.h"

namespace Party {
namespace {

using Record = Detail::ConnectionRecord;

// CBOR of {"id": …, "uri": …, "state": …}: what an attachment would take (D-14).
std::size_t attachmentSize(const Record& record, const SharedBytes& state) {
  return 1 + 3 + encodeValue(record.id()).size() + 4 + encodeValue(record.uri()).size() + 6 + state.size();
}

}  // namespace

std::string_view Connection::id() const {
  const Record* record = room_->find(index_, generation_);
  return record == nullptr ? std::string_view() : record->id();
}

std::string_view Connection::uri() const {
  const Record* record = room_->find(index_, generation_);
  return record == nullptr ? std::string_view() : record->uri();
}

std::vector<std::string> Connection::tags() const {
  std::vector<std::string> result;
  const Record* record = room_->find(index_, generation_);
  if (record == nullptr || record->join == 0) return result;
  result.emplace_back(record->id());
  for (const Detail::Tag* tag : record->names.tags()) result.push_back(tag->first);
  return result;
}

bool Connection::open() const noexcept {
  const Record* record = room_->find(index_, generation_);
  return record != nullptr && record->listed;
}

ReadyState Connection::readyState() const noexcept {
  const Record* record = room_->find(index_, generation_);
  if (record == nullptr) return ReadyState::closed;
  const bool over = record->phase == Record::Phase::ended;
  if (record->closeSent && (record->closeReceived || over)) return ReadyState::closed;
  if (record->closeSent || record->closeReceived) return ReadyState::closing;
  return over && room_->hibernates() ? ReadyState::closing : ReadyState::open;
}

void Connection::send(const Message& message) const {
  Record* record = room_->find(index_, generation_);
  if (record == nullptr || !room_->mayAct("send")) return;
  room_->awake().sendTo(*record, {index_, generation_}, message);
}

void Connection::close() const {
  Record* record = room_->find(index_, generation_);
  if (record == nullptr || !room_->mayAct("close")) return;
  room_->awake().close(*record, {index_, generation_}, 0, {});
}

void Connection::close(int code, std::string_view reason) const {
  Detail::checkCloseFrame(code, reason, room_->awake().profile());
  Record* record = room_->find(index_, generation_);
  if (record == nullptr || !room_->mayAct("close")) return;
  room_->awake().close(*record, {index_, generation_}, static_cast<std::uint16_t>(code), SharedBytes(reason));
}

void Connection::listen(EventType type, Detail::EventListener listener) const {
  const Record* record = room_->find(index_, generation_);
  if (record == nullptr || !room_->mayAct("addEventListener")) return;
  room_->awake().listeners().add({index_, generation_}, type, std::move(listener));
}

void Connection::putState(SharedBytes state) const {
  Record* record = room_->find(index_, generation_);
  if (record == nullptr || !room_->mayAct("setState")) return;
  const std::size_t size = attachmentSize(*record, state);
  const std::size_t limit = room_->awake().profile().maxConnectionStateBytes;
  if (size > limit && !room_->awake().stateIsUnlimited()) {
    throw Error("A WebSocket 'attachment' cannot be larger than " + std::to_string(limit) + " bytes.'attachment' was " +
                    std::to_string(size) + " bytes.",
                std::nullopt, "id and uri count too; keep large values in storage");
  }
  record->state = std::move(state);
}

SharedBytes Connection::stateBytes() const {
  const Record* record = room_->find(index_, generation_);
  return record == nullptr ? SharedBytes() : record->state;
}

std::size_t Connections::count() const {
  if (room_->inConstructor()) return 0;
  const auto* list = room_->connections().list(tag_);
  return list == nullptr ? 0 : list->size();
}

void Connections::send(const Message& message) const {
  if (!room_->mayAct("send") || room_->inConstructor()) return;
  Detail::Audience audience;
  audience.tag = tag_;
  room_->broadcast(message, std::move(audience));
}

// `join` stands on the last one visited; numbers only grow, so a loop may await, and nobody comes twice.
std::optional<Connection> Connections::after(std::uint64_t& join) const {
  if (room_->inConstructor()) return std::nullopt;
  const auto* list = room_->connections().list(tag_);
  if (list == nullptr) return std::nullopt;
  const std::size_t position = list->positionOf(join + 1);
  if (position == list->size()) return std::nullopt;
  join = list->joinAt(position);
  return room_->connection(room_->connections().keyOf(list->indexAt(position)));
}

namespace Detail {

void RoomCore::sendTo(ConnectionRecord& record, Host::ConnectionKey key, const Message& message) {
  using Phase = ConnectionRecord::Phase;
  if (record.phase == Phase::tagging) {  // CONNECT-12
    throw Error("You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.");
  }
  if (record.phase == Phase::ended && !isUnanswered(record)) {  // D-8, WS-007; WS-009
    log(LogLevel::warning,
        "a message of " + std::to_string(message.size()) + " bytes was dropped: its connection has ended");
    return;
  }
  if (record.closeSent) throw Error(sendAfterClose);
  if (record.ghost) return;
  output(Host::MessageSent{key, record.socket, message});
}

void RoomCore::close(ConnectionRecord& record, Host::ConnectionKey key, std::uint16_t code, SharedBytes reason) {
  if (record.closeSent) return;  // CLOSE-21
  if (record.phase == ConnectionRecord::Phase::ended && !record.closeReceived) return;
  record.closeSent = true;
  outputs_.keepFor(key, record);
  connections_.leave(record);  // D-12
  if (record.ghost) return;
  output(Host::ConnectionClosed{key, record.socket, code, record.closeReceived, std::move(reason)});
  if (record.halfOver) output(Host::ConnectionReleased{key});  // the room answers late
}

}  // namespace Detail
}  // namespace Party
