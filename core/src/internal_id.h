#pragma once

#include <string>
#include <string_view>

namespace Party::Detail {

/// A room's internal id: 64 hex digits, a function of its party's name and its own id, which it does not reveal
/// (ID-001..003, ID-008, ID-010).
std::string internalIdOf(std::string_view party, std::string_view id);

}  // namespace Party::Detail
