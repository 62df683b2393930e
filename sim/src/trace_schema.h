#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What a trace's records are made of. One table serves writing, checking, text and JSON.
///
/// A record is its kind (1 byte), the time since the record before (varint, µs), and the fields its row names:
///   number   varint                          cause    8 bytes, little endian
///   moment   varint, µs since the start      text     length (varint), bytes
///   room     number of a `room` record       client   number of a `client` record
///   content  (size * 2 + is text) (varint), the first 1,024 bytes, and when longer a hash of all (8 bytes)
///   sent     how many records ago the effect is whose message this is, 0 for none (varint)
/// A row that ends early has empty names.

namespace Party::Sim::Detail {

enum class Field : std::uint8_t { end, number, cause, moment, text, room, client, content, sent, handler, choice };

enum class Record : std::uint8_t {
  room,
  client,
  choice,
  violation,
  // what the caller did
  connect,
  send,
  close,
  drop,
  halfOpen,
  breakProtocol,
  request,
  abort,
  hibernate,
  crash,
  resetRoom,
  withheld,
  // what clients saw
  opened,
  received,
  closed,
  answered,
  responded,
  requestFailed,
  // events of a room, in the order of Host::Event::Body; its last ones stand at the end
  connectRequested,
  messageReceived,
  closeReceived,
  connectionLost,
  connectionFailed,
  requestReceived,
  requestAborted,
  alarmDue,
  alarmAbandoned,
  timerDue,
  callSettled,
  callChunk,
  readCompleted,
  unitCommitted,
  unitFailed,
  noLongerOwner,
  hibernateRequested,
  resetRequested,
  // effects of a room, in the order of Host::Effect::Body; its last ones stand at the end
  connectionAccepted,
  connectionRefused,
  connectionAnswered,
  connectionDropped,
  connectionReleased,
  messageSent,
  broadcast,
  connectionClosed,
  responseHead,
  responseChunk,
  responseEnd,
  unitIssued,
  callStarted,
  callCancelled,
  timerSet,
  timerCleared,
  alarmSettled,
  handlerFailed,
  handlerBegan,
  handlerEnded,
  logged,
  instanceStarted,
  instanceEnded,
  roomReset,
  // effects of the edge
  forwarded,
  edgeAnswered,
  edgeFailed,
  edgeLogged,
  // since format 2, so that what an older trace has keeps its number: events and effects of a room's own sockets
  socketOpened,
  socketAnswered,
  socketMessageReceived,
  socketCloseReceived,
  socketLost,
  socketRequested,
  socketMessageSent,
  socketClosed,
  socketReleased,
  wakeExpected,
  // what else the caller did
  held,
  released,
  redeployed,
  exceedsCpu,
  count
};

struct FieldRow {
  Field type = Field::end;
  std::string_view name;
};
struct RecordRow {
  std::string_view name;
  std::array<FieldRow, 6> fields;
};

inline constexpr std::size_t keptContentBytes = 1024;

// The common beginnings of rows.
#define PARTY_EVENT {Field::room, "room"}, {Field::cause, "cause"}
#define PARTY_EFFECT {Field::room, "room"}, {Field::number, "unit"}
inline constexpr std::array<RecordRow, static_cast<std::size_t>(Record::count)> recordRows = {{
    {"room", {{{Field::number, "number"}, {Field::text, "name"}}}},
    {"client", {{{Field::number, "number"}, {Field::text, "id"}}}},
    {"choice", {{{Field::choice, "purpose"}, {Field::cause, "cause"}, {Field::number, "n"}, {Field::number, "value"}}}},
    {"violation", {{{Field::room, "room"}, {Field::text, "rule"}, {Field::text, "text"}}}},

    {"connect", {{{Field::client, "client"}, {Field::cause, "cause"}, {Field::text, "url"}}}},
    {"send", {{{Field::client, "client"}, {Field::cause, "cause"}, {Field::content, "message"}}}},
    {"close", {{{Field::client, "client"}, {Field::cause, "cause"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"drop", {{{Field::client, "client"}, {Field::cause, "cause"}}}},
    {"halfOpen", {{{Field::client, "client"}, {Field::cause, "cause"}}}},
    {"breakProtocol",
     {{{Field::client, "client"}, {Field::cause, "cause"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"request",
     {{{Field::number, "request"},
       {Field::cause, "cause"},
       {Field::text, "method"},
       {Field::text, "url"},
       {Field::text, "body"}}}},
    {"abort", {{{Field::number, "request"}, {Field::cause, "cause"}}}},
    {"hibernate", {{{Field::room, "room"}, {Field::cause, "cause"}, {Field::number, "done"}}}},
    {"crash",
     {{{Field::room, "room"}, {Field::cause, "cause"}, {Field::number, "units kept"}, {Field::number, "units lost"}}}},
    {"resetRoom", {{{Field::room, "room"}, {Field::cause, "cause"}, {Field::text, "reason"}}}},
    {"withheld", {{{Field::room, "room"}, {Field::cause, "cause"}}}},

    {"opened", {{{Field::client, "client"}}}},
    {"received", {{{Field::client, "client"}, {Field::sent, "message"}}}},
    {"closed", {{{Field::client, "client"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"answered", {{{Field::client, "client"}, {Field::number, "status"}, {Field::content, "body"}}}},
    {"responded", {{{Field::number, "request"}, {Field::number, "status"}, {Field::content, "body"}}}},
    {"requestFailed", {{{Field::number, "request"}}}},

    {"ConnectRequested", {{PARTY_EVENT, {Field::number, "connection"}, {Field::client, "client"}}}},
    {"MessageReceived", {{PARTY_EVENT, {Field::number, "connection"}, {Field::content, "message"}}}},
    {"CloseReceived", {{PARTY_EVENT, {Field::number, "connection"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"ConnectionLost", {{PARTY_EVENT, {Field::number, "connection"}}}},
    {"ConnectionFailed",
     {{PARTY_EVENT, {Field::number, "connection"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"RequestReceived", {{PARTY_EVENT, {Field::cause, "key"}, {Field::text, "method"}, {Field::text, "url"}}}},
    {"RequestAborted", {{PARTY_EVENT, {Field::cause, "key"}}}},
    {"AlarmDue", {{PARTY_EVENT, {Field::moment, "scheduled"}}}},
    {"AlarmAbandoned", {{PARTY_EVENT, {Field::moment, "scheduled"}}}},
    {"TimerDue", {{PARTY_EVENT, {Field::number, "timer"}}}},
    {"CallSettled", {{PARTY_EVENT, {Field::number, "call"}, {Field::number, "status"}, {Field::text, "error"}}}},
    {"CallChunk", {{PARTY_EVENT, {Field::number, "call"}, {Field::text, "bytes"}}}},
    {"ReadCompleted", {{PARTY_EVENT, {Field::number, "entries"}}}},
    {"UnitCommitted", {{PARTY_EVENT, {Field::number, "through"}}}},
    {"UnitFailed", {{PARTY_EVENT, {Field::number, "unit"}, {Field::text, "reason"}}}},
    {"NoLongerOwner", {{PARTY_EVENT}}},
    {"HibernateRequested", {{PARTY_EVENT}}},
    {"ResetRequested", {{PARTY_EVENT, {Field::text, "reason"}}}},

    {"ConnectionAccepted", {{PARTY_EFFECT, {Field::number, "connection"}}}},
    {"ConnectionRefused",
     {{PARTY_EFFECT, {Field::number, "connection"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"ConnectionAnswered",
     {{PARTY_EFFECT, {Field::number, "connection"}, {Field::number, "status"}, {Field::text, "body"}}}},
    {"ConnectionDropped", {{PARTY_EFFECT, {Field::number, "connection"}}}},
    {"ConnectionReleased", {{PARTY_EFFECT, {Field::number, "connection"}}}},
    {"MessageSent", {{PARTY_EFFECT, {Field::number, "connection"}, {Field::content, "message"}}}},
    {"Broadcast",
     {{PARTY_EFFECT, {Field::number, "audience"}, {Field::number, "except"}, {Field::content, "message"}}}},
    {"ConnectionClosed",
     {{PARTY_EFFECT,
       {Field::number, "connection"},
       {Field::number, "code"},
       {Field::number, "answer"},
       {Field::text, "reason"}}}},
    {"ResponseHead",
     {{PARTY_EFFECT,
       {Field::cause, "key"},
       {Field::number, "status"},
       {Field::number, "complete"},
       {Field::text, "body"}}}},
    {"ResponseChunk", {{PARTY_EFFECT, {Field::cause, "key"}, {Field::text, "bytes"}}}},
    {"ResponseEnd", {{PARTY_EFFECT, {Field::cause, "key"}}}},
    {"UnitIssued",
     {{PARTY_EFFECT,
       {Field::number, "issued"},
       {Field::number, "writes"},
       {Field::text, "alarm"},
       {Field::text, "keys"}}}},
    {"CallStarted", {{PARTY_EFFECT, {Field::number, "call"}, {Field::text, "method"}, {Field::text, "url"}}}},
    {"CallCancelled", {{PARTY_EFFECT, {Field::number, "call"}}}},
    {"TimerSet", {{PARTY_EFFECT, {Field::number, "timer"}, {Field::moment, "due"}}}},
    {"TimerCleared", {{PARTY_EFFECT, {Field::number, "timer"}}}},
    {"AlarmSettled", {{PARTY_EFFECT, {Field::moment, "scheduled"}, {Field::number, "succeeded"}}}},
    {"HandlerFailed", {{PARTY_EFFECT, {Field::handler, "handler"}, {Field::text, "what"}}}},
    {"HandlerBegan", {{PARTY_EFFECT, {Field::handler, "handler"}, {Field::number, "slot"}}}},
    {"HandlerEnded", {{PARTY_EFFECT, {Field::handler, "handler"}, {Field::number, "slot"}}}},
    {"Logged", {{PARTY_EFFECT, {Field::number, "level"}, {Field::text, "text"}}}},
    {"InstanceStarted", {{PARTY_EFFECT, {Field::number, "instance"}}}},
    {"InstanceEnded", {{PARTY_EFFECT, {Field::number, "instance"}, {Field::number, "how"}}}},
    {"RoomReset", {{PARTY_EFFECT, {Field::text, "reason"}}}},

    {"Forwarded", {{{Field::cause, "cause"}, {Field::text, "url"}}}},
    {"EdgeAnswered", {{{Field::cause, "cause"}, {Field::number, "status"}}}},
    {"EdgeFailed", {{{Field::cause, "cause"}, {Field::handler, "handler"}, {Field::text, "what"}}}},
    {"EdgeLogged", {{{Field::cause, "cause"}, {Field::number, "level"}, {Field::text, "text"}}}},

    {"SocketOpened", {{PARTY_EVENT, {Field::number, "socket"}}}},
    {"SocketAnswered", {{PARTY_EVENT, {Field::number, "socket"}, {Field::number, "status"}}}},
    {"SocketMessageReceived", {{PARTY_EVENT, {Field::number, "socket"}, {Field::content, "message"}}}},
    {"SocketCloseReceived",
     {{PARTY_EVENT, {Field::number, "socket"}, {Field::number, "code"}, {Field::text, "reason"}}}},
    {"SocketLost", {{PARTY_EVENT, {Field::number, "socket"}, {Field::text, "reason"}}}},
    {"SocketRequested", {{PARTY_EFFECT, {Field::number, "socket"}, {Field::text, "method"}, {Field::text, "url"}}}},
    {"SocketMessageSent", {{PARTY_EFFECT, {Field::number, "socket"}, {Field::content, "message"}}}},
    {"SocketClosed",
     {{PARTY_EFFECT,
       {Field::number, "socket"},
       {Field::number, "code"},
       {Field::number, "answer"},
       {Field::text, "reason"}}}},
    {"SocketReleased", {{PARTY_EFFECT, {Field::number, "socket"}}}},
    {"WakeExpected", {{PARTY_EFFECT, {Field::text, "what"}, {Field::text, "due"}}}},

    {"hold", {{{Field::client, "client"}, {Field::cause, "cause"}, {Field::number, "directions"}}}},
    {"release",
     {{{Field::client, "client"}, {Field::cause, "cause"}, {Field::number, "directions"}, {Field::number, "frames"}}}},
    {"redeploy", {{{Field::cause, "cause"}}}},
    {"exceedsCpu", {{{Field::room, "room"}, {Field::cause, "cause"}}}},
}};
#undef PARTY_EVENT
#undef PARTY_EFFECT

}  // namespace Party::Sim::Detail
