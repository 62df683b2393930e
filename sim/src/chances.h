#pragma once

#include <party/host/chance.h>
#include <party/host/keys.h>
#include <party/sim/choice.h>
#include <party/sim/options.h>
#include <party/sim/seed.h>

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

/// Every draw of a world: a function of the seed, what it is for, what set it off and its number there.

namespace Party::Sim::Detail {

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
  wake
};

/// The identity of something that `cause` set off; `n` tells apart what it set off of this kind.
constexpr Host::Cause derive(Host::Cause cause, std::uint64_t n, Derived what) {
  return {Host::mix(static_cast<std::uint64_t>(what), causePurpose, cause.value, n)};
}

class Chances {
 public:
  void reset(Seed seed, bool record) {
    seed_ = seed.value();
    record_ = record;
    plain_ = !record;
    overrides_.clear();
    drawn_.clear();
  }

  /// Uniform in low .. high, both included.
  std::uint64_t draw(Choice purpose, Host::Cause cause, std::uint64_t n, std::uint64_t low, std::uint64_t high) {
    const std::uint64_t bits = Host::mix(seed_, static_cast<std::uint64_t>(purpose), cause.value, n);
    const std::uint64_t span = high - low + 1;  // 0 for the full range
    const std::uint64_t value = span == 0 ? bits : low + Host::below(bits, span);
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
    return Host::mix(seed_, static_cast<std::uint64_t>(purpose), cause.value, n);
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
  const std::vector<ChoicePoint>& drawn() const { return drawn_; }

 private:
  std::uint64_t considered(ChoicePoint point, std::uint64_t low, std::uint64_t high);

  std::uint64_t seed_ = 0;
  bool plain_ = true;  // neither overrides nor a record: the common case
  bool record_ = false;
  std::map<std::tuple<Choice, std::uint64_t, std::uint64_t>, std::uint64_t> overrides_;
  std::vector<ChoicePoint> drawn_;
};

}  // namespace Party::Sim::Detail
