#pragma once

#include <party/host/keys.h>
#include <party/http.h>
#include <party/message.h>
#include <party/pending.h>
#include <party/shared_bytes.h>
#include <party/time.h>

#include <cstdint>
#include <memory>
#include <variant>

/// What can happen to a room, as its host tells it. Plain values; a rare large one is boxed.

namespace Party::Host {

/// An upgrade request reached the room. Answered by exactly one of ConnectionAccepted, ConnectionRefused,
/// ConnectionAnswered or ConnectionDropped.
struct ConnectRequested {
  ConnectionKey connection;
  Request request;
  SocketHandle socket = 0;
  Origin origin = Origin::client;
};

/// A whole text or binary message. Longer than the profile's limit, it is treated as ConnectionFailed (MESSAGE-9).
struct MessageReceived {
  ConnectionKey connection;
  Message message;
};

/// The peer's close frame; 1005 stands for an empty one.
struct CloseReceived {
  ConnectionKey connection;
  std::uint16_t code = 1005;
  SharedBytes reason;
};

/// The transport ended without a close frame.
struct ConnectionLost {
  ConnectionKey connection;
};

/// The transport found a fault and sends the peer a close frame with this code (1002, 1007, 1009).
struct ConnectionFailed {
  ConnectionKey connection;
  std::uint16_t code = 1002;
  SharedBytes reason;
};

/// An HTTP request reached the room. Answered by one ResponseHead.
struct RequestReceived {
  RequestKey key;
  Request request;
};

/// Nobody waits for this answer any more; the handler runs on (CP-90).
struct RequestAborted {
  RequestKey key;
};

/// The durable alarm's time has come. Ignored when the alarm is no longer set to exactly this time (ALARM-052), unless
/// it is a repeat: a run that succeeded is made once more, as at-least-once delivery allows, and leaves whatever alarm
/// is set now alone (CP-42). With `early` its time has not come, and was asked for too soon: it wakes the room as far
/// as an alarm does, and its handler does not run (CP-48).
struct AlarmDue {
  Time scheduled;
  bool repeat = false;
  bool early = false;
};

/// The host gives up on this alarm: its retries are used up (ALARM-042). It is removed unless it was set anew.
struct AlarmAbandoned {
  Time scheduled;
};

struct TimerDue {
  TimerKey timer;
};

/// An outgoing call ended: with an answer, behind the chunks of its body told so far, or with an error's text.
struct CallOutcome {
  std::variant<Response, std::string> result;
};
struct CallSettled {
  CallKey call;
  std::unique_ptr<CallOutcome> outcome;
};
struct CallChunk {
  CallKey call;
  SharedBytes bytes;
};

/// What comes of a socket that the room asked for, in this order: opened, messages, a close frame; or an answer other
/// than 101; or at any point its loss. Nothing comes after SocketReleased.
struct SocketOpened {
  SocketKey socket;
};
struct SocketAnswered {
  SocketKey socket;
  Response response;
};
struct SocketMessageReceived {
  SocketKey socket;
  Message message;
};
/// The other end's close frame; 1005 stands for an empty one.
struct SocketCloseReceived {
  SocketKey socket;
  std::uint16_t code = 1005;
  SharedBytes reason;
};
/// The transport ended without a close frame. Of a socket that was not open yet the reason is what `Stub::socket`
/// throws.
struct SocketLost {
  SocketKey socket;
  SharedBytes reason;
};

/// A read that the StorageReader had put off has its answer.
struct ReadCompleted {
  OperationKey operation;
  std::unique_ptr<StoredEntries> entries;
};

/// Everything up to this unit is durable.
struct UnitCommitted {
  Unit through = 0;
};
/// This unit, and so every later one, will not be: the room is reset (GATE-036). The reason is the host's own; clients
/// get the contract's text (STORE-086).
struct UnitFailed {
  Unit unit = 0;
  SharedBytes reason;
};
/// Another owner holds the room's storage: the room is reset and writes nothing more.
struct NoLongerOwner {};

/// The host would like the room's memory. Obeyed only when nothing stands against it; otherwise nothing happens.
struct HibernateRequested {};

/// The host ends the instance, for a reason of its own: a limit, new code.
struct ResetRequested {
  SharedBytes reason;
};

struct Event {
  using Body = std::variant<ConnectRequested, MessageReceived, CloseReceived, ConnectionLost, ConnectionFailed,
                            RequestReceived, RequestAborted, AlarmDue, AlarmAbandoned, TimerDue, CallSettled, CallChunk,
                            ReadCompleted, UnitCommitted, UnitFailed, NoLongerOwner, HibernateRequested, ResetRequested,
                            SocketOpened, SocketAnswered, SocketMessageReceived, SocketCloseReceived, SocketLost>;

  Event(Cause identity, Body happened) : cause(identity), body(std::move(happened)) {}

  Cause cause;
  Body body;
};
static_assert(sizeof(Event) <= 40, "events are passed by the million");

}  // namespace Party::Host
