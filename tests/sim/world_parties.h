#pragma once

#include <party/party.h>

#include <chrono>
#include <string>
#include <utility>

/// Small parties that the world's tests drive.

namespace WorldTests {

using namespace std::chrono_literals;

/// Says to everyone what anyone says.
class Shout : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().broadcast(message);
    return {};
  }
};

/// Keeps a count on disk and answers each message with it; `count` in memory alone.
class Counter : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onStart() override {
    const auto saved = co_await room().storage().get<int>("count");
    count_ = saved.value_or(0);
  }
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    ++count_;
    room().storage().put("count", count_);
    sender.send(std::to_string(count_));
    return {};
  }
  Party::Task<Party::Response> onRequest(Party::Request) override { return Party::Response(std::to_string(count_)); }

 private:
  int count_ = 0;
};

/// Sets an alarm as many milliseconds ahead as a message says, and tells everyone when it fires; "fail" makes its runs
/// fail until "mend", "delete" removes the alarm.
class Clock : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    if (message.text() == "fail") {
      co_await room().storage().put("fail", true);
    } else if (message.text() == "mend") {
      co_await room().storage().remove("fail");
    } else if (message.text() == "delete") {
      co_await room().storage().deleteAlarm();
    } else {
      room().storage().setAlarm(room().now() + std::chrono::milliseconds(std::stoi(std::string(message.text()))));
    }
  }
  Party::Task<> onAlarm() override {
    const auto runs = (co_await room().storage().get<int>("runs")).value_or(0) + 1;
    room().storage().put("runs", runs);
    const auto fail = co_await room().storage().get<bool>("fail");
    if (fail) throw std::runtime_error("the clock is broken");
    room().broadcast("ring " + std::to_string(runs));
  }
};

/// Writes, deletes everything, and writes again.
class Wiper : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    auto& storage = room().storage();
    if (message.text() == "put") {
      storage.put("old", 1);
      return {};
    }
    storage.put("before", 1);
    storage.deleteAll();
    storage.put("after", 1);
    sender.send("wiped");
    return {};
  }
  Party::Task<Party::Response> onRequest(Party::Request) override {
    room().storage().put("k", 1);
    return Party::Response("stored");
  }
};

/// Writes down what is said, tells everyone, and tells them again when the write is done; "sync" waits for the disk.
class Ledger : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    const std::string text(message.text());
    auto written = room().storage().put("last", text);
    room().broadcast("first " + text);
    co_await std::move(written);
    if (text == "sync") co_await room().storage().sync();
    room().broadcast("second " + text);
  }
};

/// Sleeps before it answers.
class Sleeper : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    co_await room().sleep(50ms);
    sender.send(message);
  }
};

}  // namespace WorldTests
