#pragma once

#include "edge.h"

#include <party/party.h>
#include <party/worker.h>

#include <string>
#include <string_view>
#include <vector>

namespace Party::Contract {

/// The party of the contract's scenarios: it does what messages, query parameters and stored texts tell it, and
/// reports every call. The class in `partykit/` says the same in TypeScript.
///
/// It overrides every handler, so that one class serves all scenarios. docs/conformance.md tells which handler takes
/// its script from where.
class Probe : public Server {
 public:
  explicit Probe(Room& room);

  Task<> onStart() override;
  Task<std::vector<std::string>> getConnectionTags(Connection connection, ConnectionContext context) override;
  Task<> onConnect(Connection connection, ConnectionContext context) override;
  Task<> onMessage(Message message, Connection sender) override;
  Task<> onClose(Connection connection) override;
  Task<> onError(Connection connection, Error error) override;
  Task<Response> onRequest(Request request) override;
  Task<> onAlarm() override;

 private:
  /// What a room may ask before its first event (BCAST-3, BCAST-13, LIFE-3).
  void askEarly();
  /// Runs the script that an earlier one has put under `probe:<handler>`.
  Task<> runStored(std::string handler, std::optional<Connection> sender);
  void line(std::string text) const;

  std::string report_;  // `party/id`
};

/// The party "main": a room that hibernates. It also answers what is no room.
class MainProbe : public Probe {
 public:
  using Probe::Probe;
  ServerOptions options() const override { return {.hibernate = true}; }

  static RequestOrResponse onBeforeConnect(const Request& request, const Lobby& lobby) {
    return beforeRoom("onBeforeConnect", request, "main/" + lobby.id());
  }
  static RequestOrResponse onBeforeRequest(const Request& request, const Lobby& lobby) {
    return beforeRoom("onBeforeRequest", request, "main/" + lobby.id());
  }
  static std::optional<Response> onFetch(const Request& request) { return elsewhere(request); }
};

/// The party "ordinary": the same in a room that does not hibernate.
class OrdinaryProbe : public Probe {
 public:
  using Probe::Probe;

  static RequestOrResponse onBeforeConnect(const Request& request, const Lobby& lobby) {
    return beforeRoom("onBeforeConnect", request, "ordinary/" + lobby.id());
  }
  static RequestOrResponse onBeforeRequest(const Request& request, const Lobby& lobby) {
    return beforeRoom("onBeforeRequest", request, "ordinary/" + lobby.id());
  }
};

/// The party "silent": a room that hibernates, of a class that overrides nothing.
class Silent : public Server {
 public:
  using Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
};

/// The party "porter": handlers of the edge alone, before a room that handles nothing.
class Porter : public Server {
 public:
  using Server::Server;

  static RequestOrResponse onBeforeConnect(const Request& request, const Lobby& lobby) {
    return beforeRoom("onBeforeConnect", request, "porter/" + lobby.id());
  }
  static RequestOrResponse onBeforeRequest(const Request& request, const Lobby& lobby) {
    return beforeRoom("onBeforeRequest", request, "porter/" + lobby.id());
  }
  /// Only the main party's is ever called (ROUTE-19).
  static std::optional<Response> onFetch(const Request&) { return Response("porter's onFetch", 500); }
};

inline Host::Parties probeParties() {
  return parties<MainProbe, OrdinaryProbe, Silent, Porter>("main", "ordinary", "silent", "porter");
}

}  // namespace Party::Contract
