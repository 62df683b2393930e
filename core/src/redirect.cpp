#include <algorithm>
#include <string>
#include <string_view>

#include "calls.h"

namespace Party::Detail {
namespace {

// From the scheme to the end of the host.
std::string_view originOf(std::string_view url) { return url.substr(0, url.find('/', url.find("://") + 3)); }

bool isFull(std::string_view reference) {
  const std::size_t colon = reference.find("://");
  return colon != std::string_view::npos && reference.find_first_of("/?#") > colon;
}

// RFC 3986, 5.2, as far as a Location needs it; dot segments are resolved when a request is made of it.
std::string resolve(const Request& base, std::string_view reference) {
  if (isFull(reference)) return std::string(reference);
  const std::string_view url = base.url();
  const std::string_view origin = originOf(url);
  if (reference.starts_with("//")) return std::string(url.substr(0, url.find(':') + 1)).append(reference);
  if (reference.starts_with('/')) return std::string(origin).append(reference);
  const std::string_view path = base.path();
  if (reference.empty()) return std::string(url);
  if (reference.starts_with('?') || reference.starts_with('#'))
    return std::string(origin).append(path).append(reference);
  return std::string(origin).append(path.substr(0, path.rfind('/') + 1)).append(reference);
}

}  // namespace

std::optional<Request> redirected(const Request& request, const Response& response) {
  const int status = response.status();
  constexpr int kinds[] = {301, 302, 303, 307, 308};
  const auto location = response.header("location");
  if (std::ranges::find(kinds, status) == std::end(kinds) || !location) return std::nullopt;
  Request next = request.withUrl(resolve(request, *location));
  const bool becomesGet = status == 303 ? request.method() != "GET" && request.method() != "HEAD"
                                        : (status == 301 || status == 302) && request.method() == "POST";
  if (becomesGet) {
    next = next.withMethod("GET").withBody("");
    for (const char* name : {"content-type", "content-length", "content-encoding", "content-language"}) {
      next = next.withoutHeader(name);
    }
  }
  if (originOf(next.url()) != originOf(request.url())) next = next.withoutHeader("authorization");
  return next;
}

}  // namespace Party::Detail
