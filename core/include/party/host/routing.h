#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>

namespace Party::Host {

/// Which room a path names, if any: `/party/:id` is a room of `main`, `/parties/:name/:id` one of that party (ROUTE-1
/// to 5).
///
/// The path is compared byte by byte, nothing is decoded (ROUTE-8, 10, 11): normalise it first (`host/url.h`).
/// Method, host and query take no part (ROUTE-13, 15, 16).

/// The path names a room, and the party is among those that exist. `id` is never empty.
struct RoomRoute {
  std::size_t party;  ///< index into the names given to `route`
  std::string_view id;

  friend bool operator==(const RoomRoute&, const RoomRoute&) = default;
};

/// The edge handlers' business.
struct NotARoom {
  friend bool operator==(const NotARoom&, const NotARoom&) = default;
};

/// A room's path with a party that does not exist, the empty name included: 404 `Party <name> not found` (ROUTE-7,
/// D-20).
struct UnknownParty {
  std::string_view name;

  friend bool operator==(const UnknownParty&, const UnknownParty&) = default;
};

/// The views point into the path given to `route`.
using Route = std::variant<NotARoom, RoomRoute, UnknownParty>;

/// `path` may still carry its query. Never throws, whatever the bytes.
Route route(std::string_view path, std::span<const std::string_view> parties) noexcept;

}  // namespace Party::Host
