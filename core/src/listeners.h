#pragma once

#include <party/connection.h>
#include <party/host/keys.h>

#include <algorithm>
#include <utility>
#include <vector>

/// What the party added to its connections by hand; lost with the instance (LIFE-11).

namespace Party::Detail {

class Listeners {
 public:
  void add(Host::ConnectionKey key, EventType type, EventListener listener) {
    listeners_.push_back({key, type, std::move(listener)});
  }
  /// Those of this connection and event, in the order they were added.
  std::vector<EventListener> of(Host::ConnectionKey key, EventType type) const {
    std::vector<EventListener> found;
    for (const Entry& entry : listeners_) {
      if (entry.key == key && entry.type == type) found.push_back(entry.listener);
    }
    return found;
  }
  void forget(Host::ConnectionKey key) {
    std::erase_if(listeners_, [key](const Entry& entry) { return entry.key == key; });
  }

 private:
  struct Entry {
    Host::ConnectionKey key;
    EventType type;
    EventListener listener;
  };
  std::vector<Entry> listeners_;
};

}  // namespace Party::Detail
