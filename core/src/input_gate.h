#pragma once

#include <party/host/event.h>
#include <party/pending.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "queue.h"
#include "running_handlers.h"

/// Which event may reach the room now.
///
/// The gate is shut while a storage operation is outstanding (GATE-003, GATE-004). While a critical section is open,
/// only what was begun inside it passes (GATE-020). Everything else waits in one queue, in order of arrival (GATE-002).

namespace Party::Detail {

/// An event of the host, or the end of an operation that needs the gate before its handler may go on (sync, calls).
struct Arrival {
  Host::Cause cause;
  SectionId section = 0;
  std::variant<Host::Event::Body, OperationKey> what;
};

class InputGate {
 public:
  explicit InputGate(SectionId lastSection = 0) noexcept : lastSection_(lastSection) {}

  void hold() noexcept { ++holders_; }
  void letGo() noexcept { --holders_; }
  bool shut() const noexcept { return holders_ != 0; }

  SectionId lastSection() const noexcept { return lastSection_; }
  SectionId section() const noexcept { return sections_.empty() ? 0 : sections_.back(); }
  std::size_t sectionDepth() const noexcept { return sections_.size(); }
  SectionId enterSection() {
    sections_.push_back(++lastSection_);
    return sections_.back();
  }
  /// Sections end innermost first, because an inner one keeps the outer one's handler waiting.
  void leaveSection() noexcept { sections_.pop_back(); }
  void adopt(SectionId from, SectionId to) noexcept {
    for (Arrival& arrival : waiting_) {
      if (arrival.section == from) arrival.section = to;
    }
  }

  void arrive(Arrival arrival) { waiting_.push_back(std::move(arrival)); }
  void putBack(Arrival arrival) { waiting_.push_front(std::move(arrival)); }

  /// True when nothing waits and the room is open for events from outside: the common case needs no queue.
  bool clear() const noexcept { return holders_ == 0 && sections_.empty() && waiting_.empty(); }

  std::optional<Arrival> next() {
    if (shut() || waiting_.empty()) return std::nullopt;
    const auto admitted = std::ranges::find(waiting_, section(), &Arrival::section);
    if (admitted == waiting_.end()) return std::nullopt;
    std::optional<Arrival> result(std::move(*admitted));
    waiting_.erase(admitted);
    return result;
  }

  std::size_t waiting() const noexcept { return waiting_.size(); }
  Queue<Arrival> takeAll() noexcept { return std::exchange(waiting_, {}); }
  /// After a reset: open, empty.
  void reset() noexcept {
    holders_ = 0;
    sections_.clear();
    waiting_ = {};
  }

 private:
  std::size_t holders_ = 0;
  SectionId lastSection_;
  std::vector<SectionId> sections_;
  Queue<Arrival> waiting_;
};

}  // namespace Party::Detail
