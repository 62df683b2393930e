#pragma once

#include <party/party.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// Parties that lives are played with: each law is tried on one that keeps it and on one that does not.

namespace PlayedParties {

using namespace std::chrono_literals;

/// Everyone who comes gets what was said before. Kept in storage when `Durable`, else in a member alone.
template <bool Durable>
class Wall : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    if constexpr (Durable) {
      Party::Storage& storage = room().storage();
      auto saved = co_await storage.list<std::string>();
      for (auto& [key, line] : saved) lines_.push_back(line);
    }
    co_return;
  }
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    std::string all = "so far:";
    for (const auto& line : lines_) all += " " + line;
    connection.send(all);
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    const std::string line(message.content().substr(0, 20));
    if (!Party::isValidUtf8(line)) return {};
    if constexpr (Durable) room().storage().put("line" + std::to_string(1'000 + lines_.size()), line);
    lines_.push_back(line);
    room().broadcast(line);
    return {};
  }

 private:
  std::vector<std::string> lines_;
};

/// Points per client. With `Forgets` they are written only every second time.
template <bool Forgets>
class Points : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    Party::Storage& storage = room().storage();
    const auto saved = co_await storage.get<std::map<std::string, int>>("points");
    if (saved) points_ = *saved;
  }
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    const int points = ++points_[std::string(sender.id())];
    if (!Forgets || points % 2 == 0) room().storage().put("points", points_);
    room().broadcast(std::string(sender.id()) + " has " + std::to_string(points));
    return {};
  }
  Party::Task<Party::Response> onRequest(Party::Request) override {
    std::string all;
    for (const auto& [id, points] : points_) all += id + "=" + std::to_string(points) + ";";
    return Party::Response(all);
  }

 private:
  std::map<std::string, int> points_;
};

/// Counts down with the alarm and says so. With `Forgets` where it stands is kept in a member.
template <bool Forgets>
class Countdown : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    left_ = 3;
    if constexpr (!Forgets) room().storage().put("left", 3);
    next();
    return {};
  }
  Party::Task<> onAlarm() override {
    Party::Storage& storage = room().storage();
    if constexpr (!Forgets) {
      const std::optional<int> saved =
          co_await storage.template get<int>("left");  // named first: g++ 12, in a template
      left_ = saved.value_or(0);
      const std::optional<std::int64_t> due = co_await storage.template get<std::int64_t>("due");
      if (Party::millisecondsOf(room().now()) < due.value_or(0)) co_return;  // the alarm before came twice
    }
    if (left_ == 0) co_return;
    --left_;
    if constexpr (!Forgets) room().storage().put("left", left_);
    if (left_ > 0) next();
    room().broadcast(std::to_string(left_) + " left");
    co_return;
  }

 private:
  void next() {
    const Party::Time due = room().now() + 1s;
    if constexpr (!Forgets) room().storage().put("due", Party::millisecondsOf(due));
    room().storage().setAlarm(due);
  }

  int left_ = 0;
};

/// Keeps everything in members and says so to the platform by not hibernating.
class Awake : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    sender.send(std::to_string(++count_));
    return {};
  }

 private:
  int count_ = 0;
};

/// Cannot read the message "c".
class Picky : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    if (message.content() == "c") throw std::runtime_error("what is a c?");
    return {};
  }
};

/// Says which tags its connections ask for.
class Tagged : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext context) override {
    connection.send(context.request.query("tags").value_or("none"));
    return {};
  }
};

/// Gives its connections as many tags as they ask for.
class ManyTags : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<std::vector<std::string>> getConnectionTags(Party::Connection,
                                                          Party::ConnectionContext context) override {
    std::vector<std::string> tags;
    const int wanted = std::stoi(context.request.query("tags").value_or("0"));
    for (int tag = 0; tag < wanted; ++tag) tags.push_back("tag" + std::to_string(tag));
    co_return tags;
  }
};

/// Asks somebody outside each time it starts, and tells everyone what the answer was.
class AsksWhenItWakes : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onStart() override {
    try {
      const auto response = co_await room().fetch("https://outside.example/");
      answer_ = response.body();
    } catch (const Party::Error&) {
      answer_ = "nobody there";
    }
  }
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    room().broadcast(answer_);
    return {};
  }

 private:
  std::string answer_;
};

/// Adds what somebody outside says. When `Stale` it goes on with the sum it read before it asked.
template <bool Stale>
class Adding : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    const int before = sum_;
    int more = 0;
    try {
      const auto response = co_await room().fetch("https://outside.example/");
      more = response.status() == 200 ? 1 : 0;
    } catch (const Party::Error&) {
    }
    if (Stale && sum_ != before) throw std::runtime_error("an addition was lost");
    sum_ += more;
  }

 private:
  int sum_ = 0;
};

/// Answers with the number of messages of all rooms of the process, which no room may know: every life differs.
class Leaky : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    static std::atomic<int> count = 0;
    sender.send(std::to_string(++count));
    return {};
  }
};

/// Asks itself for another turn for ever.
class Restless : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    room().setInterval(1ms, [] {});
    return {};
  }
};

}  // namespace PlayedParties
