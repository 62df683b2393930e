#pragma once

#include <party/http.h>
#include <party/message.h>
#include <party/sim/options.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party::Sim {

namespace Detail {
class WorldCore;
}

/// One thing a client saw, in the order it saw it. Two lives look equal to a client when these lists are equal but for
/// the times.
struct Frame {
  enum class Kind : std::uint8_t {
    opened,  ///< the 101
    message,
    closed,    ///< the end of this connection: `code` is 1006 without a close frame, 1005 for an empty one
    answered,  ///< the upgrade was refused with a plain response: `code` is its status, `content` its body
  };
  Kind kind = Kind::opened;
  std::uint16_t code = 0;
  /// Counts this client's connections from 1; a reconnect is the next one.
  std::uint32_t connection = 0;
  Time at;
  /// The message, or the close frame's reason.
  Message content;

  /// The same but for the time.
  friend bool operator==(const Frame& a, const Frame& b) {
    return a.kind == b.kind && a.code == b.code && a.connection == b.connection && a.content == b.content;
  }
};

/// Which way frames go: from the client to the room, from the room to the client.
enum class Direction : std::uint8_t { up, down, both };

/// How a client answers a close frame of the server (CP-75).
enum class CloseAnswer : std::uint8_t { atOnce, later, never };

class ClientOptions {
 public:
  ClientOptions() = default;
  /// The `_pk` of the connection. Without one, `client-<n>`, n counting this world's clients from 0. An empty one is
  /// not sent, so the room chooses (CONNECT-5).
  ClientOptions& id(std::string value) { return id_ = std::move(value), *this; }
  const std::optional<std::string>& id() const { return id_; }
  /// Added to the URL behind `_pk`, as in `token=x&room=y`; must be escaped already.
  ClientOptions& query(std::string value) { return query_ = std::move(value), *this; }
  const std::string& query() const { return query_; }
  ClientOptions& header(std::string_view name, std::string_view value) { return headers_.append(name, value), *this; }
  const Headers& headers() const { return headers_; }
  /// This client's own latency instead of the world's.
  ClientOptions& latency(Between value) { return latency_ = value, *this; }
  const std::optional<Between>& latency() const { return latency_; }
  /// `after` counts for `later` alone.
  ClientOptions& answersClose(CloseAnswer value, Duration after = {}) {
    return closeAnswer_ = value, closeAnswerAfter_ = after, *this;
  }
  CloseAnswer closeAnswer() const { return closeAnswer_; }
  Duration closeAnswerAfter() const { return closeAnswerAfter_; }

 private:
  std::optional<std::string> id_;
  std::string query_;
  Headers headers_;
  std::optional<Between> latency_;
  CloseAnswer closeAnswer_ = CloseAnswer::atOnce;
  Duration closeAnswerAfter_{};
};

/// A fake WebSocket client that behaves as partysocket does: what is sent while connecting waits until it is open.
///
/// A handle of two words: copy it. It lives as long as its world, and not past `World::reset`. A verb that makes no
/// sense now (sending on a closed socket, closing twice) does nothing.
class Client {
 public:
  void send(const Message& message);
  /// Sends a close frame behind what was sent before. 0 is an empty one.
  void close(std::uint16_t code = 1000, std::string_view reason = {});
  /// Cuts the transport: this side knows at once, the room after a drawn delay; what was on the way may be lost.
  void drop();
  /// The client is gone, and the room learns it after `noticed`, or never (CP-73).
  void halfOpen(std::optional<Duration> noticed = std::nullopt);
  /// Sends something a WebSocket server must refuse: the transport answers with this close code, and the room sees an
  /// error instead of a close (CP-79).
  void breakProtocol(std::uint16_t code = 1002, std::string_view reason = {});
  /// Nothing passes any more on this connection in that direction, the news of its loss included, until it is let go
  /// (CP-74): both, and the network is partitioned; down alone, and the client does not read. What is held keeps no
  /// world busy. A connection that is opened anew takes another way.
  void hold(Direction direction);
  /// The same with an end, which a busy world waits for: then everything arrives, in order.
  void hold(Direction direction, Duration length);
  /// All that is held arrives now, in order, and nothing is held any more.
  void release(Direction direction);
  /// Only the first `frames` of that direction arrive, and the rest stays.
  void release(Direction direction, std::uint32_t frames);
  /// How many frames are held in that direction.
  std::size_t held(Direction direction) const;
  /// Connects anew under the same URL and id. An old connection that is still open on this side is dropped first.
  void reconnect();
  /// The same with another query in the URL, as `ClientOptions::query`.
  void reconnect(std::string_view query);

  bool open() const;
  /// From connect until the connection is open or has ended.
  bool connecting() const;
  /// The connection has ended on this side, one way or the other.
  bool closed() const;

  /// All messages of all connections of this client, in the order they came.
  std::vector<Message> received() const;
  /// Everything it saw; valid until the world moves on.
  std::span<const Frame> frames() const;
  /// Of the last connection that ended: 1006 without a close frame, 1005 for an empty one; 0 before.
  std::uint16_t closeCode() const;
  std::string closeReason() const;
  /// When the last upgrade was answered with a plain response: its status; 0 otherwise.
  int httpStatus() const;

  const std::string& id() const;
  /// Counts this world's clients from 0.
  std::uint32_t index() const { return index_; }

  friend bool operator==(const Client&, const Client&) = default;

 private:
  friend class World;
  friend class Detail::WorldCore;
  Client(Detail::WorldCore* core, std::uint32_t index) : core_(core), index_(index) {}

  Detail::WorldCore* core_;
  std::uint32_t index_;
};

/// One HTTP request and, when it has come, its answer. A handle, like Client.
class Exchange {
 public:
  /// The whole answer is there.
  bool answered() const;
  /// The connection broke before the answer was whole.
  bool failed() const;
  /// 0 until the answer has begun.
  int status() const;
  /// What has arrived of the body.
  std::string body() const;
  std::optional<std::string> header(std::string_view name) const;
  /// The whole answer; throws `Party::Error` while there is none.
  Response response() const;

  /// The caller no longer waits; the handler runs on (CP-90).
  void abort();

 private:
  friend class World;
  friend class Detail::WorldCore;
  Exchange(Detail::WorldCore* core, std::uint32_t index) : core_(core), index_(index) {}

  Detail::WorldCore* core_;
  std::uint32_t index_;
};

}  // namespace Party::Sim
