#include "probe.h"

#include "report.h"
#include "script_run.h"

#include <charconv>
#include <chrono>
#include <utility>

namespace Party::Contract {
namespace {

std::string summary(const Message& message) {
  if (!message.isText()) return "bytes " + std::to_string(message.size());
  return "text " + std::string(firstCharacters(message.text()));
}

/// The number behind `~sleeps-in-onStart-` in a room's name; 0 without one.
std::chrono::milliseconds sleepInName(std::string_view room) {
  constexpr std::string_view sign = "~sleeps-in-onStart-";
  int length = 0;
  if (const auto at = room.find(sign); at != std::string_view::npos) {
    std::from_chars(room.data() + at + sign.size(), room.data() + room.size(), length);
  }
  return std::chrono::milliseconds(length);
}

}  // namespace

Probe::Probe(Room& room) : Server(room), report_(room.name() + "/" + room.id()) {
  line("constructor");
  if (report_.contains("~throws-in-constructor")) throw Error("constructor refuses");
  if (report_.contains("~asks-in-constructor")) askEarly();
}

void Probe::askEarly() {
  room().broadcast("from the constructor");
  Json seen = Json::array({room().name(), room().id(), Json::array(), room().getConnection("ann").has_value()});
  for (const Connection connection : room().getConnections()) seen[2].push_back(connection.id());
  line("note constructor " + seen.dump());
}

void Probe::line(std::string text) const { Report::add(report_, std::move(text)); }

Task<> Probe::runStored(std::string handler, std::optional<Connection> sender) {
  const std::optional<std::string> stored = co_await room().storage().get<std::string>("probe:" + handler);
  const std::optional<Json> script = stored ? scriptIn(*stored) : std::nullopt;
  if (!script) co_return;
  Occasion occasion(room(), report_);
  occasion.sender = sender;
  ScriptRun run(std::move(occasion));
  co_await run.run(*script);
}

Task<> Probe::onStart() {
  line("onStart");
  // A cold room can only be steered by its id: nothing is stored yet.
  if (report_.contains("~throws-in-onStart")) throw Error("onStart refuses");
  const auto sleep = sleepInName(report_);
  if (sleep.count() > 0) co_await room().sleep(sleep);
  co_await runStored("onStart", std::nullopt);
  line("onStart ended");
}

Task<std::vector<std::string>> Probe::getConnectionTags(Connection connection, ConnectionContext context) {
  line("getConnectionTags " + std::string(connection.id()));
  const std::string written = context.request.query("tags").value_or("[]");
  const Json wanted = withoutMarkers(parseJson(written));
  if (wanted.is_array()) co_return wanted.get<std::vector<std::string>>();
  Occasion occasion(room(), report_);
  occasion.sender = connection;
  occasion.request = context.request;
  ScriptRun run(std::move(occasion));
  const Json script = field<Json>(wanted, "script");
  co_await run.run(script);
  line("note tags " + run.results().dump());
  std::vector<std::string> tags = field(wanted, "tags", std::vector<std::string>());
  co_return tags;
}

Task<> Probe::onConnect(Connection connection, ConnectionContext context) {
  const std::string id(connection.id());
  line("onConnect " + id);
  const std::optional<std::string> written = context.request.query("onConnect");
  if (const std::optional<Json> script = scriptIn(written)) {
    Occasion occasion(room(), report_);
    occasion.sender = connection;
    occasion.request = context.request;
    ScriptRun run(std::move(occasion));
    co_await run.run(*script);
  }
  line("onConnect " + id + " ended");
}

Task<> Probe::onMessage(Message message, Connection sender) {
  const std::string id(sender.id());
  line("onMessage " + id + " " + summary(message));
  const std::optional<Json> script = message.isText() ? scriptIn(message.text()) : std::nullopt;
  if (script) {
    Occasion occasion(room(), report_);
    occasion.sender = sender;
    ScriptRun run(std::move(occasion));
    co_await run.run(*script);
  }
  line("onMessage " + id + " ended");
}

Task<> Probe::onClose(Connection connection) {
  line("onClose " + std::string(connection.id()));
  co_await runStored("onClose", connection);
}

Task<> Probe::onError(Connection connection, Error error) {
  line("onError " + std::string(connection.id()) + " " + error.message());
  co_await runStored("onError", connection);
}

Task<Response> Probe::onRequest(Request request) {
  line("onRequest " + std::string(request.method()));
  std::optional<Json> script = scriptIn(request.body());
  if (!script) script = scriptIn(request.query("onRequest"));
  Occasion occasion(room(), report_);
  occasion.request = request;
  ScriptRun run(std::move(occasion));
  if (script) co_await run.run(*script);
  line("onRequest ended");
  if (run.response()) co_return *run.response();
  if (script) co_return Response::json(run.results().dump());
  co_return Response("ok");
}

Task<> Probe::onAlarm() {
  line("onAlarm");
  co_await runStored("onAlarm", std::nullopt);
  line("onAlarm ended");
}

}  // namespace Party::Contract
