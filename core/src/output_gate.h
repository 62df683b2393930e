#pragma once

#include <party/host/effect.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connection_registry.h"
#include "queue.h"

/// Nothing leaves a room before the writes issued before it are durable (GATE-030, GATE-031).
///
/// Each output carries the last confirmed unit issued before it. These numbers only grow, so one queue holds outputs
/// and releases from its front; with nothing undurable they pass at once and cost nothing.

namespace Party::Detail {

/// Whom a broadcast reaches, without a list of them: everyone who had joined, but some.
struct Audience {
  std::optional<std::string> tag;
  JoinNumber before = 0;
  std::vector<JoinNumber> except;  // ascending
};

struct HeldOutput {
  Host::Effect effect;
  std::optional<Audience> audience;              // a Broadcast's; its spans are made when it is released
  std::vector<Host::ConnectionKey> closedSince;  // by the room: of its audience, though not in the list any more
};

class OutputGate {
 public:
  /// From now on outputs wait for `unit`.
  void waitFor(Host::Unit unit) noexcept { awaited_ = unit; }
  Host::Unit awaited() const noexcept { return awaited_; }
  bool open() const noexcept { return awaited_ <= committed_; }

  void hold(HeldOutput output) { held_.push_back(std::move(output)); }
  /// The room closes this connection itself: broadcasts held for it stay for it, in front of its close frame
  /// (GATE-034).
  void keepFor(Host::ConnectionKey key, const ConnectionRecord& record) {
    for (HeldOutput& output : held_) {
      if (output.audience && includes(*output.audience, record)) output.closedSince.push_back(key);
    }
  }

  void commit(Host::Unit through) noexcept {
    if (through > committed_) committed_ = through;
  }
  Host::Unit committed() const noexcept { return committed_; }
  std::optional<HeldOutput> release() {
    if (held_.empty() || held_.front().effect.unit > committed_) return std::nullopt;
    std::optional<HeldOutput> result(std::move(held_.front()));
    held_.pop_front();
    return result;
  }

  std::size_t held() const noexcept { return held_.size(); }
  Queue<HeldOutput> discard() noexcept { return std::exchange(held_, {}); }

 private:
  static bool includes(const Audience& audience, const ConnectionRecord& record) {
    if (!record.listed || record.join >= audience.before) return false;
    if (std::ranges::binary_search(audience.except, record.join)) return false;
    return !audience.tag || record.carries(*audience.tag);
  }

  Queue<HeldOutput> held_;
  Host::Unit awaited_ = 0;
  Host::Unit committed_ = 0;
};

}  // namespace Party::Detail
