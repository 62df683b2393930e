#include "report.h"
#include "script_run.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

/// What a socket to another room has heard. Its listeners may outlive the command, so they share it.
struct Heard {
  std::vector<Json> all;
  bool closed = false;
};

std::shared_ptr<Heard> listenTo(const WebSocket& socket) {
  auto heard = std::make_shared<Heard>();
  socket.addEventListener(EventType::message, [heard](const SocketEvent& event) {
    Json message;
    message["text"] = std::string(event.data.content());
    heard->all.push_back(std::move(message));
  });
  socket.addEventListener(EventType::close, [heard](const SocketEvent& event) {
    Json close;
    close["close"] = event.code;
    close["reason"] = event.reason;
    heard->all.push_back(std::move(close));
    heard->closed = true;
  });
  return heard;
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

// Opens a socket, runs the script meanwhile, says one thing, hears so many, and closes.
Task<> ScriptRun::connect(const Json& command) {
  constexpr int mostLooks = 5'000;
  const auto party = field<std::string>(command, "party", "main");
  const auto id = field<std::string>(command, "room");
  const Stub stub = room().context().parties(party).get(id);
  const auto path = field<std::string>(command, "path", "");
  Pending<WebSocket> opening = command.contains("path") ? stub.socket(path) : stub.socket();
  const WebSocket socket = co_await std::move(opening);
  const auto heard = listenTo(socket);
  Json meanwhile;
  if (command.contains("script")) {
    const Json script = field<Json>(command, "script");
    ScriptRun nested(occasion_);
    co_await nested.run(script);
    meanwhile = nested.results();
  }
  socket.send(field<std::string>(command, "text"));
  const auto wanted = field<std::size_t>(command, "hears", 1);
  for (int look = 0; heard->all.size() < wanted && look < mostLooks; ++look) {
    co_await room().sleep(std::chrono::milliseconds(1));
  }
  if (heard->all.size() < wanted) throw Error("the socket has heard " + std::to_string(heard->all.size()) + " only");
  if (!heard->closed) socket.close(1000);
  Json result = wanted == 1 ? heard->all.front() : Json(heard->all);
  if (command.contains("script")) {
    Json both;
    both["heard"] = std::move(result);
    both["meanwhile"] = std::move(meanwhile);
    result = std::move(both);
  }
  results_.push_back(std::move(result));
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
