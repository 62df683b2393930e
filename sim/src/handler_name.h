#pragma once

#include <party/host/effect.h>

#include <array>

namespace Party::Sim::Detail {

/// As an author knows it.
constexpr const char* nameOf(Host::HandlerKind handler) {
  constexpr std::array<const char*, 17> names{"the constructor",
                                              "onStart",
                                              "getConnectionTags",
                                              "onConnect",
                                              "onMessage",
                                              "onClose",
                                              "onError",
                                              "onRequest",
                                              "onAlarm",
                                              "a timer's callback",
                                              "a critical section",
                                              "background work",
                                              "onBeforeConnect",
                                              "onBeforeRequest",
                                              "onFetch",
                                              "a listener",
                                              "a transaction"};
  static_assert(static_cast<std::size_t>(Host::HandlerKind::transaction) + 1 == names.size());
  return names[static_cast<std::size_t>(handler)];
}

}  // namespace Party::Sim::Detail
