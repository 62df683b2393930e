#pragma once

#include <party/host/keys.h>
#include <party/http.h>
#include <party/sim/client.h>
#include <party/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agenda.h"

/// What lies between clients and rooms: links for WebSockets, passages for requests.

namespace Party::Sim::Detail {

inline constexpr std::uint32_t none = 0xffff'ffff;  // no index

/// One WebSocket connection, from the upgrade until both ends have let go of it. Frames of one direction keep their
/// order: none overtakes the one before. At its lower end is a client, or a room that opened it.
struct Link {
  std::uint32_t generation = 0;
  std::uint32_t client = none;  // whose current connection it is, or was
  std::uint32_t caller = none;  // or the room that opened it, its name for it
  Host::SocketKey socket;
  std::uint32_t room = none;
  Host::ConnectionKey key;
  Host::Cause identity;  // the connect that made it: keys its latencies
  Between latency;
  Time lastUp;
  Time lastDown;
  bool clientListens = false;  // the client still waits for what comes down
  bool serverListens = false;  // what comes up still reaches the room
  bool roomHolds = false;      // from ConnectRequested to ConnectionReleased
  bool accepted = false;       // the 101 is on its way or there
  bool lostBefore = false;     // lost before the upgrade had reached the room
  bool closeSent = false;      // by the room
  bool terminated = false;     // the room got its one terminal event
  bool used = false;
  bool opened = false;    // its caller has been told
  bool reset = false;     // the answer is that the room broke
  bool broken = false;    // nothing more comes down to its caller
  std::uint8_t held = 0;  // bits of the directions in which nothing passes, and until when
  std::array<Time, 2> heldUntil{};
  std::optional<std::uint64_t> framesToLoss;  // come down before chance breaks it; nothing: it does not
  std::uint64_t sentUp = 0;                   // frames
  std::uint64_t arrivedUp = 0;
  std::uint64_t lastReceived = 0;  // where the trace has what the client got last
  std::optional<Response> answer;
  std::vector<Happening> early;  // sent by the room before it accepted
};

/// One request on its way: to the edge, to the room, and its answer back.
struct Passage {
  enum class State : std::uint8_t { free, toEdge, atEdge, toRoom, inRoom, answering, done };
  std::uint32_t generation = 0;
  State state = State::free;
  std::uint32_t link = none;  // an upgrade's
  std::uint32_t linkGeneration = 0;
  std::uint32_t exchange = none;  // a plain request's
  std::uint32_t room = none;
  std::uint32_t caller = none;  // of a call: the room that asked, its life then, and its name for it
  std::uint32_t callerLife = 0;
  Host::CallKey call;
  bool answerLost = false;
  Host::Cause cause;
  std::optional<Request> request;
  std::optional<Response> response;
  bool complete = false;
  bool cutOff = false;  // the answer has no end
  bool reset = false;   // the answer is that the room broke
  Time lastDown;
};

struct ExchangeState {
  enum class State : std::uint8_t { waiting, begun, answered, failed, aborted };
  State state = State::waiting;
  std::uint32_t passage = none;
  std::uint32_t passageGeneration = 0;
  std::optional<Response> head;
  std::string body;
};

struct ClientState {
  enum class Phase : std::uint8_t { idle, connecting, open, closing, closed };
  struct Queued {
    Message message;
    Host::Cause cause;
  };

  std::string party;  // what it connects to, kept so that a reconnect and a reset world need not build it again
  std::string room;
  std::string id;
  std::string query;
  Headers headers;
  std::optional<Request> upgrade;
  std::optional<Between> latency;
  CloseAnswer closeAnswer = CloseAnswer::atOnce;
  Duration closeAnswerAfter{};

  Phase phase = Phase::idle;
  std::uint32_t link = none;
  std::uint32_t connections = 0;
  std::uint16_t closeCode = 0;
  Message closeReason = noContent;
  int httpStatus = 0;
  std::vector<Frame> frames;
  std::vector<Queued> queued;  // sent while connecting
};

}  // namespace Party::Sim::Detail
