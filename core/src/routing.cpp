#include <party/host/routing.h>

#include <algorithm>

namespace Party::Host {
namespace {

// What stands before the next slash; `rest` goes on after it.
std::string_view takeSegment(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

bool takePrefix(std::string_view& rest, std::string_view prefix) noexcept {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

}  // namespace

Route route(std::string_view path, std::span<const std::string_view> parties) noexcept {
  std::string_view rest = path.substr(0, path.find_first_of("?#"));
  std::string_view name = "main";
  if (takePrefix(rest, "/parties/")) {
    name = takeSegment(rest);
  } else if (!takePrefix(rest, "/party/")) {
    return NotARoom();
  }
  // An empty id is no room, and then the party's name is not looked at (ROUTE-5).
  const std::string_view id = takeSegment(rest);
  if (id.empty()) return NotARoom();

  const auto found = std::ranges::find(parties, name);
  if (found == parties.end()) return UnknownParty{name};
  return RoomRoute{.party = static_cast<std::size_t>(found - parties.begin()), .id = id};
}

}  // namespace Party::Host
