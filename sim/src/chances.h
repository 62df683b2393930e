#pragma once

#include <party/host/chance.h>
#include <party/host/keys.h>
#include <party/sim/choice.h>
#include <party/sim/options.h>
#include <party/sim/seed.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

/// Every draw of a world: a function of the seed, what it is for, what set it off and its number there.

namespace Party::Sim::Detail {

/// `Host::mix` in two halves, so that what many draws have in common is mixed once.
constexpr std::uint64_t mixBegin(std::uint64_t seed, std::uint64_t purpose) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
  return Host::scramble(Host::scramble(seed + golden) ^ (purpose + golden));
}
constexpr std::uint64_t mixFrom(std::uint64_t begun, std::uint64_t cause, std::uint64_t n) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
  return Host::scramble(Host::scramble(begun ^ (cause + golden)) ^ (n + golden));
}
static_assert(mixFrom(mixBegin(1, 2), 3, 4) == Host::mix(1, 2, 3, 4));

/// Keys how causes are made, beside the choices.
inline constexpr std::uint64_t causePurpose = 999;

/// What a derived event is, as part of its cause.
enum class Derived : std::uint64_t {
  verb = 1,
  effect,
  commit,
  read,
  call,
  timer,
  alarm,
  abandon,
  hibernate,
  closeAnswer,
  room,
  wake,
  order,
  accident
};

/// The identity of something that `cause` set off; `n` tells apart what it set off of this kind.
constexpr Host::Cause derive(Host::Cause cause, std::uint64_t n, Derived what) {
  return {mixFrom(mixBegin(static_cast<std::uint64_t>(what), causePurpose), cause.value, n)};
}

class Chances {
 public:
  void reset(Seed seed, bool record) {
    for (std::size_t i = 0; i < begun_.size(); ++i) begun_[i] = mixBegin(seed.value(), firstChoice + i);
    record_ = record;
    plain_ = !record;
    overrides_.clear();
    drawn_.clear();
  }

  /// Uniform in low .. high, both included; not the full range.
  std::uint64_t draw(Choice purpose, Host::Cause cause, std::uint64_t n, std::uint64_t low, std::uint64_t high) {
    const std::uint64_t value = low + Host::below(bits(purpose, cause, n), high - low + 1);
    return plain_ ? value : considered({purpose, cause.value, n, value}, low, high);
  }

  Duration draw(Choice purpose, Host::Cause cause, std::uint64_t n, const Between& range) {
    return Duration(static_cast<std::int64_t>(draw(purpose, cause, n, static_cast<std::uint64_t>(range.low.count()),
                                                   static_cast<std::uint64_t>(range.high.count()))));
  }

  bool happens(Choice purpose, Host::Cause cause, std::uint64_t n, Ratio ratio) {
    const bool value = ratio.chances != 0 && Host::below(bits(purpose, cause, n), ratio.outOf) < ratio.chances;
    return settle(purpose, cause, n, value, 1) != 0;
  }

  /// The raw bits of a key, for choices that are weighed before they are an outcome; see `settle`.
  std::uint64_t bits(Choice purpose, Host::Cause cause, std::uint64_t n) const {
    return mixFrom(begun_[static_cast<std::size_t>(purpose) - firstChoice], cause.value, n);
  }
  /// Lets an override replace an outcome that was weighed elsewhere, and records it.
  std::uint64_t settle(Choice purpose, Host::Cause cause, std::uint64_t n, std::uint64_t value, std::uint64_t high) {
    return plain_ ? value : considered({purpose, cause.value, n, value}, 0, high);
  }

  void fix(const ChoicePoint& point) {
    overrides_[{point.purpose, point.cause, point.n}] = point.value;
    plain_ = false;
  }
  bool considersOverrides() const { return !overrides_.empty(); }
  /// Somebody wants to see draws, or to change them, also those whose outcome is plain.
  bool watched() const { return !plain_; }
  const std::vector<ChoicePoint>& drawn() const { return drawn_; }

 private:
  std::uint64_t considered(ChoicePoint point, std::uint64_t low, std::uint64_t high);

  static constexpr auto firstChoice = static_cast<std::size_t>(Choice::latencyUp);
  std::array<std::uint64_t, choices> begun_{};  // by choice
  bool plain_ = true;                           // neither overrides nor a record: the common case
  bool record_ = false;
  std::map<std::tuple<Choice, std::uint64_t, std::uint64_t>, std::uint64_t> overrides_;
  std::vector<ChoicePoint> drawn_;
};

}  // namespace Party::Sim::Detail
