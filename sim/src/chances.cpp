#include "chances.h"

#include <algorithm>

namespace Party::Sim::Detail {

std::uint64_t Chances::considered(ChoicePoint point, std::uint64_t low, std::uint64_t high) {
  if (const auto found = overrides_.find({point.purpose, point.cause, point.n}); found != overrides_.end()) {
    point.value = std::clamp(found->second, low, high);
  }
  if (record_) drawn_.push_back(point);
  return point.value;
}

}  // namespace Party::Sim::Detail
