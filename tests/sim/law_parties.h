#pragma once

#include <party/party.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// Small parties for the ready-made laws: one that keeps the law, and by a template argument the same that breaks it.

namespace LawParties {

using namespace std::chrono_literals;

/// Says back "ok x" for each x, and to newcomers "have x y". When `Careless` it promises before it has written.
template <bool Careless>
class Ledger : public Party::Server {
 public:
  using Party::Server::Server;

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    Party::Storage& storage = room().storage();
    const auto saved = co_await storage.list<std::string>();
    std::string all = "have";
    for (const auto& [key, name] : saved) all += " " + name;
    connection.send(all);
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    const std::string name(message.content());
    if (Careless) sender.send("ok " + name);
    room().storage().put("entry " + name, name);
    if (!Careless) sender.send("ok " + name);
    return {};
  }
};

/// Says everything again to everyone. When `Late` some of it leaves behind what was said after it.
template <bool Late>
class Echo : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    for (const auto connection : room().getConnections()) {
      if (Late && connection.id() == "bob") co_await room().sleep(room().randomInteger(2) * 20ms);
      connection.send(message);
    }
  }
};

/// Says everything twice, or not at all, when its number is divisible by seven.
template <int Times>
class Stutter : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    const int times = ++count_ % 7 == 0 ? Times : 1;
    for (int i = 0; i < times; ++i) room().broadcast(message);
    return {};
  }

 private:
  int count_ = 0;
};

/// Tells everyone who is there whenever that changes; when `Trusting`, leaving is what a client says, not what it does.
template <bool Trusting>
class Lobby : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    here_.insert(std::string(connection.id()));
    tell();
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection connection) override {
    if (message.content() == "leave") leave(connection);
    return {};
  }
  Party::Task<> onClose(Party::Connection connection) override {
    if (!Trusting) leave(connection);
    return {};
  }
  Party::Task<> onError(Party::Connection connection, Party::Error) override {
    if (!Trusting) leave(connection);
    return {};
  }

 private:
  void leave(Party::Connection connection) {
    const std::string id(connection.id());
    const auto other = room().getConnection(id);
    if (!other || *other == connection) here_.erase(id);
    tell();
  }
  void tell() {
    std::string all = "here:";
    for (const auto& id : here_) all += " " + id;
    room().broadcast(all);
  }

  std::set<std::string> here_;
};

/// A sum that everyone sees: "= n" to begin with, "+ n" for each change. When `Forgets` one change in five is not told.
template <bool Forgets>
class Sum : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send("= " + std::to_string(sum_));
    return {};
  }
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    ++sum_;
    if (Forgets && sum_ % 5 == 0) {
      sender.send("+ 1");
    } else {
      room().broadcast("+ 1");
    }
    return {};
  }

 private:
  int sum_ = 0;
};

/// Moves one from left to right; when `Halfway` it waits between the two.
template <bool Halfway>
class Scales : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    Party::Storage& storage = room().storage();
    const auto kept = co_await storage.get<int>("left");
    const int left = kept.value_or(10);
    storage.put("left", left - 1);
    if (Halfway) co_await room().sleep(50ms);
    storage.put("right", 10 - left + 1);
  }
};

/// A register, a counter and a set, which answer in the order they are asked. When `Stale` what was read before a wait
/// is written behind it.
template <bool Stale>
class Shared : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    const std::string text(message.content());
    const std::string rest = text.size() > 1 ? text.substr(1) : "";
    if (text.starts_with('w')) {
      value_ = rest;
      sender.send("done");
    } else if (text.starts_with('r')) {
      const std::string before = value_;
      co_await room().sleep(20ms);
      sender.send("is " + (Stale ? staleValue(before) : value_));
    } else if (text.starts_with('+')) {
      const int before = sum_;
      co_await room().sleep(20ms);
      sum_ = (Stale ? before : sum_) + 1;
      sender.send("sum " + std::to_string(sum_));
    } else if (text.starts_with('i')) {
      const bool before = set_.contains(rest);
      co_await room().sleep(20ms);
      const bool there = Stale ? before : set_.contains(rest);
      set_.insert(rest);
      sender.send(there ? "was true" : "was false");
    }
  }

 private:
  /// What was there when it was asked for; with a further wait that is too long ago.
  std::string staleValue(const std::string& before) {
    std::swap(older_, last_);
    last_ = before;
    return older_;
  }
  std::string value_;
  std::string last_;
  std::string older_;
  int sum_ = 0;
  std::set<std::string> set_;
};

/// Tells newcomers where the cursor last was, which it keeps in memory on purpose; and what it has on disk is the same.
class Cursor : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send("welcome");
    connection.send("cursor at " + at_);
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    at_ = message.content();
    room().storage().put("moves", ++moves_);
    room().broadcast("cursor at " + at_);
    return {};
  }

 private:
  std::string at_;
  int moves_ = 0;
};

}  // namespace LawParties
