#pragma once

#include <party/party.h>

#include <optional>
#include <string>
#include <string_view>

namespace Party::Contract {

/// What the static handlers of the probe do stands in the query parameter `before` of the request in hand: one of
/// `{"respond": {…}}`, `{"throw": text, "code": n}`, `{"throwPlain": text}`, `{"rewrite": {…}}` and `{"nothing":
/// true}`.

/// onBeforeConnect and onBeforeRequest: a line in the report of `room`, then what `before` says; without it the request
/// itself.
RequestOrResponse beforeRoom(std::string_view handler, const Request& request, const std::string& room);

/// onFetch: `/report?room=party/id` takes the report of a room. Everything else is answered as `before` says, or with
/// 404 and `not a room: <path>`.
std::optional<Response> elsewhere(const Request& request);

}  // namespace Party::Contract
