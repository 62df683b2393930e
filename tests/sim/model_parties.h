#pragma once

#include <party/party.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Parties that are told what to do in a few words, each with what it must not do as a template argument.

namespace ModelParties {

using namespace std::chrono_literals;

enum class Mistake : std::uint8_t {
  none,
  lostUpdate,     ///< reads before it waits for somebody outside, and writes behind
  inMemory,       ///< answers before anything is on disk, which a crash takes back
  everyThirdOff,  ///< every third is wrong on disk, and right in the answer
};

/// Counts on disk, after asking somebody outside: "inc" and "get" are answered with "now 3". Others hear of a change in
/// words of their own.
template <Mistake mistake>
class Counter : public Party::Server {
 public:
  using Party::Server::Server;

  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    Party::Storage& storage = room().storage();
    if (mistake == Mistake::inMemory) {
      if (message.content() == "inc") ++inMemory_;
      sender.send("now " + std::to_string(inMemory_));
      co_return;
    }
    if (message.content() != "inc") {
      sender.send("now " + std::to_string(co_await kept()));
      co_return;
    }
    const int early = co_await kept();
    try {
      co_await room().fetch("https://outside.example/may-i");
    } catch (const Party::Error&) {
      co_return;
    }
    const int late = co_await kept();
    const int count = 1 + (mistake == Mistake::lostUpdate ? early : late);
    storage.put("count", mistake == Mistake::everyThirdOff && count % 3 == 0 ? count + 1 : count);
    room().broadcast("somebody counts", {sender.id()});
    sender.send("now " + std::to_string(count));
  }

 private:
  Party::Task<int> kept() {
    const std::optional<int> count = co_await room().storage().template get<int>("count");
    co_return count.value_or(0);
  }

  int inMemory_ = 0;
};

/// Names on disk: "add ann" and "remove ann" are answered with "yes" or "no": whether that changed anything.
class Names : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    const std::string text(message.content());
    const auto space = text.find(' ');
    if (space == std::string::npos) co_return;
    const std::string name = "name " + text.substr(space + 1);
    Party::Storage& storage = room().storage();
    const bool add = text.starts_with("add");
    const std::optional<bool> there = co_await storage.get<bool>(name);
    if (add && !there) storage.put(name, true);
    if (!add && there) storage.remove(name);
    sender.send(there.has_value() != add ? "yes" : "no");
  }
};

/// A queue on disk: "push x" is answered with "ok", "pop" with what was pushed first. When it is `Stack` it gives the
/// last.
template <bool Stack>
class Queue : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    Party::Storage& storage = room().storage();
    const auto kept = co_await storage.get<std::vector<std::string>>("items");
    std::vector<std::string> items = kept.value_or(std::vector<std::string>());
    const std::string text(message.content());
    std::string answer = "empty handed";
    if (text.starts_with("push ")) {
      items.push_back(text.substr(5));
      answer = "ok";
    } else if (text == "pop" && !items.empty()) {
      const auto at = Stack ? items.end() - 1 : items.begin();
      answer = "got " + *at;
      items.erase(at);
    }
    storage.put("items", items);
    sender.send(answer);
  }
};

/// Answers "double 3 #7" with "6 #7", each after a while of its own, so that answers come out of order. When `Mixed` it
/// gives one the name of the one before.
template <bool Mixed>
class OutOfOrder : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    const std::string text(message.content());
    const auto hash = text.find(" #");
    if (hash == std::string::npos || !text.starts_with("double ")) co_return;
    const int number = text[7] - '0';
    const std::string before = std::exchange(last_, text.substr(hash));
    co_await room().sleep(number * 20ms);
    sender.send(std::to_string(2 * number) + (Mixed && !before.empty() ? before : text.substr(hash)));
  }

 private:
  std::string last_;
};

}  // namespace ModelParties
