#pragma once

#include <party/http.h>
#include <party/lobby.h>
#include <party/server.h>
#include <party/task.h>

#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

namespace Party::Host {

/// Which handlers a class declares; some rules need to know before any room exists (REQUEST-17, CONNECT-42).
struct Overrides {
  bool onStart = false;
  bool getConnectionTags = false;
  bool onConnect = false;
  bool onMessage = false;
  bool onClose = false;
  bool onError = false;
  bool onRequest = false;
  bool onAlarm = false;
};

/// A party class without its type: how to make a room of it, and its static handlers (null when it has none).
struct PartyDescriptor {
  std::string name;
  std::unique_ptr<Server> (*construct)(Room&) = nullptr;
  /// The class, for reports that name it.
  const std::type_info* type = nullptr;
  Overrides overrides;
  Task<RequestOrResponse> (*onBeforeConnect)(Request, Lobby, ExecutionContext) = nullptr;
  Task<RequestOrResponse> (*onBeforeRequest)(Request, Lobby, ExecutionContext) = nullptr;
  Task<std::optional<Response>> (*onFetch)(Request, FetchLobby, ExecutionContext) = nullptr;
};

/// The parties of a project; the one called "main" also answers for the edge (ROUTE-19).
using Parties = std::vector<PartyDescriptor>;

/// Throws `Party::Error` for a name that is not `[a-z0-9_-]+`, or is there twice.
void checkPartyNames(const Parties& parties);

}  // namespace Party::Host
