#pragma once

#include <party/host/party_descriptor.h>
#include <party/party.h>

#include <functional>
#include <string>
#include <vector>

/// A party whose handlers are lambdas of a test. Those that are set count as overridden, the others as left alone.
///
/// The lambdas outlive every room made of them, so a coroutine among them may use what it captures.

namespace Party::Test {

struct Script {
  ServerOptions options;
  std::function<void(Room&)> constructor;
  std::function<void(Room&)> destructor;
  std::function<void(Room&)> onOptions;
  std::function<Task<>(Room&)> onStart;
  std::function<Task<std::vector<std::string>>(Room&, Connection, ConnectionContext)> getConnectionTags;
  std::function<Task<>(Room&, Connection, ConnectionContext)> onConnect;
  std::function<Task<>(Room&, Message, Connection)> onMessage;
  std::function<Task<>(Room&, Connection)> onClose;
  std::function<Task<>(Room&, Connection, Error)> onError;
  std::function<Task<Response>(Room&, Request)> onRequest;
  std::function<Task<>(Room&)> onAlarm;
};

/// The script of rooms constructed from now on: a descriptor's construct is a plain function.
inline const Script* scriptInUse = nullptr;

class ScriptedServer final : public Server {
 public:
  explicit ScriptedServer(Room& room) : Server(room), script_(*scriptInUse) {
    if (script_.constructor) script_.constructor(room);
  }
  ~ScriptedServer() override {
    if (script_.destructor) script_.destructor(room());
  }
  ServerOptions options() const override {
    if (script_.onOptions) script_.onOptions(room());
    return script_.options;
  }
  Task<> onStart() override { return script_.onStart(room()); }
  Task<std::vector<std::string>> getConnectionTags(Connection connection, ConnectionContext context) override {
    return script_.getConnectionTags(room(), connection, std::move(context));
  }
  Task<> onConnect(Connection connection, ConnectionContext context) override {
    return script_.onConnect(room(), connection, std::move(context));
  }
  Task<> onMessage(Message message, Connection sender) override {
    return script_.onMessage(room(), std::move(message), sender);
  }
  Task<> onClose(Connection connection) override { return script_.onClose(room(), connection); }
  Task<> onError(Connection connection, Error error) override {
    return script_.onError(room(), connection, std::move(error));
  }
  Task<Response> onRequest(Request request) override { return script_.onRequest(room(), std::move(request)); }
  Task<> onAlarm() override { return script_.onAlarm(room()); }

 private:
  const Script& script_;
};

inline Host::PartyDescriptor describeScript(const Script& script) {
  Host::PartyDescriptor party;
  party.name = "main";
  party.construct = [](Room& room) -> std::unique_ptr<Server> { return std::make_unique<ScriptedServer>(room); };
  party.overrides = {.onStart = script.onStart != nullptr,
                     .getConnectionTags = script.getConnectionTags != nullptr,
                     .onConnect = script.onConnect != nullptr,
                     .onMessage = script.onMessage != nullptr,
                     .onClose = script.onClose != nullptr,
                     .onError = script.onError != nullptr,
                     .onRequest = script.onRequest != nullptr,
                     .onAlarm = script.onAlarm != nullptr};
  return party;
}

}  // namespace Party::Test
