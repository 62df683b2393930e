#include <party/host/url.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace Party::Host {
namespace {

// The percent-encode sets of the URL standard, for a special scheme: which bytes are escaped in a path and in a query.
// `^` and `|` stay in both (ROUTE-12).
constexpr std::uint8_t escapedInPath = 1;
constexpr std::uint8_t escapedInQuery = 2;
constexpr std::uint8_t vanishes = 4;
constexpr std::uint8_t structural = 8;

constexpr std::array<std::uint8_t, 256> byteClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&](std::string_view bytes, std::uint8_t mask) {
    for (const char byte : bytes) classes[static_cast<unsigned char>(byte)] |= mask;
  };
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (byte <= 0x20 || byte >= 0x7f) classes[byte] = escapedInPath | escapedInQuery;
  }
  mark("\"<>", escapedInPath | escapedInQuery);
  mark("`{}", escapedInPath);
  mark("'", escapedInQuery);
  mark("\t\r\n", vanishes);
  mark("\\#", structural);
  return classes;
}();

std::uint8_t classOf(char byte) noexcept { return byteClasses[static_cast<unsigned char>(byte)]; }

void appendByte(std::string& text, char byte, std::uint8_t escapeMask) {
  if ((classOf(byte) & vanishes) != 0) return;
  if ((classOf(byte) & escapeMask) == 0) {
    text += byte;
    return;
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  text += '%';
  text += digits[value >> 4];
  text += digits[value & 15];
}

// How many dots a segment consists of, `%2e` being one too; 0 when there is anything else in it.
std::size_t dotsOf(std::string_view segment) noexcept {
  std::size_t dots = 0;
  while (!segment.empty()) {
    const bool escaped = segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' && (segment[2] | 0x20) == 'e';
    if (!escaped && segment[0] != '.') return 0;
    segment.remove_prefix(escaped ? 3 : 1);
    ++dots;
  }
  return dots;
}

// True when normalising would change nothing: the common case, decided without building anything.
bool isNormal(std::string_view target) noexcept {
  for (const char byte : target) {
    if (classOf(byte) != 0) return false;
  }
  return !target.contains("/.") && !target.contains("/%2");
}

// The path state of the URL standard. `path` begins with a slash and has neither query nor fragment.
std::string normalisePath(std::string_view path) {
  std::string result;
  result.reserve(path.size() + 16);
  std::vector<std::size_t> segmentStarts;  // of the slash before each segment
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find_first_of("/\\", at + 1), path.size());
    const std::size_t start = result.size();
    result += '/';
    for (const char byte : path.substr(at + 1, end - at - 1)) appendByte(result, byte, escapedInPath);
    at = end;

    const std::size_t dots = dotsOf(std::string_view(result).substr(start + 1));
    if (dots != 1 && dots != 2) {
      segmentStarts.push_back(start);
      continue;
    }
    result.resize(start);
    if (dots == 2 && !segmentStarts.empty()) {
      result.resize(segmentStarts.back());
      segmentStarts.pop_back();
    }
    if (at >= path.size()) result += '/';  // a directory stays one: `/a/..` is `/`, `/a/b/.` is `/a/b/`
  }
  return result;
}

bool isHostByte(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
         byte == '~';
}

bool isAddressByte(char byte) noexcept {
  return (byte >= 'a' && byte <= 'f') || (byte >= '0' && byte <= '9') || byte == ':' || byte == '.';
}

// Splits off `:port`; false when what follows the colon is no port.
bool takePort(std::string_view& host, std::string_view& port) noexcept {
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return true;
  port = host.substr(colon + 1);
  host = host.substr(0, colon);
  unsigned value = 0;
  for (const char digit : port) {
    if (digit < '0' || digit > '9') return false;
    value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > 65535) return false;
  }
  while (port.size() > 1 && port[0] == '0') port.remove_prefix(1);
  return true;
}

std::expected<std::string, UrlFault> normaliseHost(std::string_view scheme, std::string_view text) {
  if (text.empty()) return std::unexpected(UrlFault::hostMissing);
  if (text.size() > maxHostBytes) return std::unexpected(UrlFault::hostMalformed);
  std::string lowered(text);
  for (char& byte : lowered) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
  }
  std::string_view host = lowered;
  std::string_view port;
  if (!takePort(host, port) || host.empty()) return std::unexpected(UrlFault::hostMalformed);

  const bool address = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view name = address ? host.substr(1, host.size() - 2) : host;
  if (!std::ranges::all_of(name, address ? isAddressByte : isHostByte)) return std::unexpected(UrlFault::hostMalformed);

  const bool secure = scheme == "https" || scheme == "wss";
  std::string result(host);
  if (!port.empty() && port != (secure ? "443" : "80")) result.append(":").append(port);
  return result;
}

}  // namespace

Refusal refusalFor(UrlFault fault) noexcept {
  switch (fault) {
    case UrlFault::hostMissing:
    case UrlFault::hostMalformed:
      return {400, "Bad Request"};
    case UrlFault::targetNotOriginForm:
      return {500, "Internal Server Error"};
    case UrlFault::targetTooLong:
      return {414, "URI Too Long"};
  }
  return {500, "Internal Server Error"};
}

std::expected<std::string, UrlFault> normaliseTarget(std::string_view target, std::size_t limit) {
  if (target.size() > limit) return std::unexpected(UrlFault::targetTooLong);
  if (!target.starts_with('/')) return std::unexpected(UrlFault::targetNotOriginForm);
  if (isNormal(target)) return std::string(target);

  while (static_cast<unsigned char>(target.back()) <= 0x20) target.remove_suffix(1);  // ends at the slash at the latest
  target = target.substr(0, target.find('#'));
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string result = normalisePath(target.substr(0, question));
  for (const char byte : target.substr(question)) appendByte(result, byte, escapedInQuery);
  return result;
}

std::expected<std::string, UrlFault> fullUrl(std::string_view scheme, std::string_view host, std::string_view target,
                                             std::size_t limit) {
  auto normalHost = normaliseHost(scheme, host);
  if (!normalHost) return std::unexpected(normalHost.error());
  auto normalTarget = normaliseTarget(target, limit);
  if (!normalTarget) return std::unexpected(normalTarget.error());
  std::string url(scheme);
  url.append("://").append(*normalHost).append(*normalTarget);
  return url;
}

}  // namespace Party::Host
