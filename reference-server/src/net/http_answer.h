#pragma once

#include "net/http_request_parser.h"

#include <party/http.h>

#include <expected>
#include <string>
#include <string_view>

/// HTTP as bytes: what a response looks like on the wire, and what a request must have before a party sees it.

namespace Party::Serve {

/// How an answer is framed.
struct AnswerForm {
  bool isHead = false;   // the request was HEAD: no body, no length (REQUEST-4)
  bool isHttp11 = true;  // else a streamed body ends with the connection
  bool keepAlive = true;
  bool streamed = false;  // the body comes in chunks behind the head
  std::string_view date;  // as `httpDate` gives it
};

/// Status line, fields and empty line. Fields that frame the message are ours; a response cannot set them.
std::string headBytes(const Response& response, const AnswerForm& form);
/// True when the response's own body follows the head.
bool hasBody(const Response& response, const AnswerForm& form);

/// A refusal as it goes out: plain text, and the connection ends.
std::string refusalBytes(const HttpRefusal& refusal, std::string_view date);

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string httpDate(std::int64_t secondsSince1970);

/// One chunk of a streamed body; the empty one ends it.
std::string chunkBytes(std::string_view bytes);

/// The request a party sees, or why none does: no Host, a target that is no path, a faulty WebSocket handshake
/// (ROUTE-27, CONNECT-2).
std::expected<Request, HttpRefusal> requestOf(const HttpRequestHead& head, std::string body);

/// The 101 to an upgrade (CONNECT-3), which `requestOf` has let pass.
std::string switchingProtocols(std::string_view key);

}  // namespace Party::Serve
