#pragma once

#include <party/json.h>
#include <party/party.h>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>

/// A chat room that remembers its last hundred lines.
///
/// Whoever joins gets one frame first: a JSON array of the lines so far. After it, every frame is one line.
/// The lines live in storage; `lines_` is a copy of them that each new object reads again in onStart. So the room may
/// hibernate between any two messages, and nobody notices.
class Chat : public Party::Server {
 public:
  using Party::Server::Server;

  static constexpr std::size_t keptLines = 100;
  static constexpr std::size_t maxLineBytes = 2000;

  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    auto saved = co_await room().storage().list<std::string>(Party::ListOptions().prefix("line:"));
    for (auto& [key, line] : saved) {
      lines_.push_back(std::move(line));
      next_ = numberOf(key) + 1;
    }
  }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send(nlohmann::json(lines_).dump());
    co_return;
  }

  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    if (!message.isText() || message.size() > maxLineBytes) {
      sender.send("at most 2,000 bytes of text, please");
      co_return;
    }
    const std::int64_t number = next_++;
    // No need to wait: the broadcast below leaves once this is durable.
    room().storage().put(keyOf(number), message.text());
    lines_.emplace_back(message.text());
    if (lines_.size() > keptLines) {
      lines_.pop_front();
      room().storage().remove(keyOf(number - static_cast<std::int64_t>(keptLines)));
    }
    room().broadcast(message);
  }

 private:
  // Keys are listed as bytes, so numbers are padded to one length.
  static std::string keyOf(std::int64_t number) {
    char key[32];
    std::snprintf(key, sizeof key, "line:%016lld", static_cast<long long>(number));
    return key;
  }
  static std::int64_t numberOf(const std::string& key) { return std::stoll(key.substr(5)); }

  std::deque<std::string> lines_;
  std::int64_t next_ = 0;
};
static_assert(Party::Worker<Chat>);
