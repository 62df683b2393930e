#pragma once

#include <party/json.h>
#include <party/party.h>

#include <string>
#include <vector>

/// The chat of the blog post that introduced the class API, line by line: the history lives in a member only.
///
/// It works until the room hibernates. Then the object goes, the sockets stay, and who joins next sees an empty room.
/// The simulator finds that within a second; `chat.h` is the repair.
class ForgetfulChat : public Party::Server {
 public:
  using Party::Server::Server;

  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send(nlohmann::json(messages_).dump());
    co_return;
  }

  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    if (!message.isText()) {
      sender.send("text only, please");
      co_return;
    }
    messages_.emplace_back(message.text());
    for (auto connection : room().getConnections()) connection.send(message);
  }

 private:
  std::vector<std::string> messages_;
};
static_assert(Party::Worker<ForgetfulChat>);
