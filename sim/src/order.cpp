#include <algorithm>
#include <cstddef>
#include <tuple>
#include <vector>

#include "world_core.h"

/// Which of several things that are ready at the same time comes next (CP-01, CP-41).

namespace Party::Sim::Detail {
namespace {

constexpr std::size_t mostCandidates = 8;

/// What keeps an order among itself; what has none is alone.
using Source = std::tuple<int, std::uint32_t, const Happening*>;

}  // namespace

/// The frames of one direction, the pieces of one answer and the timers of one room come in their order; everything
/// else that reaches a room may come in any. What only clients see has no rivals.
Happening WorldCore::nextHappening() {
  const auto all = agenda_.allAtNextTime();
  if (all.size() < 2) return agenda_.pop();
  const auto sourceOf = [](const Happening& happening) -> Source {
    switch (happening.kind) {
      case Kind::upMessage:
      case Kind::upClose:
      case Kind::upFailed:
      case Kind::upLost:
        return {1, happening.target, nullptr};
      case Kind::downOpen:
      case Kind::downMessage:
      case Kind::downClose:
      case Kind::downDropped:
      case Kind::downAnswered:
        return {2, happening.target, nullptr};
      case Kind::headArrives:
      case Kind::chunkArrives:
      case Kind::endArrives:
      case Kind::answerLost:
        return {3, happening.target, nullptr};
      case Kind::timerDue:
        return {4, happening.target, nullptr};
      default:
        return {5, happening.target, &happening};
    }
  };
  std::vector<Source> seen;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < all.size() && candidates.size() < mostCandidates; ++i) {
    if (!reachesRoom(*all[i])) {
      if (i == 0) return agenda_.pop();
      continue;
    }
    const Source source = sourceOf(*all[i]);
    if (std::ranges::find(seen, source) != seen.end()) continue;
    seen.push_back(source);
    candidates.push_back(i);
  }
  if (candidates.size() < 2) return agenda_.pop();
  const Time at = agenda_.nextTime();
  ordersAtTime_ = at == orderedAt_ ? ordersAtTime_ + 1 : 0;
  orderedAt_ = at;
  const Happening& first = *all[candidates.front()];
  const Host::Cause cause = derive({first.cause}, first.target, Derived::order);
  const std::uint64_t last = candidates.size() - 1;
  const std::uint64_t chosen = options_.shuffledEvents()
                                   ? chances_.draw(Choice::eventOrder, cause, ordersAtTime_, 0, last)
                                   : chances_.settle(Choice::eventOrder, cause, ordersAtTime_, 0, last);
  return agenda_.popAt(candidates[chosen]);
}

bool WorldCore::reachesRoom(const Happening& happening) const {
  switch (happening.kind) {
    case Kind::upMessage:
    case Kind::upClose:
    case Kind::upFailed:
    case Kind::upLost:
    case Kind::atRoom:
    case Kind::abortArrives:
    case Kind::flushDone:
    case Kind::readDone:
    case Kind::callSettled:
    case Kind::timerDue:
    case Kind::alarmDue:
    case Kind::alarmAbandoned:
    case Kind::alarmRepeated:
      return true;
    case Kind::downOpen:
    case Kind::downMessage:
    case Kind::downClose:
    case Kind::downDropped:
    case Kind::downAnswered:
      return links_[happening.target].caller != none;
    case Kind::headArrives:
    case Kind::chunkArrives:
    case Kind::endArrives:
    case Kind::answerLost:
      return passages_[happening.target].caller != none;
    default:
      return false;
  }
}

}  // namespace Party::Sim::Detail
