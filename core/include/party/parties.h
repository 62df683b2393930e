#pragma once

#include <party/http.h>
#include <party/pending.h>
#include <party/shared_bytes.h>
#include <party/web_socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party {

namespace Detail {
class RoomCore;
}

/// What happens to an answer that sends the caller elsewhere: it is asked again there, or given back as it is.
enum class Redirect : std::uint8_t { follow, manual };

/// How a request differs from a plain GET; what `fetch` takes in PartyKit as `init`.
///
/// ```
/// co_await room().context().parties("score").get("today").fetch(
///     "/add", Party::RequestInit().method("POST").body("3"));
/// ```
class RequestInit {
 public:
  RequestInit() = default;
  RequestInit& method(std::string name) { return method_ = std::move(name), *this; }
  RequestInit& header(std::string_view name, std::string_view value) { return headers_.set(name, value), *this; }
  RequestInit& headers(Headers all) { return headers_ = std::move(all), *this; }
  /// Text; it brings `content-type: text/plain;charset=UTF-8` along, unless a header says something else (PARTIES-5).
  RequestInit& body(std::string_view text) { return body_ = SharedBytes(text), text_ = true, *this; }
  /// Bytes, without a content type.
  RequestInit& body(SharedBytes bytes) { return body_ = std::move(bytes), text_ = false, *this; }
  RequestInit& redirect(Redirect what) { return redirect_ = what, *this; }

  const std::string& method() const { return method_; }
  const Headers& headers() const { return headers_; }
  const std::optional<SharedBytes>& body() const { return body_; }
  bool bodyIsText() const { return text_; }
  Redirect redirect() const { return redirect_; }

 private:
  std::string method_ = "GET";
  Headers headers_;
  std::optional<SharedBytes> body_;
  bool text_ = false;
  Redirect redirect_ = Redirect::follow;
};

/// Another room, or this one, as a place to send requests to. Copy it and keep it in a member as you like.
///
/// The room is reached directly: its party's `onBeforeRequest` does not run (PARTIES-6). It is made when it is not
/// there yet. Its URL is `http://<host>/parties/<party>/<id>`, with the id escaped; its `room().id()` is the id as
/// given (D-20). A call leaves once all storage writes made before it are durable (GATE-031). While it is under way
/// other events reach this room, and the room does not hibernate.
///
/// An error of the room called comes back as its response, 500 with the text (PARTIES-13); the Pending fails only when
/// that room was reset or the call could not be made. Redirects are followed within the same room, at most 20 times
/// (PARTIES-16). An answer of more than 128 MiB is an error.
class Stub {
 public:
  Pending<Response> fetch(const RequestInit& init = RequestInit()) const;
  /// `path` begins with a slash, otherwise the call fails with `Path must start with /` (PARTIES-4). It may have a
  /// query.
  Pending<Response> fetch(std::string_view path, const RequestInit& init = RequestInit()) const;
  /// The request's method, headers and body; where it goes is the stub's business (PARTIES-3).
  Pending<Response> fetch(const Request& request) const;
  Pending<Response> fetch(std::string_view path, const Request& request) const;

  /// Opens a WebSocket to the room, which sees a connection like a client's: its id is the `_pk` in the path's query,
  /// else a UUID (PARTIES-8), and no edge handler runs (PARTIES-6). Leaves once the writes before it are durable
  /// (GATE-031). Fails with `Expected a websocket response` when the room answers otherwise, because it could not start
  /// (PARTIES-9), and with the reason when that room was reset or the socket was lost before it had opened.
  Pending<WebSocket> socket(const RequestInit& init = RequestInit()) const;
  /// `path` as for fetch (PARTIES-4).
  Pending<WebSocket> socket(std::string_view path, const RequestInit& init = RequestInit()) const;

 private:
  friend class PartyEntry;
  Stub(Detail::RoomCore* room, std::size_t party, std::string_view id) : room_(room), party_(party), id_(id) {}
  std::string urlOf(std::string_view path) const;

  Detail::RoomCore* room_;
  std::size_t party_;
  std::string id_;
};

/// One party of the project; false when the project has none of that name.
class PartyEntry {
 public:
  explicit operator bool() const noexcept { return party_.has_value(); }
  /// The room of this party with that id, as in a URL but not escaped. Throws for a party that does not exist
  /// (PARTIES-2).
  Stub get(std::string_view id) const;

 private:
  friend class Context;
  PartyEntry(Detail::RoomCore* room, std::string_view name, std::optional<std::size_t> party)
      : room_(room), name_(name), party_(party) {}

  Detail::RoomCore* room_;
  std::string name_;
  std::optional<std::size_t> party_;
};

/// What a room has around it: the parties of the project. Throws inside onAlarm, as documented (LIFE-16).
class Context {
 public:
  /// The names of all parties, `main` last (PARTIES-1).
  std::vector<std::string> parties() const;
  PartyEntry parties(std::string_view name) const;

 private:
  friend class Room;
  explicit Context(Detail::RoomCore* room) : room_(room) {}

  Detail::RoomCore* room_;
};

}  // namespace Party
