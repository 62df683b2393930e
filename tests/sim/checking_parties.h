#pragma once

#include <gtest/gtest.h>
#include <party/party.h>
#include <party/sim/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <string>

/// Parties whose handlers check themselves, with GoogleTest or rapidcheck.

namespace CheckingParties {

using namespace std::chrono_literals;

class Echo : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    sender.send(message);
    return {};
  }
};

class Expecting : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    EXPECT_NE(std::string(message.content()), "2");
    EXPECT_LT(message.content().size(), 4u) << "a message that is too long";
    return {};
  }
};

class Requiring : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    PARTY_REQUIRE(message.isText());
    return {};
  }
};

class Asserting : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    co_await room().sleep(5ms);
    RC_ASSERT(message.content().size() < 5);
  }
};

/// Asks somebody outside, and takes no answer for an answer.
class Asking : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection sender) override {
    try {
      const Party::Response answer = co_await room().fetch("https://outside.example/soup");
      sender.send(answer.body());
    } catch (const Party::Error&) {
      sender.send("none");
    } catch (...) {
      sender.send("nothing at all");
    }
  }
};

/// Expects to sleep after each message, as it does not in the life without sleep that it is held against.
class HearsOneMessage : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    EXPECT_LT(++heard_, 2);
    return {};
  }

 private:
  int heard_ = 0;
};

}  // namespace CheckingParties
