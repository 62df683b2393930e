#include "socket_arm.h"

#include "socket_stage.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace Party::Contract {
namespace {

using std::chrono::milliseconds;

template <class Kind>
bool has(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) { return std::holds_alternative<Kind>(step.what); });
}

}  // namespace

std::string SocketArm::whyNot(const std::vector<Step>& steps) const {
  if (!manner_.restarts && has<RestartStep>(steps)) return "it cannot be killed and started again with its data";
  return {};
}

std::unique_ptr<Stage> SocketArm::stage(const std::vector<Step>& steps) {
  const bool sleepy = has<HibernateStep>(steps);
  if (!has<RestartStep>(steps)) return std::make_unique<SocketStage>(shared(sleepy), manner_.untilAsleep);
  House::Program program = manner_.program;
  if (sleepy) std::ranges::copy(manner_.sleepyArguments, std::back_inserter(program.arguments));
  return std::make_unique<SocketStage>(std::make_shared<House>(std::move(program)), manner_.untilAsleep);
}

std::shared_ptr<House> SocketArm::shared(bool sleepy) {
  const std::lock_guard lock(starting_);
  const bool own = sleepy && !manner_.sleepyArguments.empty();
  std::shared_ptr<House>& house = houses_[own];
  if (house == nullptr) {
    House::Program program = manner_.program;
    if (own) std::ranges::copy(manner_.sleepyArguments, std::back_inserter(program.arguments));
    house = std::make_shared<House>(std::move(program));
  }
  return house;
}

std::unique_ptr<Arm> serverArm(const std::string& program) {
  SocketArm::Manner manner;
  manner.program.path = program;
  manner.program.arguments = {"serve",    "--port=0",      "--data={data}",      "--shards=2",
                              "--ping=0", "--watch-rules", "--log-level=warning"};
  manner.pace = {milliseconds(80), milliseconds(5'000), milliseconds(2'000)};
  manner.sleepyArguments = {"--idle-hibernate=0.4"};
  manner.untilAsleep = milliseconds(700);
  return std::make_unique<SocketArm>(std::move(manner));
}

std::unique_ptr<Arm> partykitArm(const std::string& run, const std::string& build) {
  SocketArm::Manner manner;
  manner.program.path = run;
  manner.program.arguments = {std::filesystem::path(run).parent_path().string(), build, "{port}"};
  manner.program.patience = milliseconds(180'000);  // npm may have to fetch it first
  manner.program.exitCodeOfUnavailable = 77;
  manner.pace = {milliseconds(200), milliseconds(12'000), milliseconds(2'000)};
  manner.untilAsleep = milliseconds(11'200);
  manner.restarts = false;
  return std::make_unique<SocketArm>(std::move(manner));
}

}  // namespace Party::Contract
