#include <party/error.h>
#include <party/host/url.h>
#include <party/http.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "utf8.h"

namespace Party {
namespace {

// Zero for a byte that cannot be in a token, otherwise its lower case (RFC 9110, 5.6.2).
constexpr std::array<char, 256> tokenBytes = [] {
  std::array<char, 256> bytes{};
  for (const char byte : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")) {
    bytes[static_cast<unsigned char>(byte)] = byte;
  }
  for (char upper = 'A'; upper <= 'Z'; ++upper) {
    bytes[static_cast<unsigned char>(upper)] = static_cast<char>(upper - 'A' + 'a');
  }
  return bytes;
}();

char lowerToken(char byte) noexcept { return tokenBytes[static_cast<unsigned char>(byte)]; }

bool isToken(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char byte) { return lowerToken(byte) != 0; });
}

std::string checkedName(std::string_view name) {
  if (!isToken(name)) {
    throw Error("invalid header name", std::nullopt,
                "the name has " + std::to_string(name.size()) +
                    " bytes; a header name is made of letters, digits and !#$%&'*+-.^_`|~");
  }
  std::string lowered(name);
  for (char& byte : lowered) byte = lowerToken(byte);
  return lowered;
}

std::string_view checkedValue(std::string_view name, std::string_view value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    throw Error("invalid value of header \"" + std::string(name) + "\"", std::nullopt,
                "the value has " + std::to_string(value.size()) + " bytes, among them CR, LF or NUL; remove these");
  }
  const std::size_t first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(" \t") + 1 - first);
}

bool sameName(std::string_view lowered, std::string_view name) noexcept {
  return lowered.size() == name.size() &&
         std::ranges::equal(lowered, name, [](char a, char b) { return a == lowerToken(b); });
}

bool isAllowedScheme(std::string_view scheme) noexcept {
  return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss";
}

[[noreturn]] void throwInvalidUrl(std::string_view url) {
  throw Error("Invalid URL: " + Detail::toValidUtf8(std::string(url)), std::nullopt,
              "give a full http, https, ws or wss URL, or a path that begins with a slash");
}

// Sets the URL of a block, normalised, and where its path lies.
void setUrl(Detail::RequestBlock& block, std::string_view url) {
  constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  std::expected<std::string, Host::UrlFault> normal = std::unexpected(Host::UrlFault::hostMissing);
  std::size_t hostBegin = 0;
  if (url.starts_with('/')) {
    normal = Host::normaliseTarget(url, unlimited);
  } else {
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos || colon > 5) throwInvalidUrl(url);
    std::string scheme(url.substr(0, colon));
    for (char& byte : scheme) byte = lowerToken(byte);
    if (!isAllowedScheme(scheme)) throwInvalidUrl(url);
    hostBegin = colon + 3;
    const std::string_view rest = url.substr(hostBegin);
    const std::size_t hostEnd = std::min(rest.find_first_of("/\\?#"), rest.size());
    std::string target(rest.substr(hostEnd));
    if (target.starts_with('\\')) target[0] = '/';
    if (!target.starts_with('/')) target.insert(target.begin(), '/');
    normal = Host::fullUrl(scheme, rest.substr(0, hostEnd), target, unlimited);
  }
  if (!normal) throwInvalidUrl(url);
  block.url = *std::move(normal);
  block.pathBegin = block.url.find('/', hostBegin);
  block.pathEnd = std::min(block.url.find('?', block.pathBegin), block.url.size());
}

Detail::RequestBlock* makeRequest(std::string method, std::string_view url, Headers headers, SharedBytes body) {
  if (!isToken(method)) throw Error("invalid HTTP method", std::nullopt, "a method is a token such as GET or POST");
  auto block = std::make_unique<Detail::RequestBlock>();
  block->method = std::move(method);
  setUrl(*block, url);
  block->headers = std::move(headers);
  block->body = std::move(body);
  return block.release();
}

SharedBytes bytesOf(std::string_view body) { return body.empty() ? SharedBytes() : SharedBytes(body); }

int hexValue(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// One side of a pair in a query (application/x-www-form-urlencoded); a broken escape stands for itself.
std::string decodeQueryPart(std::string_view part) {
  std::string decoded;
  decoded.reserve(part.size());
  for (std::size_t at = 0; at < part.size(); ++at) {
    const bool escape = part[at] == '%' && part.size() - at > 2;
    const int high = escape ? hexValue(part[at + 1]) : -1;
    const int low = escape ? hexValue(part[at + 2]) : -1;
    if (high >= 0 && low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      decoded += part[at] == '+' ? ' ' : part[at];
    }
  }
  return Detail::toValidUtf8(std::move(decoded));
}

int checkedStatus(int status, std::string_view body) {
  if (status < 200 || status > 599) {
    throw Error("Responses may only be constructed with status codes in the range 200 to 599, inclusive.", std::nullopt,
                "the status is " + std::to_string(status));
  }
  if ((status == 204 || status == 205 || status == 304) && !body.empty()) {
    throw Error("Response with null body status (101, 204, 205, or 304) cannot have a body.", std::nullopt,
                "the status is " + std::to_string(status) + ", the body has " + std::to_string(body.size()) + " bytes");
  }
  return status;
}

}  // namespace

