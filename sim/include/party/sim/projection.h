#pragma once

#include <party/message.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Sim {

/// Picks messages by what they are.
using MessagePredicate = std::function<bool(const Message&)>;

/// What two lives of the same steps need not have in common, because a party keeps it in memory on purpose: cursors,
/// who is typing, a cache.
struct Projections {
  /// Messages that are left out before two lives are compared.
  std::vector<MessagePredicate> volatileMessages;
  /// Messages of which only the last one over each connection is compared, for each of these kinds.
  std::vector<MessagePredicate> eventuallyEqual;
  /// Keys that begin so are not compared.
  std::vector<std::string> volatileKeys;

  bool ignoresKey(std::string_view key) const {
    for (const std::string& prefix : volatileKeys) {
      if (key.starts_with(prefix)) return true;
    }
    return false;
  }
};

}  // namespace Party::Sim
