#pragma once

#include <party/detail/handle.h>
#include <party/shared_bytes.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace Party {

/// Header fields in the order they were added. Names are kept in lower case; one name may come several times.
///
/// Nothing here can split a message: a name that is not a token (RFC 9110, 5.6.2) and a value with CR, LF or NUL throw
/// `Party::Error`. Spaces and tabs around a value are dropped.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;

  /// Replaces every field of this name by one, which keeps the place of the first.
  Headers& set(std::string_view name, std::string_view value) &;
  Headers&& set(std::string_view name, std::string_view value) && { return std::move(set(name, value)); }
  /// Adds a field at the end, beside those of the same name.
  Headers& append(std::string_view name, std::string_view value) &;
  Headers&& append(std::string_view name, std::string_view value) && { return std::move(append(name, value)); }
  Headers& remove(std::string_view name) &;
  Headers&& remove(std::string_view name) && { return std::move(remove(name)); }

  /// The first value of this name, upper or lower case; valid until these headers change or go.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// All values of this name, in order.
  std::vector<std::string_view> all(std::string_view name) const;

  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }

  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Field> fields_;
};

namespace Detail {

class RoomCore;

struct RequestBlock : Counted {
  std::string method;
  std::string url;
  std::size_t pathBegin = 0;
  std::size_t pathEnd = 0;
  Headers headers;
  SharedBytes body;
};

struct ResponseBlock : Counted {
  int status = 200;
  std::uint64_t stream = 0;  // of the room that writes its body, when it does
  Headers headers;
  SharedBytes body;
};

}  // namespace Detail

/// An HTTP request, or the one that opens a WebSocket: immutable, 8 bytes to copy, owner of all it shows.
///
/// Views it hands out live as long as this request or a copy of it. A moved-from request may only be destroyed or
/// assigned to.
class Request {
 public:
  /// `url` is a full URL (http, https, ws or wss), or its part from the path on: `/party/lobby?x=1`. It is normalised
  /// as a browser does: dot segments resolved, unsafe characters escaped, the fragment dropped. Throws `Party::Error`
  /// with `Invalid URL: …` when it is neither, and when the method is not a token.
  Request(std::string method, std::string url, Headers headers = {}, std::string_view body = {});
  Request(std::string method, std::string url, Headers headers, SharedBytes body);

  std::string_view method() const noexcept { return block_->method; }
  std::string_view url() const noexcept { return block_->url; }
  /// From the first slash after the host to the query, escapes untouched; never empty.
  std::string_view path() const noexcept {
    return std::string_view(block_->url).substr(block_->pathBegin, block_->pathEnd - block_->pathBegin);
  }

  /// The first value of this name in the query, as URLSearchParams gives it: escapes decoded, `+` a space, and U+FFFD
  /// in place of bytes that are no UTF-8. A name without `=` has the empty value.
  std::optional<std::string> query(std::string_view name) const;

  std::optional<std::string_view> header(std::string_view name) const noexcept { return block_->headers.get(name); }
  const Headers& headers() const noexcept { return block_->headers; }

  std::string_view body() const noexcept { return block_->body.view(); }
  const SharedBytes& bodyBytes() const noexcept { return block_->body; }
  /// The body as text: U+FFFD in place of what is not UTF-8.
  std::string text() const;

  /// Whether this asks for a WebSocket: exactly one `upgrade` field, equal to `websocket` in any case (CONNECT-1).
  bool isWebSocketUpgrade() const noexcept;

  /// Changed copies. The original stays as it is.
  Request withMethod(std::string method) const;
  Request withUrl(std::string url) const;
  Request withHeader(std::string_view name, std::string_view value) const;
  Request withoutHeader(std::string_view name) const;
  Request withBody(std::string_view body) const;

  /// Equal in every part.
  friend bool operator==(const Request& a, const Request& b) noexcept;

 private:
  explicit Request(Detail::Handle<Detail::RequestBlock> block) noexcept : block_(std::move(block)) {}

  Detail::Handle<Detail::RequestBlock> block_;
};

/// The answer to a request: immutable, 8 bytes to copy. A moved-from response may only be destroyed or assigned to.
///
/// ```
/// co_return Party::Response("no such game", 404);
/// co_return Party::Response::json(text).header("cache-control", "no-store");
/// ```
///
/// A status outside 200 to 599 throws (REQUEST-7), and so does a body with a status that has none: 204, 205, 304.
class Response {
 public:
  /// 200 without a body, and without a content type.
  Response() : Response(std::string_view()) {}
  /// Text, `text/plain;charset=UTF-8` (REQUEST-8). An empty one is no body at all and gets no content type.
  explicit Response(std::string_view body, int status = 200);
  /// Bytes, without a content type.
  explicit Response(SharedBytes body, int status = 200);

  /// `application/json`; `text` is sent as it is.
  static Response json(std::string_view text, int status = 200);
  /// `text/html;charset=UTF-8`.
  static Response html(std::string_view text, int status = 200);

  /// A copy in which `value` replaces every field of this name; `append` keeps them (several `set-cookie`).
  Response header(std::string_view name, std::string_view value) const& { return Response(*this).header(name, value); }
  Response header(std::string_view name, std::string_view value) &&;
  Response append(std::string_view name, std::string_view value) const& { return Response(*this).append(name, value); }
  Response append(std::string_view name, std::string_view value) &&;
  Response withoutHeader(std::string_view name) const;
  /// The same status and headers with this body; throws for a status that has none.
  Response withBody(SharedBytes body) const;

  int status() const noexcept { return block_->status; }
  const Headers& headers() const noexcept { return block_->headers; }
  std::optional<std::string_view> header(std::string_view name) const noexcept { return block_->headers.get(name); }
  std::string_view body() const noexcept { return block_->body.view(); }
  const SharedBytes& bodyBytes() const noexcept { return block_->body; }

  /// Equal in every part.
  friend bool operator==(const Response& a, const Response& b) noexcept;

 private:
  friend class ResponseStream;
  friend class Detail::RoomCore;
  Response(SharedBytes body, int status, std::string_view contentType);
  Response(std::uint64_t stream, int status);

  Detail::Handle<Detail::ResponseBlock> block_;
};

/// What `onBeforeConnect` and `onBeforeRequest` give back: a request to forward instead, a response to answer with, or
/// nothing, which forwards the original unchanged (D-19).
class RequestOrResponse {
 public:
  RequestOrResponse() noexcept {}
  RequestOrResponse(std::nullopt_t) noexcept {}
  RequestOrResponse(Request request) noexcept : choice_(std::move(request)) {}
  RequestOrResponse(Response response) noexcept : choice_(std::move(response)) {}

  bool isNothing() const noexcept { return choice_.index() == 0; }
  /// Null unless it is one; lives as long as this value.
  const Request* request() const noexcept { return std::get_if<Request>(&choice_); }
  const Response* response() const noexcept { return std::get_if<Response>(&choice_); }

 private:
  std::variant<std::monostate, Request, Response> choice_;
};

}  // namespace Party
