#pragma once

#include "net/descriptor.h"
#include "net/frame_codec.h"
#include "net/loop.h"
#include "net/write_queue.h"

#include <party/http.h>
#include <party/message.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace Party::Serve {

struct WebSocketLimits {
  std::size_t messageBytes = 1'048'576;         // MESSAGE-9
  std::size_t backlogBytes = 16 * 1024 * 1024;  // unread by a slow client before it is dropped
  std::chrono::seconds pingEvery{30};           // H-1; 0: never
  std::uint32_t missedPings = 2;
  std::chrono::seconds closeAnswer{30};  // until the peer has answered our close frame
  std::chrono::seconds farewell{5};      // until the peer ends a connection that is over
};

/// One WebSocket behind its upgrade request. It keeps the protocol and decides nothing: what a close frame is answered
/// with, and when, is the room's business.
///
/// Until the room has accepted it, nothing is read and what is sent to it waits (CONNECT-11, 15).
class WebSocket final : public Watcher {
 public:
  class Owner {
   public:
    virtual void messageArrived(WebSocket& socket, Message message) = 0;
    virtual void closeArrived(WebSocket& socket, std::uint16_t code, std::string reason) = 0;
    /// The peer broke the protocol; it has been sent this close frame.
    virtual void socketFailed(WebSocket& socket, std::uint16_t code, std::string reason) = 0;
    /// The transport ended without a close frame from the peer.
    virtual void socketLost(WebSocket& socket) = 0;
    /// A client too slow for what is sent to it; `socketLost` follows.
    virtual void backlogFull(WebSocket& socket, std::size_t bytes) = 0;
    /// The descriptor is closed; nothing follows.
    virtual void socketEnded(WebSocket& socket) = 0;
    virtual std::string_view httpDate() = 0;
    virtual std::span<char> receiveBuffer() = 0;

   protected:
    ~Owner() = default;
  };

  /// What an upgrade leaves behind: the descriptor, the bytes that came behind the request, its Sec-WebSocket-Key.
  struct Opening {
    Descriptor descriptor;
    std::string early;
    std::string key;
  };
  /// `handle` is the owner's name for it.
  WebSocket(Loop& loop, Opening opening, std::uint32_t handle, const WebSocketLimits& limits, Owner& owner);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  std::uint32_t handle() const { return handle_; }

  /// One of these four decides a pending socket.
  void accept();
  void refuse(std::uint16_t code, std::string_view reason);
  void answer(const Response& response);
  /// Ends the transport without a close frame; also later.
  void drop();

  /// A whole frame, the same block for all its recipients.
  void send(const SharedBytes& frame);
  /// `answers` the peer's close frame: the transport ends behind it.
  void close(std::uint16_t code, std::string_view reason, bool answers);

  /// A paused socket takes nothing from its client.
  void setPaused(bool paused);
  /// Once a second or so: pings, and ends what took too long.
  void checkPatience(SteadyTime now);
  void ready(Readiness readiness) override;

 private:
  enum class Phase : std::uint8_t {
    pending,  // neither accepted nor refused
    open,
    closing,    // our close frame is out, the peer's has not come
    answering,  // the peer's has come, the room has not answered it
    farewell,   // our last byte is on its way: what still comes is discarded until the peer ends
    ended
  };

  void receive();
  void decode(std::span<char> bytes);
  void handle(FrameEvent&& event);
  void pong(std::string payload);
  void transmit(const SharedBytes& bytes);
  void sayFarewell();
  void lose();
  void end();
  void finish();
  void setInterest();
  void setPatience(std::chrono::seconds length) { deadline_ = std::chrono::steady_clock::now() + length; }
  bool isReading() const { return phase_ == Phase::open || phase_ == Phase::closing; }

  Loop& loop_;
  Descriptor descriptor_;
  const WebSocketLimits& limits_;
  Owner& owner_;
  const std::uint32_t handle_;
  FrameDecoder decoder_;
  std::string undecoded_;  // what came early, or while paused
  std::string key_;
  std::optional<std::string> latePong_;
  WriteQueue queue_;
  Interest interest_;
  SteadyTime deadline_;  // of the next ping, the close's answer, or the farewell
  std::uint32_t unansweredPings_ = 0;
  Phase phase_ = Phase::pending;
  bool paused_ = false;
  bool closeQueued_ = false;  // while pending: a close frame is among what waits
  bool decoding_ = false;
};

/// A message as the frame that every recipient gets.
SharedBytes frameOf(const Message& message);

}  // namespace Party::Serve
