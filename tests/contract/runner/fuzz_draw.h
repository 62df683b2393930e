#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace Party::Contract {

/// A stream of random numbers that is the same on every machine and compiler (SplitMix64).
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t number) : state_(seed) {
    const std::uint64_t first = next();
    state_ = first ^ (number * 0x9e3779b97f4a7c15U);
    next();
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  /// 0 to `end` - 1.
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(next() % end); }
  bool chance(std::size_t percent) { return below(100) < percent; }

  template <class T>
  T pick(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  template <class T>
  T pick(std::initializer_list<T> choices) {
    return *(choices.begin() + below(choices.size()));
  }

 private:
  std::uint64_t state_;
};

}  // namespace Party::Contract
