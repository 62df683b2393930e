#pragma once

#include "arm.h"
#include "house.h"
#include "socket.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace Party::Contract {

/// The sockets of one run against a house.
class SocketStage final : public Stage {
 public:
  /// `untilAsleep`: how long a room must be left alone until it sleeps.
  SocketStage(std::shared_ptr<House> house, std::chrono::milliseconds untilAsleep)
      : house_(std::move(house)), untilAsleep_(untilAsleep) {}

  void connect(const ConnectStep& step) override;
  void request(const RequestStep& step) override;
  void send(const SendStep& step) override;
  void close(const CloseStep& step) override;
  void breakOff(const BreakStep& step) override;
  std::chrono::milliseconds now() const override;
  bool pass(std::chrono::milliseconds limit) override;
  std::string hibernate(const HibernateStep& step) override;
  void restart() override;
  std::vector<std::string> report(const RoomName& room) override;
  bool ended(const std::string& channel) override { return socketOf(channel).ended(); }

 private:
  struct Entry {
    std::string channel;
    std::unique_ptr<Socket> socket;
  };

  /// The newest of this channel.
  Socket& socketOf(const std::string& channel);
  std::string head(const std::string& method, const std::string& target, const ExpectedHeaders& always,
                   const ExpectedHeaders& more) const;
  bool move();

  std::shared_ptr<House> house_;
  std::chrono::milliseconds untilAsleep_;
  std::vector<Entry> sockets_;
};

}  // namespace Party::Contract
