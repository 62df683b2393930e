#pragma once

#include <party/host/keys.h>
#include <party/http.h>
#include <party/message.h>
#include <party/room.h>
#include <party/shared_bytes.h>
#include <party/time.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What a room asks of its host. A host does each of these in the order given, judges none, and needs to hold none
/// back: what waits for the disk is held inside the machine.

namespace Party::Host {

/// Answer the upgrade with 101, then the frames that were sent to this connection so far, in order (CONNECT-11).
struct ConnectionAccepted {
  ConnectionKey connection;
  SocketHandle socket = 0;
};
/// Answer with 101, forget what was sent so far, send this close frame (CONNECT-17, 18).
struct ConnectionRefused {
  ConnectionKey connection;
  SocketHandle socket = 0;
  std::uint16_t code = 1011;
  SharedBytes reason;
};
/// Answer the upgrade with this plain response (CONNECT-39). With `reset` the room broke instead of answering: a client
/// gets the response, a room that asked gets its text as an error (EVICT-012).
struct ConnectionAnswered {
  ConnectionKey connection;
  SocketHandle socket = 0;
  Response response;
  bool reset = false;
};
/// End the transport without a close frame: the peer sees 1006 (EVICT-013).
struct ConnectionDropped {
  ConnectionKey connection;
  SocketHandle socket = 0;
};
/// The machine will not speak of this connection again; its index may be used for another.
struct ConnectionReleased {
  ConnectionKey connection;
};

struct MessageSent {
  ConnectionKey connection;
  SocketHandle socket = 0;
  Message message;
};

/// One message for many: `sockets` but for the positions in `except`, ascending. Both spans are the machine's own
/// lists, in join order, valid until its next event.
struct Broadcast {
  Message message;
  std::span<const SocketHandle> sockets;
  std::span<const std::uint32_t> except;
};

/// Send a close frame: with `code` 0 an empty one. When `answer` is true it answers the peer's, and the transport ends
/// behind it.
struct ConnectionClosed {
  ConnectionKey connection;
  SocketHandle socket = 0;
  std::uint16_t code = 0;
  bool answer = false;
  SharedBytes reason;
};

/// The answer to a request. With `complete` it is whole; otherwise chunks follow until ResponseEnd. With `reset` the
/// room broke instead of answering: a client gets the response, a room that called gets its text as an error
/// (EVICT-012).
struct ResponseHead {
  RequestKey key;
  Response response;
  bool complete = true;
  bool reset = false;
};
struct ResponseChunk {
  RequestKey key;
  SharedBytes bytes;
};
/// With `broken` the room was reset: the body is not whole, and its reader must see that.
struct ResponseEnd {
  RequestKey key;
  bool broken = false;
};

/// The party says that it must run again by `due`, or no longer with nothing, for the sake of `what`. A host need do
/// nothing about it; the simulator holds it against the alarm. With the writes of its turn, or alone when there are
/// none.
struct WakeExpected {
  SharedBytes what;
  std::optional<Time> due;
};

/// All writes of one turn: committed whole or not at all, in the order of their numbers. The host answers with
/// UnitCommitted, UnitFailed or NoLongerOwner.
struct UnitWrites {
  struct Write {
    std::string key;
    std::optional<SharedBytes> value;  // nothing: the key goes
  };
  /// Every key goes, before the writes: usually there are none then, as deleteAll is a unit of its own (CP-27).
  bool deleteAll = false;
  std::vector<Write> writes;
  /// Outer nothing: the alarm is not touched; inner nothing: it goes.
  std::optional<std::optional<Time>> alarm;
  std::vector<WakeExpected> wakes;
};
struct UnitIssued {
  Unit unit = 0;
  std::unique_ptr<UnitWrites> writes;
};

/// A room of the house, by the index of its party and its id.
struct RoomAddress {
  std::size_t party = 0;
  std::string id;
};
/// Ask that room as if the request had come past the edge, or without a room somebody outside. Answered by one
/// CallSettled; what comes of the answer's body before may be told by CallChunks. Redirects are the machine's business.
struct CallStarted {
  CallKey call;
  Request request;
  std::unique_ptr<RoomAddress> room;
};
/// Nobody waits for it any more. Given only for a call that was started and not settled.
struct CallCancelled {
  CallKey call;
};

/// Open a WebSocket to that room, as if the upgrade had come past the edge, or without a room to somebody outside. To
/// the room it is a connection of Origin::room. Answered by one SocketOpened, SocketAnswered or SocketLost.
struct SocketRequested {
  SocketKey socket;
  Request request;
  std::unique_ptr<RoomAddress> room;
};
struct SocketMessageSent {
  SocketKey socket;
  Message message;
};
/// Send a close frame: with `code` 0 an empty one. When `answer` is true it answers the other end's.
struct SocketClosed {
  SocketKey socket;
  std::uint16_t code = 0;
  bool answer = false;
  SharedBytes reason;
};
/// The machine will neither speak nor hear of it again, whatever its state: its transport ends behind what was sent.
/// Given once for each SocketRequested.
struct SocketReleased {
  SocketKey socket;
};

struct TimerSet {
  TimerKey timer;
  Time due;
};
struct TimerCleared {
  TimerKey timer;
};

/// A run of the alarm handler has ended and, when it succeeded, the alarm's removal is durable.
struct AlarmSettled {
  Time scheduled;
  bool succeeded = false;
  /// A failure of the party's own making, which uses up a retry; one that only befell it does not (ALARM-043, 044).
  bool counted = true;
};

enum class HandlerKind : std::uint8_t {
  constructor,
  onStart,
  getConnectionTags,
  onConnect,
  onMessage,
  onClose,
  onError,
  onRequest,
  onAlarm,
  timer,
  section,
  background,
  onBeforeConnect,
  onBeforeRequest,
  onFetch,
  listener,
  transaction
};

/// A handler threw, or dropped an error nobody awaited. Whatever follows for clients has its own effects.
struct HandlerFailed {
  HandlerKind handler = HandlerKind::onMessage;
  std::exception_ptr error;
};

/// For traces; given only when the host asked to observe handlers.
struct HandlerBegan {
  HandlerKind handler = HandlerKind::onMessage;
  std::uint32_t slot = 0;
};
struct HandlerEnded {
  HandlerKind handler = HandlerKind::onMessage;
  std::uint32_t slot = 0;
};

struct Logged {
  LogLevel level = LogLevel::info;
  SharedBytes text;
};

/// A party object was constructed, the n-th of this room object, or destroyed.
struct InstanceStarted {
  std::uint64_t instance = 0;
};
enum class InstanceEnd : std::uint8_t { hibernated, startFailed, reset };
struct InstanceEnded {
  std::uint64_t instance = 0;
  InstanceEnd how = InstanceEnd::hibernated;
};

/// The instance broke. Connections and requests have been ended by effects before this one (8.7). With `reopen`, what
/// is durable is no longer known here (a unit failed, another owner): the host drops every unit not yet settled and
/// this machine, and opens a new one for the next event.
struct RoomReset {
  SharedBytes reason;
  bool reopen = false;
};

struct Effect {
  using Body = std::variant<ConnectionAccepted, ConnectionRefused, ConnectionAnswered, ConnectionDropped,
                            ConnectionReleased, MessageSent, Broadcast, ConnectionClosed, ResponseHead, ResponseChunk,
                            ResponseEnd, UnitIssued, CallStarted, CallCancelled, TimerSet, TimerCleared, AlarmSettled,
                            HandlerFailed, HandlerBegan, HandlerEnded, Logged, InstanceStarted, InstanceEnded,
                            RoomReset, SocketRequested, SocketMessageSent, SocketClosed, SocketReleased, WakeExpected>;

  /// `asked` is one of the alternatives, made in its place.
  template <class Asked>
  Effect(Cause setOff, std::uint32_t number, Unit awaited, Asked&& asked)
      : cause(setOff), unit(awaited), ordinal(number), body(std::forward<Asked>(asked)) {}

  /// The event whose handler asked for this; `ordinal` counts what that handler asked for, from 0: together they key
  /// whatever the host draws for it. Reports (of logs, failures, handlers, instances) are not counted.
  Cause cause;
  /// The last confirmed unit issued before it: already durable when the host sees the effect (GATE-033).
  Unit unit;
  std::uint32_t ordinal;
  Body body;
};
static_assert(sizeof(Effect) <= 80, "effects are passed by the million");

}  // namespace Party::Host
