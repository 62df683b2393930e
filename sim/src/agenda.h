#pragma once

#include <party/message.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

/// What will happen, in the order of (virtual time, sequence): one heap for everything a world has under way.

namespace Party::Sim::Detail {

/// No bytes and no allocation: what a happening carries that needs none.
inline const Message noContent = [] {
  Message empty;
  const Message taken = std::move(empty);
  return empty;
}();

/// One thing under way. What the words mean depends on the kind; whoever it is meant for may have died meanwhile, which
/// `generation` tells.
struct Happening {
  enum class Kind : std::uint8_t {
    // on a link: target and generation are the link's
    upMessage,
    upClose,
    upFailed,
    upLost,
    downOpen,
    downMessage,
    downClose,
    downDropped,
    downAnswered,
    closeAnswer,
    // a request on its way: target and generation are the passage's
    atEdge,
    atRoom,
    headArrives,
    chunkArrives,
    endArrives,
    answerLost,
    abortArrives,
    // in a room: target is the room, generation its life
    flushDone,
    readDone,
    callSettled,
    timerDue,
    alarmDue,
    alarmAbandoned,
    idleCheck,
    // at the edge
    edgeTimer
  };

  Kind kind{};
  std::uint16_t code = 0;
  std::uint32_t target = 0;
  std::uint32_t generation = 0;
  std::uint64_t cause = 0;
  std::uint64_t value = 0;
  Message content = noContent;
};

/// Alarms, timers and idle rooms do not keep a world busy.
constexpr bool keepsBusy(Happening::Kind kind) {
  return kind != Happening::Kind::alarmDue && kind != Happening::Kind::timerDue && kind != Happening::Kind::idleCheck;
}

class Agenda {
 public:
  void push(Time at, Happening&& happening) {
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back(std::move(happening));
    } else {
      slot = free_.back();
      free_.pop_back();
      slots_[slot] = std::move(happening);
    }
    if (keepsBusy(slots_[slot].kind)) ++busy_;
    heap_.push_back({});
    raise({at.time_since_epoch().count(), nextSequence_++, slot});
  }

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  /// Happenings that keep the world busy.
  std::size_t busy() const { return busy_; }
  Time nextTime() const { return Time(Duration(heap_.front().at)); }

  Happening pop() {
    const std::uint32_t slot = heap_.front().slot;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
    Happening result = std::move(slots_[slot]);
    free_.push_back(slot);
    if (keepsBusy(result.kind)) --busy_;
    return result;
  }

  /// Takes the earliest happening that `wanted` accepts out of its turn; rare.
  template <class Wanted>
  std::optional<Happening> takeFirst(Wanted wanted) {
    std::size_t found = heap_.size();
    for (std::size_t i = 0; i < heap_.size(); ++i) {
      if ((found == heap_.size() || heap_[i] < heap_[found]) && wanted(slots_[heap_[i].slot])) found = i;
    }
    if (found == heap_.size()) return std::nullopt;
    // To the front: nothing is earlier than the beginning of time.
    Entry first = heap_[found];
    first.at = std::numeric_limits<std::int64_t>::min();
    while (found > 0) {
      heap_[found] = heap_[(found - 1) / arity];
      found = (found - 1) / arity;
    }
    heap_[0] = first;
    return pop();
  }

  void clear() {
    heap_.clear();
    slots_.clear();
    free_.clear();
    nextSequence_ = 0;
    busy_ = 0;
  }

  /// Everything under way in no particular order, for looking.
  template <class Visit>
  void forEach(Visit visit) const {
    for (const Entry& entry : heap_) visit(Time(Duration(entry.at)), entry.sequence, slots_[entry.slot]);
  }

 private:
  struct Entry {
    std::int64_t at;
    std::uint64_t sequence;
    std::uint32_t slot;
    bool operator<(const Entry& other) const { return at != other.at ? at < other.at : sequence < other.sequence; }
  };
  static constexpr std::size_t arity = 4;

  void raise(Entry entry) {
    std::size_t at = heap_.size() - 1;
    while (at > 0) {
      const std::size_t parent = (at - 1) / arity;
      if (!(entry < heap_[parent])) break;
      heap_[at] = heap_[parent];
      at = parent;
    }
    heap_[at] = entry;
  }

  void sink(Entry entry) {
    std::size_t at = 0;
    for (;;) {
      const std::size_t first = at * arity + 1;
      if (first >= heap_.size()) break;
      const std::size_t end = first + arity < heap_.size() ? first + arity : heap_.size();
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (heap_[child] < heap_[least]) least = child;
      }
      if (!(heap_[least] < entry)) break;
      heap_[at] = heap_[least];
      at = least;
    }
    heap_[at] = entry;
  }

  std::vector<Entry> heap_;
  std::vector<Happening> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t nextSequence_ = 0;
  std::size_t busy_ = 0;
};

}  // namespace Party::Sim::Detail
