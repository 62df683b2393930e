#pragma once

#include <string_view>

namespace Party {

/// The version of the library that is linked, "major.minor.patch"; it may differ from the headers' when a build is
/// mixed.
std::string_view version();

}  // namespace Party
