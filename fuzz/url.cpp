// Any request line and Host make a URL that is printable ASCII and needs no second normalising, or a refusal; whatever
// path it has, the room it names stands in it.

#include <party/host/routing.h>
#include <party/host/url.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "input.h"

using namespace Party::Host;

namespace {

bool isPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

void checkRoute(std::string_view path) {
  constexpr std::array<std::string_view, 2> parties{"main", "game"};
  const Route found = route(path, parties);
  if (const auto* room = std::get_if<RoomRoute>(&found)) {
    demand(room->party < parties.size(), "a route names a party that exists");
    demand(!room->id.empty(), "the id of a room is never empty");
    demand(path.find(room->id) != std::string_view::npos && room->id.find_first_of("/?") == std::string_view::npos,
           "the id of a room is one segment of its path");
  }
  if (const auto* unknown = std::get_if<UnknownParty>(&found)) {
    demand(std::ranges::find(parties, unknown->name) == parties.end(), "only a party that is not there is unknown");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view host = input.line();
  const std::string_view target = input.rest();
  checkRoute(target);  // never throws, whatever the bytes

  const auto normal = normaliseTarget(target);
  if (!normal) {
    demand(refusalFor(normal.error()).status >= 400, "what is refused has a status");
  } else {
    demand(normal->starts_with('/') && isPrintable(*normal), "a target is an absolute path of printable ASCII");
    demand(normaliseTarget(*normal, 3 * maxTargetBytes) == *normal, "what is normal stays as it is");
    checkRoute(*normal);
  }
  const auto url = fullUrl("https", host, target);
  demand(!url || normal, "a URL has a target that is taken by itself");
  if (url) {
    demand(isPrintable(*url) && url->ends_with(*normal), "a URL is printable ASCII and ends with its target");
    const std::string_view name = std::string_view(*url).substr(8, url->size() - 8 - normal->size());
    demand(!name.empty() && name.find_first_of("/\\@?#") == std::string_view::npos,
           "no host hides a path or credentials");
  }
  return 0;
}
