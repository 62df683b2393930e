#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace Party::Contract {

using Json = nlohmann::json;

/// What JSON cannot say, or only at length, in scripts and in what they give back:
///
///     {"$repeat": "x", "times": 3}   the text "xxx"
///     {"$bytes": "00ff"}             two bytes
///     {"$date": 1700000000000}       a moment, in milliseconds since 1970

inline constexpr std::size_t maxRepeatedBytes = 8 * 1024 * 1024;

/// Replaces markers by what they mean, everywhere in `value`; a date becomes its number, as rooms here store times.
/// Throws `Party::Error` for a marker with a wrong inside, and when a repeated text would pass `maxRepeatedBytes`.
Json withoutMarkers(const Json& value);

/// Replaces repeated texts alone.
Json withoutRepeats(const Json& value);

/// Replaces bytes by their marker, everywhere in `value`.
Json withMarkers(const Json& value);

std::string bytesOfHex(std::string_view hex);
std::string hexOfBytes(std::string_view bytes);

}  // namespace Party::Contract