Headers& Headers::set(std::string_view name, std::string_view value) & {
  std::string lowered = checkedName(name);
  std::string trimmed(checkedValue(lowered, value));
  const auto named = [&](const Field& field) { return field.first == lowered; };
  const auto first = std::ranges::find_if(fields_, named);
  if (first == fields_.end()) {
    fields_.emplace_back(std::move(lowered), std::move(trimmed));
    return *this;
  }
  first->second = std::move(trimmed);
  fields_.erase(std::remove_if(first + 1, fields_.end(), named), fields_.end());
  return *this;
}

Headers& Headers::append(std::string_view name, std::string_view value) & {
  std::string lowered = checkedName(name);
  const std::string_view trimmed = checkedValue(lowered, value);
  fields_.emplace_back(std::move(lowered), trimmed);
  return *this;
}

Headers& Headers::remove(std::string_view name) & {
  std::erase_if(fields_, [&](const Field& field) { return sameName(field.first, name); });
  return *this;
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  for (const auto& [lowered, value] : fields_) {
    if (sameName(lowered, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [lowered, value] : fields_) {
    if (sameName(lowered, name)) values.push_back(value);
  }
  return values;
}

Request::Request(std::string method, std::string url, Headers headers, std::string_view body)
    : Request(std::move(method), std::move(url), std::move(headers), bytesOf(body)) {}

Request::Request(std::string method, std::string url, Headers headers, SharedBytes body)
    : block_(makeRequest(std::move(method), url, std::move(headers), std::move(body))) {}

std::optional<std::string> Request::query(std::string_view name) const {
  std::string_view rest = std::string_view(block_->url).substr(block_->pathEnd);
  while (!rest.empty()) {
    rest.remove_prefix(1);  // `?` or `&`
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size());
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty() || decodeQueryPart(pair.substr(0, equals)) != name) continue;
    return decodeQueryPart(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

std::string Request::text() const { return Detail::toValidUtf8(std::string(body())); }

bool Request::isWebSocketUpgrade() const noexcept {
  std::size_t count = 0;
  bool matches = false;
  for (const auto& [name, value] : headers()) {
    if (name != "upgrade") continue;
    ++count;
    matches = sameName("websocket", value);
  }
  return count == 1 && matches;
}

Request Request::withMethod(std::string method) const {
  return Request(std::move(method), std::string(url()), headers(), bodyBytes());
}

Request Request::withUrl(std::string url) const {
  return Request(std::string(method()), std::move(url), headers(), bodyBytes());
}

Request Request::withHeader(std::string_view name, std::string_view value) const {
  auto block = block_;
  block.own().headers.set(name, value);
  return Request(std::move(block));
}

Request Request::withoutHeader(std::string_view name) const {
  auto block = block_;
  block.own().headers.remove(name);
  return Request(std::move(block));
}

Request Request::withBody(std::string_view body) const {
  auto block = block_;
  block.own().body = bytesOf(body);
  return Request(std::move(block));
}

bool operator==(const Request& a, const Request& b) noexcept {
  return a.method() == b.method() && a.url() == b.url() && a.headers() == b.headers() && a.body() == b.body();
}

Response::Response(std::string_view body, int status)
    : Response(bytesOf(body), status, body.empty() ? "" : "text/plain;charset=UTF-8") {}

Response::Response(SharedBytes body, int status) : Response(std::move(body), status, "") {}

Response::Response(SharedBytes body, int status, std::string_view contentType) : block_(nullptr) {
  auto block = std::make_unique<Detail::ResponseBlock>();
  block->status = checkedStatus(status, body.view());
  if (!contentType.empty()) block->headers.set("content-type", contentType);
  block->body = std::move(body);
  block_ = Detail::Handle<Detail::ResponseBlock>(block.release());
}

Response::Response(std::uint64_t stream, int status) : Response(SharedBytes(), status, "") {
  checkedStatus(status, "a body");
  block_.own().stream = stream;
}

Response Response::json(std::string_view text, int status) {
  return Response(SharedBytes(text), status, "application/json");
}

Response Response::html(std::string_view text, int status) {
  return Response(SharedBytes(text), status, "text/html;charset=UTF-8");
}

Response Response::header(std::string_view name, std::string_view value) && {
  block_.own().headers.set(name, value);
  return std::move(*this);
}

Response Response::append(std::string_view name, std::string_view value) && {
  block_.own().headers.append(name, value);
  return std::move(*this);
}

Response Response::withoutHeader(std::string_view name) const {
  Response changed = *this;
  changed.block_.own().headers.remove(name);
  return changed;
}

Response Response::withBody(SharedBytes body) const {
  checkedStatus(status(), body.view());
  Response changed = *this;
  changed.block_.own().body = std::move(body);
  changed.block_.own().stream = 0;
  return changed;
}

bool operator==(const Response& a, const Response& b) noexcept {
  return a.status() == b.status() && a.headers() == b.headers() && a.body() == b.body();
}

}  // namespace Party
