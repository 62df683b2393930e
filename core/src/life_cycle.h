#pragma once

#include <cstdint>

/// The life of one party object. Every change of phase goes through this table; any other is a fault of the machine,
/// reported with the phase and the step (see life_cycle.cpp).

namespace Party::Detail {

class LifeCycle {
 public:
  enum class Phase : std::uint8_t {
    absent,    // no object: hibernated, or never needed yet
    starting,  // constructed, onStart has not ended
    ready,     // events reach the handlers
  };
  enum class Step : std::uint8_t { construct, started, startFailed, hibernate, reset };

  Phase phase() const noexcept { return phase_; }
  bool absent() const noexcept { return phase_ == Phase::absent; }
  bool ready() const noexcept { return phase_ == Phase::ready; }
  void take(Step step);

 private:
  Phase phase_ = Phase::absent;
};

}  // namespace Party::Detail
