#pragma once

#include <party/party.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// The parties that benchmarks drive: each does one thing.

namespace Bench {

/// May hibernate.
class Sleepy : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
};

/// Ignores every message.
class Quiet : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message, Party::Connection) override { return {}; }
};

/// The same as a coroutine.
class QuietCoroutine : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message, Party::Connection) override { co_return; }
};

class Echo : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    sender.send(message);
    return {};
  }
};

class Shout : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().broadcast(message);
    return {};
  }
};

/// Says to everyone but the sender what the sender says.
class ShoutToOthers : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    const std::string id(sender.id());
    room().broadcast(message, {id});
    return {};
  }
};

/// Writes before it speaks: what it says waits for the disk.
class WriteAndShout : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().storage().put("last", message.text());
    room().broadcast(message);
    return {};
  }
};

/// Reads, writes and speaks in every turn.
class StoredCount : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    const auto count = co_await room().storage().get<std::int64_t>("count");
    room().storage().put("count", count.value_or(0) + 1);
    room().broadcast(message);
  }
};

/// Remembers in `onStart`.
class Remembering : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<> onStart() override { count_ = (co_await room().storage().get<std::int64_t>("count")).value_or(0); }
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    room().storage().put("count", ++count_);
    return {};
  }

 private:
  std::int64_t count_ = 0;
};

/// Every hundredth client is red, from the first on.
class Tagged : public Sleepy {
 public:
  using Sleepy::Sleepy;
  Party::Task<std::vector<std::string>> getConnectionTags(Party::Connection connection,
                                                          Party::ConnectionContext) override {
    if (connection.id().ends_with("00") || connection.id() == "client-0") return std::vector<std::string>{"red"};
    return std::vector<std::string>{"blue"};
  }
};

/// Sends to a tag as one output.
class SendToTag : public Tagged {
 public:
  using Tagged::Tagged;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().getConnections("red").send(message);
    return {};
  }
};

/// Goes through the connections of a tag, as in PartyKit.
class LoopOverTag : public Tagged {
 public:
  using Tagged::Tagged;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    for (const Party::Connection connection : room().getConnections("red")) connection.send(message);
    return {};
  }
};

}  // namespace Bench
