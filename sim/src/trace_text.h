#pragma once

#include <string>
#include <string_view>

namespace Party::Sim::Detail {

/// A JSON string; bytes that are no UTF-8 are shown as the characters of their values.
void appendQuoted(std::string& out, std::string_view text);

}  // namespace Party::Sim::Detail
