#include "player.h"

#include "matching.h"
#include "scenario_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

namespace Party::Contract {
namespace {

using std::chrono::milliseconds;

/// Something was seen that nobody expected.
class Difference : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Player {
 public:
  Player(Stage& stage, Pace pace) : stage_(stage), pace_(pace) {}

  void play(const Step& step) {
    std::visit([this](const auto& what) { take(what); }, step.what);
  }

  /// Lets things come to rest; what nobody expected is a difference.
  void finish(bool restIgnored) {
    rest();
    if (restIgnored) return;
    for (const auto& [channel, observations] : stage_.observed) {
      if (observations.empty() || ignored_.contains(channel)) continue;
      throw Difference(fmt::format("at the end: {} observed {}, which no step expected", channel,
                                   Contract::describe(observations.front())));
    }
  }

 private:
  void take(const ConnectStep& step) {
    stage_.connect(step);
    if (!step.expectOpen) return;
    ExpectStep open;
    open.channel = step.channel;
    open.expected.kind = Expected::Kind::open;
    take(open);
  }
  void take(const SendStep& step) { stage_.send(step); }
  void take(const CloseStep& step) { stage_.close(step); }
  void take(const BreakStep& step) { stage_.breakOff(step); }
  void take(const RequestStep& step) { stage_.request(step); }
  void take(const WaitStep& step) {
    const milliseconds end = stage_.now() + step.length;
    while (stage_.now() < end) stage_.pass(end - stage_.now());
  }
  void take(const QuietStep&) { rest(); }
  void take(const HibernateStep& step) {
    rest();
    const std::string otherwise = stage_.hibernate(step);
    if (!otherwise.empty()) throw Difference(otherwise);
  }
  // At once: what has been seen by now must be on disk, so nothing may have time to get there.
  void take(const RestartStep&) { stage_.restart(); }

  void take(const ExpectStep& step) {
    if (step.ignore) {
      ignored_.insert(step.channel);
      return;
    }
    if (step.expected.kind == Expected::Kind::nothing) return expectNothing(step);
    if (step.expected.kind == Expected::Kind::ended) return expectEnd(step);
    auto& queue = stage_.observed[step.channel];
    const milliseconds end = stage_.now() + pace_.patience;
    while (queue.empty() && stage_.now() < end) stage_.pass(end - stage_.now());
    if (queue.empty()) {
      throw Difference(fmt::format("expected of {}: {}; nothing came within {} ms", step.channel,
                                   describe(step.expected), pace_.patience.count()));
    }
    const std::string wanted = difference(step.expected, queue.front());
    if (!wanted.empty()) {
      throw Difference(fmt::format("expected of {}: {}; got {}", step.channel, wanted, describe(queue.front())));
    }
    queue.pop_front();
  }

  void expectNothing(const ExpectStep& step) {
    if (!step.now) rest();
    stage_.pass(milliseconds(0));
    const auto& queue = stage_.observed[step.channel];
    if (queue.empty()) return;
    throw Difference(fmt::format("expected of {}: nothing; got {}", step.channel, describe(queue.front())));
  }

  void expectEnd(const ExpectStep& step) {
    const milliseconds end = stage_.now() + pace_.patience;
    while (!stage_.ended(step.channel)) {
      if (stage_.now() >= end) {
        throw Difference(fmt::format("expected of {}: the end of TCP, which did not come within {} ms", step.channel,
                                     pace_.patience.count()));
      }
      stage_.pass(milliseconds(5));
    }
  }

  void take(const ReportStep& step) {
    if (!step.now) rest();
    // Nobody can see that a client's silence has reached the room, so its report may still be on the way.
    const milliseconds end = stage_.now() + (step.now ? milliseconds(0) : pace_.reports);
    std::vector<std::string> lines = stage_.report(step.room);
    for (std::string wanted = difference(step, lines); !step.ignore && !wanted.empty();) {
      if (stage_.now() >= end) throw Difference(wanted);
      stage_.pass(milliseconds(50));
      std::ranges::move(stage_.report(step.room), std::back_inserter(lines));
      wanted = difference(step, lines);
    }
  }

  /// Time passes until nothing is observed for a while.
  void rest() {
    const milliseconds end = stage_.now() + 4 * pace_.patience;
    while (stage_.pass(pace_.quiet)) {
      if (stage_.now() > end) throw Difference("things did not come to rest: there was always something new to see");
    }
  }

  Stage& stage_;
  Pace pace_;
  std::set<std::string> ignored_;
};

std::string joined(const std::set<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

}  // namespace

const char* nameOf(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::same:
      return "same";
    case Outcome::Kind::explained:
      return "explained";
    case Outcome::Kind::different:
      return "different";
    case Outcome::Kind::failed:
      return "failed";
    case Outcome::Kind::leftOut:
      return "left out";
  }
  return "";
}

Outcome play(const Scenario& scenario, const RoomName& room, const std::string& armName, Arm& arm) {
  if (const auto left = scenario.because.find(armName); left != scenario.because.end()) {
    return {Outcome::Kind::leftOut, left->second, ""};
  }
  std::size_t number = 0;
  std::set<std::string> reasons;
  try {
    const std::vector<Step> steps = stepsOf(scenario, room, armName);
    if (const std::string why = arm.whyNot(steps); !why.empty()) return {Outcome::Kind::leftOut, why, ""};
    const std::unique_ptr<Stage> stage = arm.stage(steps);
    Player player(*stage, arm.pace());
    for (const Step& step : steps) {
      ++number;
      if (!step.because.empty()) reasons.insert(step.because);
      player.play(step);
    }
    number = 0;
    player.finish(scenario.restIgnored);
  } catch (const Difference& difference) {
    const std::string how = number == 0 ? difference.what() : fmt::format("step {}: {}", number, difference.what());
    if (const auto known = scenario.differs.find(armName); known != scenario.differs.end()) {
      return {Outcome::Kind::explained, known->second, how};
    }
    return {Outcome::Kind::different, "", how};
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& error) {
    return {Outcome::Kind::failed, "", fmt::format("step {}: {}", number, error.what())};
  }
  if (reasons.empty()) return {Outcome::Kind::same, "", ""};
  return {Outcome::Kind::explained, joined(reasons), ""};
}

}  // namespace Party::Contract
