#pragma once

#include <string>
#include <string_view>

namespace Party::Sim::Detail {

/// A stored value for people: `-1`, `"text"`, `{"points": [1, 2], "open": true}`, `bytes "\x00"`. At most about `width`
/// bytes, then an ellipsis. What is no stored value is shown as its bytes.
std::string storedText(std::string_view encoded, std::size_t width);

}  // namespace Party::Sim::Detail
