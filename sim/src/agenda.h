#pragma once

#include <party/message.h>
#include <party/time.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

/// What will happen, in the order of (virtual time, sequence): one place for everything a world has under way.

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
    letGo,
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
    alarmRepeated,
    idleCheck,
    flushStarts,
    roomDies,
    deployed,
    lifeEnds,
    // at the edge
    edgeTimer
  };

  Kind kind{};
  std::uint16_t code = 0;
  std::uint32_t target = 0;
  std::uint32_t generation = 0;
  std::uint32_t next = 0;  // the agenda's own
  std::uint64_t cause = 0;
  std::uint64_t value = 0;
  Message content = noContent;
};
static_assert(sizeof(Happening) <= 40, "every message is one per recipient");

/// Alarms, timers, idle rooms and the end that awaits every instance do not keep a world busy.
constexpr bool keepsBusy(Happening::Kind kind) {
  using enum Happening::Kind;
  return kind != alarmDue && kind != timerDue && kind != idleCheck && kind != lifeEnds;
}

/// The near future is a ring with one list per microsecond, which takes and gives in constant time; what is farther off
/// waits in a heap until its turn. At equal times the heap goes first: what is in it was planned earlier.
class Agenda {
 public:
  /// `now` never goes backwards and nothing planned is earlier than it, `at` included.
  void push(Time now, Time at, Happening&& happening) {
    const std::int64_t when = at.time_since_epoch().count();
    now_ = now.time_since_epoch().count();
    busy_ += keepsBusy(happening.kind) ? 1 : 0;
    const std::uint32_t node = keep(std::move(happening));
    if (when - now_ < ringSize) {
      append(static_cast<std::uint32_t>(when) & ringMask, node);
    } else {
      far_.push_back({when, farSequence_++, node});
      std::ranges::push_heap(far_, later);
    }
    ++size_;
    if (when < next_) next_ = unknown;
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Happenings that keep the world busy.
  std::size_t busy() const { return busy_; }

  /// Of an agenda that is not empty.
  Time nextTime() {
    if (next_ == unknown) findNext();
    return Time(Duration(next_));
  }

  /// The earliest; among equals, the one planned first.
  Happening pop() {
    if (next_ == unknown) findNext();
    now_ = next_;
    next_ = unknown;
    std::uint32_t node;
    if (nextIsFar_) {
      node = far_.front().node;
      std::ranges::pop_heap(far_, later);
      far_.pop_back();
    } else {
      node = takeFirstAt(static_cast<std::uint32_t>(now_) & ringMask);
    }
    return take(node);
  }

  /// What is due at the next time of all, in the order in which `pop` would give it.
  std::vector<const Happening*> allAtNextTime() {
    std::vector<const Happening*> all;
    for (const std::uint32_t node : nodesAtNextTime()) all.push_back(&nodes_[node]);
    return all;
  }
  /// Takes the `number`-th of these instead of the first; rare, and as slow as a walk over them and what is far off.
  Happening popAt(std::size_t number) {
    const std::uint32_t node = nodesAtNextTime()[number];
    now_ = next_;
    next_ = unknown;
    if (std::erase_if(far_, [node](const Far& far) { return far.node == node; }) != 0) {
      std::ranges::make_heap(far_, later);
    } else {
      const auto slot = static_cast<std::uint32_t>(now_) & ringMask;
      const std::uint32_t last = ring_[slot].last;
      std::vector<std::uint32_t> others;
      while (true) {
        const std::uint32_t first = takeFirstAt(slot);
        if (first != node) others.push_back(first);
        if (first == last) break;
      }
      for (const std::uint32_t other : others) append(slot, other);
    }
    return take(node);
  }

  /// Takes the earliest happening that `wanted` accepts out of its turn; rare, and as slow as a walk over all.
  template <class Wanted>
  std::optional<Happening> takeFirst(Time now, Wanted wanted) {
    std::vector<std::pair<Time, Happening>> all;
    while (!empty()) {
      const Time at = nextTime();
      all.emplace_back(at, pop());
    }
    now_ = now.time_since_epoch().count();
    std::optional<Happening> found;
    for (auto& [at, happening] : all) {
      if (!found && wanted(std::as_const(happening))) {
        found = std::move(happening);
      } else {
        push(now, at, std::move(happening));
      }
    }
    return found;
  }

  void clear() {
    for (Happening& node : nodes_) node.content = noContent;
    nodes_.clear();
    far_.clear();
    words_.fill(0);
    summary_.fill(0);
    free_ = none;
    farSequence_ = size_ = busy_ = 0;
    next_ = unknown;
  }

  /// Everything under way, for looking: what is far off first, otherwise in order.
  template <class Visit>
  void forEach(Visit visit) const {
    for (const Far& far : far_) visit(Time(Duration(far.at)), nodes_[far.node]);
    for (std::int64_t at = now_; at < now_ + ringSize; ++at) {
      const auto slot = static_cast<std::uint32_t>(at) & ringMask;
      if ((words_[slot / 64] >> (slot % 64) & 1) == 0) continue;
      for (std::uint32_t node = ring_[slot].first;; node = nodes_[node].next) {
        visit(Time(Duration(at)), nodes_[node]);
        if (node == ring_[slot].last) break;
      }
    }
  }

 private:
  static constexpr std::uint32_t none = 0xffff'ffff;
  static constexpr std::int64_t ringSize = 8192;  // us: the default latencies and flushes fit
  static constexpr std::uint32_t ringMask = ringSize - 1;
  static constexpr std::int64_t unknown = INT64_MIN;

  struct List {
    std::uint32_t first;
    std::uint32_t last;
  };
  struct Far {
    std::int64_t at;
    std::uint64_t sequence;
    std::uint32_t node;
  };
  static bool later(const Far& a, const Far& b) { return a.at != b.at ? a.at > b.at : a.sequence > b.sequence; }

  /// Its node is free again.
  Happening take(std::uint32_t node) {
    --size_;
    Happening result = std::move(nodes_[node]);
    nodes_[node].next = free_;
    free_ = node;
    busy_ -= keepsBusy(result.kind) ? 1 : 0;
    return result;
  }

  std::vector<std::uint32_t> nodesAtNextTime() {
    const std::int64_t at = nextTime().time_since_epoch().count();
    std::vector<Far> far;
    std::ranges::copy_if(far_, std::back_inserter(far), [at](const Far& one) { return one.at == at; });
    std::ranges::sort(far, {}, &Far::sequence);
    std::vector<std::uint32_t> nodes;
    for (const Far& one : far) nodes.push_back(one.node);
    const auto slot = static_cast<std::uint32_t>(at) & ringMask;
    if (at - now_ >= ringSize || (words_[slot / 64] >> (slot % 64) & 1) == 0) return nodes;
    for (std::uint32_t node = ring_[slot].first;; node = nodes_[node].next) {
      nodes.push_back(node);
      if (node == ring_[slot].last) return nodes;
    }
  }

  std::uint32_t keep(Happening&& happening) {
    if (free_ == none) {
      nodes_.push_back(std::move(happening));
      return static_cast<std::uint32_t>(nodes_.size() - 1);
    }
    const std::uint32_t node = free_;
    free_ = nodes_[node].next;
    nodes_[node] = std::move(happening);
    return node;
  }

  void append(std::uint32_t slot, std::uint32_t node) {
    List& list = ring_[slot];
    std::uint64_t& word = words_[slot / 64];
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if ((word & bit) == 0) {
      word |= bit;
      summary_[slot / 4096] |= std::uint64_t{1} << (slot / 64 % 64);
      list.first = node;
    } else {
      nodes_[list.last].next = node;
    }
    list.last = node;
  }

  std::uint32_t takeFirstAt(std::uint32_t slot) {
    List& list = ring_[slot];
    const std::uint32_t node = list.first;
    if (node == list.last) {
      std::uint64_t& word = words_[slot / 64];
      word &= ~(std::uint64_t{1} << (slot % 64));
      if (word == 0) summary_[slot / 4096] &= ~(std::uint64_t{1} << (slot / 64 % 64));
    } else {
      list.first = nodes_[node].next;
    }
    return node;
  }

  void findNext() {
    const std::uint32_t start = static_cast<std::uint32_t>(now_) & ringMask;
    const std::uint32_t slot = firstFrom(start);
    next_ = slot == none ? INT64_MAX : now_ + ((slot - start) & ringMask);
    nextIsFar_ = !far_.empty() && far_.front().at <= next_;
    if (nextIsFar_) next_ = far_.front().at;
  }

  /// The first list that is not empty, from `start` once around the ring.
  std::uint32_t firstFrom(std::uint32_t start) const {
    if (const std::uint64_t rest = words_[start / 64] >> (start % 64); rest != 0) {
      return start + static_cast<std::uint32_t>(std::countr_zero(rest));
    }
    // The words behind it, then from the beginning up to and including its own.
    const std::uint32_t word = start / 64;
    for (std::uint32_t half = word / 64, turns = 0; turns < 3; half ^= 1, ++turns) {
      std::uint64_t words = summary_[half];
      if (turns == 0) words &= word % 64 == 63 ? 0 : ~std::uint64_t{0} << (word % 64 + 1);
      if (words == 0) continue;
      const std::uint32_t found = half * 64 + static_cast<std::uint32_t>(std::countr_zero(words));
      return found * 64 + static_cast<std::uint32_t>(std::countr_zero(words_[found]));
    }
    return none;
  }

  std::unique_ptr<List[]> ring_ = std::make_unique_for_overwrite<List[]>(ringSize);  // valid where a bit is set
  std::array<std::uint64_t, ringSize / 64> words_{};
  std::array<std::uint64_t, ringSize / 4096> summary_{};
  std::vector<Happening> nodes_;
  std::vector<Far> far_;
  std::int64_t now_ = 0;
  std::int64_t next_ = unknown;
  bool nextIsFar_ = false;
  std::uint32_t free_ = none;
  std::uint64_t farSequence_ = 0;
  std::size_t size_ = 0;
  std::size_t busy_ = 0;
};

}  // namespace Party::Sim::Detail
