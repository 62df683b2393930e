#include "script_run.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

/// The commands about connections: who is there, what they are sent, how they end.

namespace Party::Contract {

Message messageOf(const Json& command) {
  if (command.contains("bytes")) return Message::bytes(bytesOfHex(field<std::string>(command, "bytes")));
  auto text = field<std::string>(command, "text", "");
  if (!command.contains("size") || text.empty()) return Message(text);
  const auto size = std::min(field<std::size_t>(command, "size"), maxRepeatedBytes);
  for (std::size_t at = text.size(); at < size; ++at) text += text[at % text.size()];
  return Message(text.substr(0, size));
}

Connection ScriptRun::target(const Json& command) const {
  if (command.contains("to")) {
    const auto id = field<std::string>(command, "to");
    const auto found = room().getConnection(id);
    if (!found) throw Error("there is no connection " + id);
    return *found;
  }
  if (!occasion_.sender) throw Error("there is no sender here, name a connection in \"to\"");
  return *occasion_.sender;
}

Task<> ScriptRun::broadcast(const Json& command) {
  const auto without = field(command, "without", std::vector<std::string>());
  room().broadcast(messageOf(command), without);
  return {};
}

Task<> ScriptRun::send(const Json& command) {
  target(command).send(messageOf(command));
  return {};
}

Task<> ScriptRun::close(const Json& command) {
  const Connection connection = target(command);
  if (command.contains("code")) {
    connection.close(field<int>(command, "code"), field<std::string>(command, "reason", ""));
  } else if (command.contains("reason")) {
    throw Error("this language has no close with a reason and no code");
  } else {
    connection.close();
  }
  return {};
}

Connections ScriptRun::listed(const Json& command) const {
  if (!command.contains("tag")) return room().getConnections();
  return room().getConnections(field<std::string>(command, "tag"));
}

Task<> ScriptRun::each(const Json& command) {
  const Json script = field<Json>(command, "script");
  const Connections found = listed(command);
  for (const Connection connection : found) {
    Occasion visit = occasion_;
    visit.sender = connection;
    ScriptRun run(std::move(visit));
    co_await run.run(script);
    for (const Json& result : run.results()) results_.push_back(result);
  }
}

Task<> ScriptRun::connections(const Json& command) {
  std::vector<std::string> ids;
  for (const Connection connection : listed(command)) ids.emplace_back(connection.id());
  if (field(command, "sorted", true)) std::ranges::sort(ids);
  add(ids);
  return {};
}

Task<> ScriptRun::connection(const Json& command) {
  add(room().getConnection(field<std::string>(command, "id")).has_value());
  return {};
}

Task<> ScriptRun::open(const Json& command) {
  add(target(command).open());
  return {};
}

Task<> ScriptRun::state(const Json& command) {
  const auto value = target(command).state<Json>();
  add(value ? *value : Json());
  return {};
}

Task<> ScriptRun::setState(const Json& command) {
  const Connection connection = target(command);
  if (!command.contains("add")) {
    connection.setState(field<Json>(command, "value", Json()));
    return {};
  }
  const auto step = field<std::int64_t>(command, "add");
  const Json next = connection.updateState<Json>([step](const std::optional<Json>& now) {
    const bool number = now && now->is_number();
    return Json((number ? now->get<std::int64_t>() : 0) + step);
  });
  add(next);
  return {};
}

// What `state` gives is changed, and not set again: nobody else may see it (STATE-7).
Task<> ScriptRun::changeState(const Json& command) {
  auto given = target(command).state<Json>().value_or(Json::object());
  given[field<std::string>(command, "name")] = field<Json>(command, "value");
  return {};
}

Task<> ScriptRun::serializeAttachment(const Json& command) {
  target(command).serializeAttachment(field<Json>(command, "value"));
  return {};
}

Task<> ScriptRun::deserializeAttachment(const Json& command) {
  const auto value = target(command).deserializeAttachment<Json>();
  add(value ? *value : Json());
  return {};
}

Task<> ScriptRun::uri(const Json& command) {
  const std::string_view uri = target(command).uri();
  const std::size_t host = uri.find("//") + 2;
  add(std::string(uri.substr(uri.find('/', host))));
  return {};
}

Task<> ScriptRun::reply(const Json&) {
  if (!occasion_.sender) throw Error("there is no sender to reply to");
  const Json results = std::exchange(results_, Json::array());
  occasion_.sender->send(results.dump());
  return {};
}

}  // namespace Party::Contract
