#include "report.h"
#include "script_run.h"

#include <utility>

/// The commands that reach beyond the room: other rooms, and listeners of its own connections.

namespace Party::Contract {
namespace {

RequestInit initOf(const Json& command) {
  RequestInit init;
  const bool scripted = command.contains("script");
  const bool hasBody = scripted || command.contains("body");
  init.method(field<std::string>(command, "method", hasBody ? "POST" : "GET"));
  const Json headers = field(command, "headers", Json::object());
  for (const auto& [name, value] : headers.items()) init.header(name, value.get<std::string>());
  if (scripted) {
    init.body(field<Json>(command, "script").dump());
  } else if (hasBody) {
    init.body(field<std::string>(command, "body"));
  }
  if (field<std::string>(command, "redirect", "follow") == "manual") init.redirect(Redirect::manual);
  return init;
}

EventType eventOf(const std::string& name) {
  if (name == "message") return EventType::message;
  if (name == "close") return EventType::close;
  if (name == "error") return EventType::error;
  throw Error("there is no event " + name + " to listen to");
}

}  // namespace

Task<> ScriptRun::fetch(const Json& command) {
  const auto party = field<std::string>(command, "party", "main");
  const auto id = field<std::string>(command, "room");
  const Stub stub = room().context().parties(party).get(id);
  const RequestInit init = initOf(command);
  const auto path = field<std::string>(command, "path", "");
  Pending<Response> answer = command.contains("path") ? stub.fetch(path, init) : stub.fetch(init);
  const Response response = co_await std::move(answer);
  Json result;
  result["status"] = response.status();
  if (response.header("content-type") == "application/json") {
    result["json"] = Json::parse(response.body());
  } else {
    result["body"] = std::string(response.body());
  }
  results_.push_back(result);
}

Task<> ScriptRun::listen(const Json& command) {
  const Connection connection = target(command);
  const auto event = field<std::string>(command, "event");
  const std::string line = "listener " + event + " " + std::string(connection.id());
  connection.addEventListener(eventOf(event),
                              [report = occasion_.report, line](const SocketEvent&) { Report::add(report, line); });
  return {};
}

Task<> ScriptRun::internalID(const Json&) {
  add(room().internalID());
  return {};
}

Task<> ScriptRun::readyState(const Json& command) {
  add(static_cast<int>(target(command).readyState()));
  return {};
}

}  // namespace Party::Contract
