#pragma once

#include <party/codec.h>
#include <party/http.h>
#include <party/message.h>
#include <party/task.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace Party {

/// What happens to a socket, for who listens to it directly.
enum class EventType : std::uint8_t { message, close, error };

/// One of the three; the fields that are not its own are empty.
struct SocketEvent {
  EventType type = EventType::message;
  /// message: what came.
  Message data;
  /// close: the client's code, 1005 for an empty frame, 1006 for a connection that was lost.
  int code = 0;
  /// close: the client's reason; error: what the client did wrong.
  std::string reason;
  /// close: false when the connection was lost.
  bool wasClean = false;
};

/// The states of a WebSocket, with JavaScript's numbers.
enum class ReadyState : std::uint8_t { connecting = 0, open = 1, closing = 2, closed = 3 };

namespace Detail {
class RoomCore;
class RoomPlace;

using EventListener = std::shared_ptr<std::move_only_function<Task<>(const SocketEvent&)>>;

/// Accepts a callable that returns nothing or a Task<>.
template <class Function>
EventListener makeListener(Function&& function) {
  using Result = std::invoke_result_t<std::decay_t<Function>&, const SocketEvent&>;
  static_assert(std::is_void_v<Result> || std::is_same_v<Result, Task<>>,
                "a listener returns nothing or a Party::Task<>");
  if constexpr (std::is_void_v<Result>) {
    return std::make_shared<std::move_only_function<Task<>(const SocketEvent&)>>(
        [body = std::forward<Function>(function)](const SocketEvent& event) mutable -> Task<> {
          body(event);
          return {};
        });
  } else {
    return std::make_shared<std::move_only_function<Task<>(const SocketEvent&)>>(std::forward<Function>(function));
  }
}
}  // namespace Detail

/// One WebSocket as the room sees it: a value of 16 bytes to copy, keep in a member and compare.
///
/// The socket outlives the party object: after hibernation the same value still means the same connection. When its
/// socket has gone, `open()` is false and everything else does nothing or gives nothing; it never points at a later
/// connection.
class Connection {
 public:
  /// The client's `_pk`, or a UUID (CONNECT-5). Not unique: a client that reconnects may overlap itself (D-3).
  std::string_view id() const;
  /// The full URL the room received, after `onBeforeConnect` (CONNECT-7).
  std::string_view uri() const;
  /// The stored tags, the id first (CONNECT-22).
  std::vector<std::string> tags() const;
  /// True from the moment the connection is listed until a close was sent or received, or the socket was lost.
  bool open() const noexcept;
  /// Closing once a close frame was sent or received, closed after both, after an error, and when it has gone. Of a
  /// lost connection onClose sees closing, in a room that does not hibernate open, as in PartyKit (WS-025, HIBER-065).
  ReadyState readyState() const noexcept;

  /// Queued behind every message sent to this connection before, and leaves once all writes issued before it are
  /// durable. Throws `Party::Error` after this side's close() (CLOSE-22) and in `getConnectionTags` (CONNECT-12);
  /// on a socket that has gone it does nothing (WS-007); in onClose it is dropped and logged (D-8).
  void send(const Message& message) const;

  /// Begins the closing handshake: no code sends an empty close frame. Codes 1000..4999 without 1004, 1005, 1006 and
  /// 1015 (CLOSE-17); at most 123 bytes of UTF-8 as reason (D-5); anything else throws and leaves the connection open.
  /// A second close is ignored (CLOSE-21). onClose runs when the client has answered.
  void close() const;
  void close(int code, std::string_view reason = {}) const;

  /// Replaces the connection's state. Kept in hibernation, gone with the connection, never on disk. Counted together
  /// with id and uri it may take 2,048 encoded bytes (STATE-8, D-14); a larger one throws and changes nothing.
  template <class T>
  void setState(const T& value) const {
    putState(encodeValue(value));
  }
  void setState(const char* text) const { putState(encodeValue(std::string_view(text))); }
  /// The state, or nothing before the first setState and after setState(nullptr) (STATE-1, D-14).
  template <class T>
  std::optional<T> state() const {
    const SharedBytes bytes = stateBytes();
    if (bytes.empty()) return std::nullopt;
    return decodeValue<std::optional<T>>(bytes);
  }
  /// Applies `update(optional<T>) -> T` to the state (STATE-3) and returns the new one.
  template <class T, class Update>
  T updateState(Update&& update) const {
    T next = std::forward<Update>(update)(state<T>());
    putState(encodeValue(next));
    return next;
  }

  /// PartyKit's deprecated names for setState and state (STATE-11, STATE-12, D-14).
  template <class T>
  void serializeAttachment(const T& value) const {
    setState(value);
  }
  template <class T>
  std::optional<T> deserializeAttachment() const {
    return state<T>();
  }

  /// Calls `listener(const SocketEvent&)` for this connection's events, in the order of adding, each behind the handler
  /// of the same event: its first part has run, and for close and error the connection has left every list (LEGACY-3).
  /// The event lives as long as the listener runs, awaits included. Lost at hibernation, unlike everything else a
  /// connection has (LIFE-11); on a connection that has gone it does nothing.
  template <std::invocable<const SocketEvent&> Function>
  void addEventListener(EventType type, Function&& listener) const {
    listen(type, Detail::makeListener(std::forward<Function>(listener)));
  }

  friend bool operator==(const Connection&, const Connection&) = default;

 private:
  friend class Detail::RoomCore;
  Connection(Detail::RoomPlace* room, std::uint32_t index, std::uint32_t generation)
      : room_(room), index_(index), generation_(generation) {}
  void listen(EventType type, Detail::EventListener listener) const;
  void putState(SharedBytes state) const;
  SharedBytes stateBytes() const;

  Detail::RoomPlace* room_;
  std::uint32_t index_;
  std::uint32_t generation_;
};
static_assert(sizeof(Connection) == 16);

/// What onConnect and getConnectionTags get beside the connection: the upgrade request (CONNECT-8).
struct ConnectionContext {
  explicit ConnectionContext(Request upgrade) : request(std::move(upgrade)) {}
  Request request;
};

/// The open connections of a room, or those that carry one tag, in the order they connected (D-13).
///
/// A loop may await: it stands on a join number, so whoever leaves is skipped, and whoever joins is visited. It costs
/// the matches, not the room.
class Connections {
 public:
  class Iterator {
   public:
    using value_type = Connection;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Connection operator*() const { return *current_; }
    Iterator& operator++() {
      current_ = range_->after(join_);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) { return !at.current_; }

   private:
    friend class Connections;
    explicit Iterator(const Connections* range) : range_(range) { ++*this; }
    const Connections* range_;
    std::uint64_t join_ = 0;
    std::optional<Connection> current_;
  };

  Iterator begin() const { return Iterator(this); }
  std::default_sentinel_t end() const { return {}; }
  std::size_t count() const;
  bool empty() const { return count() == 0; }

  /// Sends to all of them as one output: what `broadcast` is for a room, this is for a tag.
  void send(const Message& message) const;

 private:
  friend class Room;
  Connections(Detail::RoomCore* room, std::optional<std::string> tag) : room_(room), tag_(std::move(tag)) {}
  std::optional<Connection> after(std::uint64_t& join) const;

  Detail::RoomCore* room_;
  std::optional<std::string> tag_;
};

}  // namespace Party
