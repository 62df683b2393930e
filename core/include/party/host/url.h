#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace Party::Host {

/// From the bytes of a request line to the URL a room sees.
///
/// PartyKit's rooms are addressed by URLs that a browser's parser has normalised (ROUTE-12), so the same is done here
/// before anything is routed: tab, CR and LF vanish, `\` is `/`, dot segments (also spelt `%2e`) are resolved, and what
/// a URL must not contain is escaped with upper-case digits. Escapes that are there already stay as they are, even
/// broken ones. The result is printable ASCII whatever came in. A byte that is no UTF-8 is escaped as that byte.

/// No request target longer than this is looked at; a room id of 3,000 characters must work (ROUTE-14).
inline constexpr std::size_t maxTargetBytes = 16 * 1024;
/// A domain name has at most 253 characters; 6 more for a port.
inline constexpr std::size_t maxHostBytes = 259;

enum class UrlFault {
  hostMissing,
  hostMalformed,
  targetNotOriginForm,  ///< absolute-form, `*` or relative: it does not begin with a slash
  targetTooLong,
};

/// What a client with such a URL is answered before any user code (ROUTE-27). The connection is closed after it.
struct Refusal {
  int status;
  std::string_view body;
};
Refusal refusalFor(UrlFault fault) noexcept;

/// The target of a request line as path and query, without the fragment.
std::expected<std::string, UrlFault> normaliseTarget(std::string_view target, std::size_t limit = maxTargetBytes);

/// The text of `request.url`: scheme, Host header (lower case, without the scheme's own port), normalised target.
///
/// Any host may be named (ROUTE-15), but it must be a name or an address with at most a port: nothing that could pass
/// as credentials, a path or a second line.
std::expected<std::string, UrlFault> fullUrl(std::string_view scheme, std::string_view host, std::string_view target,
                                             std::size_t limit = maxTargetBytes);

}  // namespace Party::Host
