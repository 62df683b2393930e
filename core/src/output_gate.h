#pragma once

#include <party/host/effect.h>

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
  std::optional<Audience> audience;  // a Broadcast's; its spans are made when it is released
};

class OutputGate {
 public:
  /// From now on outputs wait for `unit`.
  void waitFor(Host::Unit unit) noexcept { awaited_ = unit; }
  Host::Unit awaited() const noexcept { return awaited_; }
  bool open() const noexcept { return awaited_ <= committed_; }

  void hold(HeldOutput output) { held_.push_back(std::move(output)); }

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
  Queue<HeldOutput> held_;
  Host::Unit awaited_ = 0;
  Host::Unit committed_ = 0;
};

}  // namespace Party::Detail
