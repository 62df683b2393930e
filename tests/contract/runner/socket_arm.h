#pragma once

#include "arm.h"
#include "house.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace Party::Contract {

/// A real server behind real sockets: the reference server, or PartyKit's own.
///
/// Runs share a process, each with a room of its own; a run that kills the server has one for itself.
class SocketArm final : public Arm {
 public:
  struct Manner {
    House::Program program;
    Pace pace;
    /// Added to the arguments for runs in which rooms sleep early, and how long a room is left alone until it does.
    std::vector<std::string> sleepyArguments;
    std::chrono::milliseconds untilAsleep;
    bool restarts = true;
  };
  explicit SocketArm(Manner manner) : manner_(std::move(manner)) {}

  Pace pace() const override { return manner_.pace; }
  std::string whyNot(const std::vector<Step>& steps) const override;
  std::unique_ptr<Stage> stage(const std::vector<Step>& steps) override;

 private:
  std::shared_ptr<House> shared(bool sleepy);

  Manner manner_;
  std::mutex starting_;
  std::map<bool, std::shared_ptr<House>> houses_;
};

/// The reference server that serves the probe.
std::unique_ptr<Arm> serverArm(const std::string& program);
/// PartyKit: `run` is probe/partykit/run.sh, `build` a folder for what npm installs.
std::unique_ptr<Arm> partykitArm(const std::string& run, const std::string& build);

}  // namespace Party::Contract
