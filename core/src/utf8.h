#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace Party::Detail {

/// One step through a text: a whole character, or the part of a broken one that becomes a single U+FFFD.
struct Utf8Step {
  std::size_t length;
  bool valid;
};

/// The step at the front of `text`, which must not be empty. Table 3-7 of the Unicode standard.
Utf8Step utf8Step(std::string_view text) noexcept;

/// `text` itself when it is valid UTF-8, otherwise with U+FFFD for each maximal broken part, as a browser decodes it.
std::string toValidUtf8(std::string text);

}  // namespace Party::Detail
