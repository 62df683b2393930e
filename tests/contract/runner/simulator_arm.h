#pragma once

#include "arm.h"

namespace Party::Contract {

/// Rooms in a world of virtual time, one world for each run.
class SimulatorArm final : public Arm {
 public:
  Pace pace() const override;
  std::string whyNot(const std::vector<Step>& steps) const override;
  std::unique_ptr<Stage> stage(const std::vector<Step>& steps) override;
};

}  // namespace Party::Contract
