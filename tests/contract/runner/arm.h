#pragma once

#include "observation.h"
#include "scenario.h"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace Party::Contract {

/// How an arm's time behaves.
struct Pace {
  std::chrono::milliseconds quiet;     // nothing observed for so long means that things have come to rest
  std::chrono::milliseconds patience;  // an observation that has not come by then will not come
  std::chrono::milliseconds reports;   // what a room does may follow what is observed by so much
  bool realTime = true;                // a busy machine can spoil a run
};

/// Where one scenario is played: its clients, and a way to the rooms they meet. What the clients see gathers in
/// `observed`, by channel, in the order in which each channel saw it.
class Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  virtual void connect(const ConnectStep& step) = 0;
  virtual void request(const RequestStep& step) = 0;
  virtual void send(const SendStep& step) = 0;
  virtual void close(const CloseStep& step) = 0;
  virtual void breakOff(const BreakStep& step) = 0;

  virtual std::chrono::milliseconds now() const = 0;
  /// Lets time pass until something is observed, at most `limit`; true when something was.
  virtual bool pass(std::chrono::milliseconds limit) = 0;

  /// Makes the room sleep, or shows that it does not. Returns a sentence when it did otherwise.
  virtual std::string hibernate(const HibernateStep& step) = 0;
  /// The process dies and starts again with what is durable.
  virtual void restart() = 0;
  virtual std::vector<std::string> report(const RoomName& room) = 0;
  /// Whether TCP has ended under this channel.
  virtual bool ended(const std::string& channel) = 0;

  std::map<std::string, std::deque<Observation>> observed;
};

/// An arm that is not there: no program, no registry to fetch it from. Its scenarios are left out.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One house in which scenarios run: the simulator, the server, or PartyKit.
class Arm {
 public:
  virtual ~Arm() = default;
  virtual Pace pace() const = 0;
  /// Why it cannot play these steps, or nothing.
  virtual std::string whyNot(const std::vector<Step>& steps) const = 0;
  /// Throws `Unavailable` when this arm is not there. Safe from several threads.
  virtual std::unique_ptr<Stage> stage(const std::vector<Step>& steps) = 0;
};

}  // namespace Party::Contract
