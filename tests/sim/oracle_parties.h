#pragma once

#include <party/party.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// Parties that an automatic oracle has something to say about, each with its repaired twin.

namespace OracleParties {

using namespace std::chrono_literals;

/// Tells everyone a number, and keeps it. When `Early` the number is told before it is durable.
template <bool Early>
class Counter : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onStart() override {
    const std::optional<std::int64_t> saved = co_await room().storage().template get<std::int64_t>("count");
    count_ = saved.value_or(0);
  }
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    ++count_;
    room().storage().put("count", count_, Party::PutOptions().allowUnconfirmed(Early));
    room().broadcast(std::to_string(count_));
    co_return;
  }

 private:
  std::int64_t count_ = 0;
};

/// Moves a coin from one pocket to the other. When `Torn` it waits in between, so that they are written apart.
template <bool Torn>
class Pockets : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    Party::Storage& storage = room().storage();
    const std::optional<std::int64_t> left = co_await storage.template get<std::int64_t>("left");
    const std::int64_t moved = left.value_or(0) + 1;
    storage.put("left", moved);
    if constexpr (Torn) co_await room().sleep(5ms);
    storage.put("right", -moved);
  }
};

/// Takes one from the balance when its alarm rings. When `Twice` it takes another when the alarm comes again.
template <bool Twice>
class Rent : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    room().storage().put("owed", true);
    room().storage().setAlarm(room().now() + 1s);
    co_return;
  }
  Party::Task<> onAlarm() override {
    Party::Storage& storage = room().storage();
    const std::optional<bool> owed = co_await storage.template get<bool>("owed");
    if (!Twice && !owed.value_or(false)) co_return;
    const std::optional<std::int64_t> balance = co_await storage.template get<std::int64_t>("balance");
    storage.put("balance", balance.value_or(0) - 1);
    storage.put("owed", false);
  }
};

/// Has a turn to end and a room to clean up, and one alarm. When `Overwritten` the later of the two is set.
template <bool Overwritten>
class Turns : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    const Party::Time turnEnds = room().now() + 1s;
    const Party::Time cleanUp = room().now() + 1h;
    room().expectWakeBy(turnEnds, "the turn");
    room().storage().setAlarm(Overwritten ? cleanUp : turnEnds);
    co_return;
  }
  Party::Task<> onAlarm() override { co_return; }
};

/// Says hello after each message. When `Resident` it looks every second whether there is something to do.
template <bool Resident>
class Greeter : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onStart() override {
    if constexpr (Resident) room().setInterval(1s, [] {});
    co_return;
  }
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    room().setTimeout(5s, [sender] { sender.send("hello"); });
    room().storage().put("greeted", true);
    co_return;
  }
};

}  // namespace OracleParties
