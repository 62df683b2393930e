#include "net/http_answer.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <party/error.h>
#include <party/host/url.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <utility>

namespace Party::Serve {
namespace {

std::string_view reasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 418:
      return "I'm a teapot";
    case 422:
      return "Unprocessable Entity";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

bool isFraming(std::string_view name) {
  constexpr std::array<std::string_view, 7> ours{"connection", "content-length",    "date",   "keep-alive",
                                                 "trailer",    "transfer-encoding", "upgrade"};
  return std::ranges::find(ours, name) != ours.end();
}

bool neverHasBody(int status) { return status == 204 || status == 304; }

}  // namespace

std::string headBytes(const Response& response, const AnswerForm& form) {
  std::string head;
  head.reserve(256);
  auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status(), reasonOf(response.status()));
  for (const auto& [name, value] : response.headers()) {
    if (isFraming(name)) continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  head.append("date: ").append(form.date).append("\r\n");
  if (form.streamed && form.isHttp11 && !form.isHead) {
    head.append("transfer-encoding: chunked\r\n");
  } else if (!form.streamed && !form.isHead && !neverHasBody(response.status())) {
    fmt::format_to(out, "content-length: {}\r\n", response.body().size());
  }
  if (!form.keepAlive) {
    head.append("connection: close\r\n");
  } else if (!form.isHttp11) {
    head.append("connection: keep-alive\r\n");
  }
  return head.append("\r\n");
}

bool hasBody(const Response& response, const AnswerForm& form) {
  return !form.streamed && !form.isHead && !neverHasBody(response.status()) && !response.body().empty();
}

std::string refusalBytes(const HttpRefusal& refusal, std::string_view date) {
  const Response response(refusal.body, refusal.status);
  return headBytes(response, {.keepAlive = false, .date = date}) + refusal.body;
}

std::string httpDate(std::int64_t secondsSince1970) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(secondsSince1970);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days.at(static_cast<std::size_t>(parts.tm_wday)),
                     parts.tm_mday, months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string chunkBytes(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

std::expected<Request, HttpRefusal> requestOf(const HttpRequestHead& head, std::string body) {
  const auto hosts = head.headers.all("host");
  if (hosts.size() > 1) return std::unexpected(HttpRefusal{400, "Bad Request"});
  auto url = Host::fullUrl("http", hosts.empty() ? std::string_view() : hosts.front(), head.target);
  if (!url) {
    const auto refusal = Host::refusalFor(url.error());
    return std::unexpected(HttpRefusal{refusal.status, std::string(refusal.body)});
  }
  try {
    Request request(head.method, std::move(*url), head.headers, body);
    if (!request.isWebSocketUpgrade()) return request;
    if (head.method != "GET") return std::unexpected(HttpRefusal{500, "Internal Server Error"});
    if (request.header("sec-websocket-version") != "13") {
      return std::unexpected(HttpRefusal{400, "ERROR: The requested WebSocket version is not supported."});
    }
    if (request.header("sec-websocket-key").value_or("").empty()) {
      return std::unexpected(HttpRefusal{400, "ERROR: Missing Sec-WebSocket-Key"});
    }
    // Bytes behind the head are frames; a body would be something else to a proxy in between.
    if (!body.empty() || !head.isHttp11) return std::unexpected(HttpRefusal{400, "Bad Request"});
    return request;
  } catch (const Error&) {
    return std::unexpected(HttpRefusal{400, "Bad Request"});
  }
}

std::string switchingProtocols(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> accept;
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(accept.data()), digest.data(),
                                     static_cast<int>(digest.size()));
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n"
      "\r\n",
      std::string_view(accept.data(), static_cast<std::size_t>(size)));
}

}  // namespace Party::Serve
