#include "ranks.h"

#include <algorithm>
#include <chrono>

namespace Party::Sim::Detail {
namespace {

/// How late the last change may come, as a power of two of milliseconds: lives are of very different lengths.
constexpr std::uint64_t latestChange = 14;
constexpr std::uint64_t jitter = 1'000;  // us

}  // namespace

void Ranks::begin(Chances& chances) {
  begun_ = true;
  constexpr Host::Cause none{};
  changeCount_ = chances.draw(Choice::rankChange, none, 0, 0, changes_.size());
  for (std::size_t i = 0; i < changeCount_; ++i) {
    const std::uint64_t scale = chances.draw(Choice::rankChange, none, 3 * i + 1, 0, latestChange);
    const std::uint64_t part = chances.draw(Choice::rankChange, none, 3 * i + 2, 0, (std::uint64_t{1} << scale) - 1);
    const std::uint64_t after = (std::uint64_t{1} << scale) + part;
    changes_[i].at = start_ + std::chrono::milliseconds(after);
    changes_[i].group = chances.draw(Choice::rankChange, none, 3 * i + 3, 0, groups - 1);
  }
}

Duration Ranks::pace(Chances& chances, Choice purpose, Host::Cause cause, std::uint64_t n, const Between& range,
                     Host::Cause source, Strand strand, Time now) {
  if (!begun_) begin(chances);
  const Host::Cause key{Host::scramble(source.value + static_cast<std::uint64_t>(strand))};
  std::uint64_t changed = 0;
  for (std::size_t i = 0; i < changeCount_; ++i) {
    if (changes_[i].at <= now && changes_[i].group == key.value % groups) ++changed;
  }
  const auto [known, isNew] = ranks_.try_emplace({key.value, changed}, 0);
  if (isNew) known->second = chances.draw(Choice::rank, key, changed, 0, lastRank);
  const std::uint64_t rank = known->second;
  const auto low = static_cast<std::uint64_t>(range.low.count());
  const auto high = static_cast<std::uint64_t>(range.high.count());
  // A little of its own for each, so that hardly anything is due at the same instant: who comes first would depend on
  // who was sent first, which a life and the account of its crash need not agree about.
  const std::uint64_t span = high - low - std::min(high - low, jitter);
  const std::uint64_t own = Host::below(chances.bits(purpose, cause, n), std::min(high - low, jitter) + 1);
  const std::uint64_t steps = (std::uint64_t{1} << rank) - 1;
  constexpr std::uint64_t all = (std::uint64_t{1} << lastRank) - 1;
  const std::uint64_t value = low + span / all * steps + span % all * steps / all + own;
  return Duration(static_cast<std::int64_t>(std::max(chances.settle(purpose, cause, n, value, high), low)));
}

}  // namespace Party::Sim::Detail
