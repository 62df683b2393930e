#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace Party::Sim::Detail {

/// In double quotes, safe to print on a terminal: what is not a printable character becomes \n, \t or \x1f. When
/// `text` is true, valid UTF-8 beyond ASCII stays as it is, but for control and bidirectional characters.
std::string quoted(std::string_view bytes, bool text);
/// Takes a quoted string off the front of `line`; nothing, and `line` untouched, when there is none.
std::optional<std::string> unquoted(std::string_view& line);
/// At most `width` bytes of it, with an ellipsis.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace Party::Sim::Detail
