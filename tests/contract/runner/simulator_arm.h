#pragma once

#include "arm.h"

#include <party/host/profile.h>

namespace Party::Contract {

/// Rooms in a world of virtual time, one world for each run.
class SimulatorArm final : public Arm {
 public:
  explicit SimulatorArm(const Profile& profile = Profile::documented()) : profile_(profile) {}

  Pace pace() const override;
  std::string whyNot(const std::vector<Step>& steps) const override;
  std::unique_ptr<Stage> stage(const std::vector<Step>& steps) override;

 private:
  Profile profile_;
};

}  // namespace Party::Contract
