#include "fuzz_commands.h"

namespace Party::Contract {
namespace {

/// A time that no run reaches: 2100-01-01.
constexpr std::int64_t farAway = 4'102'444'800'000;
const std::vector<std::string> tags{"red", "blue", "none"};

}  // namespace

std::string CommandWriter::key() {
  return draw_.pick<std::string>({"a", "b", "c", "ab", "abc", "b1", "é", "Z", "k k"});
}

std::string CommandWriter::text() { return draw_.pick<std::string>({"x", "hello", "é€", "", "two\nlines", "0"}); }

Json CommandWriter::value() {
  switch (draw_.below(8)) {
    case 0:
      return text();
    case 1:
      return draw_.chance(50);
    case 2:
      return nullptr;
    case 3:
      return Json::array({text(), 7, Json::array()});
    case 4:
      return Json{{"n", static_cast<int>(draw_.below(100))}, {"deep", {{"er", Json::array({true})}}}};
    case 5:
      return Json{{"$bytes", draw_.pick<std::string>({"", "00ff", "616263"})}};
    case 6:
      return draw_.pick({1.5, -0.25, 1234.5});
    default:
      return static_cast<int>(draw_.below(1'000)) - 500;
  }
}

void CommandWriter::addOptions(Json& command, bool writes) {
  if (draw_.chance(8)) command["allowConcurrency"] = true;
  if (draw_.chance(5)) command[writes ? "allowUnconfirmed" : "noCache"] = true;
  if (draw_.chance(4)) command["await"] = false;
}

Json CommandWriter::list() {
  Json command{{"do", "list"}};
  if (draw_.chance(30)) command["prefix"] = draw_.pick<std::string>({"a", "ab", "", "é", "probe:"});
  if (draw_.chance(25)) command["start"] = key();
  if (draw_.chance(15)) command["startAfter"] = key();
  if (draw_.chance(25)) command["end"] = key();
  if (draw_.chance(25)) command["limit"] = draw_.pick({1, 2, 3, 100, 0, -1});
  if (draw_.chance(25)) command["reverse"] = draw_.chance(80);
  return command;
}

Json CommandWriter::storage(bool within) {
  Json command;
  bool writes = true;
  const std::size_t kind = draw_.below(within ? 9 : 11);
  if (kind < 3) {
    command = {{"do", "put"}, {"key", key()}, {"value", value()}};
  } else if (kind == 3) {
    command = {{"do", "put"}, {"entries", Json::object()}};
    for (std::size_t i = draw_.below(4); i > 0; --i) {
      const std::string name = key();
      command["entries"][name] = value();
    }
  } else if (kind == 4) {
    command = {{"do", "delete"}, {"key", key()}};
  } else if (kind == 5) {
    Json keys = Json::array();
    for (std::size_t i = draw_.below(4); i > 0; --i) keys.push_back(key());
    const bool reads = draw_.chance(50);
    command = {{"do", reads ? "get" : "delete"}, {"keys", keys}};
    writes = !reads;
  } else if (kind == 6) {
    command = {{"do", "get"}, {"key", key()}};
    writes = false;
  } else if (kind < 9) {
    command = list();
    writes = false;
  } else {
    return {{"do", kind == 9 && draw_.chance(40) ? "deleteAll" : "sync"}};
  }
  addOptions(command, writes);
  return command;
}

// The exact time of an alarm is that of no clock, because it was set with `at`.
Json CommandWriter::alarm() {
  switch (draw_.below(4)) {
    case 0:
      return {{"do", "deleteAlarm"}};
    case 1:
      return {{"do", "getAlarm"}, {"exact", true}};
    default:
      return {{"do", "setAlarm"}, {"at", farAway + static_cast<std::int64_t>(draw_.below(5)) * 1'000}};
  }
}

Json CommandWriter::alarmScript() {
  Json script = Json::array();
  Json told = Json::array();
  for (std::size_t i = draw_.below(3); i > 0; --i) told.push_back(storage(false));
  told.push_back({{"do", "broadcast"}, {"text", "alarm"}});
  told.push_back({{"do", "note"}});
  if (draw_.chance(70)) script.push_back({{"do", "put"}, {"key", "probe:onAlarm"}, {"value", told.dump()}});
  script.push_back({{"do", "setAlarm"}, {"in", 150}});
  for (std::size_t i = draw_.below(3); i > 0; --i) script.push_back(storage(true));
  if (draw_.chance(15)) script.push_back({{"do", "deleteAlarm"}});
  script.push_back({{"do", "reply"}});
  return script;
}

Json CommandWriter::transaction() {
  Json script = Json::array();
  for (std::size_t i = 1 + draw_.below(4); i > 0; --i) {
    const bool clock = !world_.partykit && draw_.chance(15);
    script.push_back(clock ? alarm() : storage(true));
    script.back().erase("await");
  }
  if (draw_.chance(15)) script.push_back({{"do", "throw"}, {"message", "within"}, {"uncaught", true}});
  Json command{{"do", "transaction"}, {"script", script}};
  if (draw_.chance(25)) command["rollback"] = true;
  return command;
}

Json CommandWriter::state() {
  if (world_.partykit || draw_.chance(50)) {
    return draw_.chance(60) ? Json{{"do", "setState"}, {"value", static_cast<int>(draw_.below(50))}}
                            : Json{{"do", "state"}};
  }
  switch (draw_.below(4)) {
    case 0:
      return {{"do", "setState"}, {"add", static_cast<int>(draw_.below(5))}};
    case 1:
      return {{"do", "setState"}, {"value", {{"name", text()}}}};
    case 2:
      return {{"do", "serializeAttachment"}, {"value", value()}};
    default:
      return {{"do", "deserializeAttachment"}};
  }
}

Json CommandWriter::connections(const std::vector<std::string>& ids) {
  Json command;
  switch (draw_.below(8)) {
    case 0:
      command = {{"do", "broadcast"}, {"text", text()}};
      if (draw_.chance(30) && !ids.empty()) command["without"] = {draw_.pick(ids)};
      return command;
    case 1:
      return {{"do", "broadcast"}, {"bytes", draw_.pick<std::string>({"00", "cafe", ""})}};
    case 2:
    case 3:
      command = {{"do", "send"}, {"text", text()}};
      break;
    case 4:
      command = {{"do", "connections"}};
      if (draw_.chance(40)) command["tag"] = draw_.pick(tags);
      if (!world_.partykit && draw_.chance(40)) command["sorted"] = false;
      return command;
    case 5:
      return {{"do", "connection"}, {"id", ids.empty() ? "nobody" : draw_.pick(ids)}};
    case 6:
      command = {{"do", draw_.pick<std::string>({"open", "readyState", "uri"})}};
      break;
    default:
      if (world_.partykit) return {{"do", "connections"}, {"tag", draw_.pick(tags)}};
      return {{"do", "each"}, {"script", {{{"do", "state"}}, {{"do", "send"}, {"text", "visited"}}}}};
  }
  if (draw_.chance(40) && !ids.empty()) command["to"] = draw_.pick(ids);
  return command;
}

Json CommandWriter::later(const std::vector<std::string>& ids) {
  takesTime_ = true;
  Json script = Json::array();
  script.push_back(storage(false));
  script.push_back({{"do", "broadcast"}, {"text", "later"}});
  script.push_back({{"do", "note"}});
  switch (draw_.below(3)) {
    case 0:
      return {{"do", "timeout"}, {"ms", 30}, {"script", script}};
    case 1:
      return {{"do", "interval"}, {"ms", 20}, {"times", 2}, {"script", script}};
    default:
      script.insert(script.begin(), connections(ids));
      if (world_.partykit) script.insert(script.begin(), Json{{"do", "sleep"}, {"ms", 70}});
      return {{"do", "waitUntil"}, {"script", script}};
  }
}

Json CommandWriter::fault(Where where) {
  Json command{{"do", "throw"}, {"message", "refused"}};
  const bool mayLeave = where != Where::alarm && (!world_.partykit || where != Where::connect);
  if (mayLeave && draw_.chance(40)) command["uncaught"] = true;
  if (draw_.chance(30)) {
    command["code"] = world_.partykit ? draw_.pick({400, 403, 404, 500}) : draw_.pick({403, 404, 599, 600, 200, 99, 0});
  }
  return command;
}

Json CommandWriter::request() {
  return {{"do", "request"}, {"query", {"q", "none"}}, {"headers", {"x-fuzz"}}, {"body", false}};
}

Json CommandWriter::respond() {
  Json command{{"do", "respond"}, {"status", draw_.pick({200, 201, 404, 418, 500})}, {"body", text()}};
  if (draw_.chance(30)) command["headers"] = {{"x-answer", "yes"}};
  return command;
}

Json CommandWriter::call() {
  Json script = Json::array({storage(false)});
  script.push_back({{"do", "name"}});
  Json command{{"do", "fetch"}, {"room", "{room}-b"}, {"script", script}};
  if (draw_.chance(30)) command["party"] = draw_.pick<std::string>({"main", "ordinary"});
  return command;
}

Json CommandWriter::one(Where where, const std::vector<std::string>& ids) {
  const std::size_t kind = draw_.below(100);
  if (kind < 42) return storage(false);
  if (kind < 52) return transaction();
  if (kind < 58 && where != Where::alarm) return alarm();
  if (kind < 72) return connections(ids);
  if (kind < 78 && where != Where::request && where != Where::alarm) return state();
  if (kind < 81) return later(ids);
  if (kind < 85) return fault(where);
  if (kind < 88) {
    Json inside = Json::array({storage(false), storage(false)});
    if (!world_.partykit && draw_.chance(20)) {
      inside.push_back({{"do", "throw"}, {"message", "section"}, {"uncaught", true}});
    }
    return {{"do", "block"}, {"script", inside}};
  }
  if (kind < 90) {
    takesTime_ = true;
    return {{"do", "sleep"}, {"ms", 50}};
  }
  if (kind < 92) return call();
  if (kind < 94 && where == Where::request) return request();
  if (kind < 97 && where == Where::request) return respond();
  if (kind < 98 && !world_.partykit)
    return {{"do", "listen"}, {"event", draw_.pick<std::string>({"message", "close"})}};
  if (where == Where::alarm) return {{"do", "name"}};
  return {{"do", draw_.pick<std::string>({"id", "name"})}};
}

Json CommandWriter::script(Where where, const std::vector<std::string>& ids, std::size_t most) {
  takesTime_ = false;
  Json script = Json::array();
  for (std::size_t i = 1 + draw_.below(most); i > 0; --i) script.push_back(one(where, ids));
  if (where == Where::alarm || where == Where::close) {
    script.push_back({{"do", "note"}});
  } else if (where != Where::request) {
    script.push_back({{"do", "reply"}});
  }
  if (where == Where::message && draw_.chance(4)) {
    Json close{{"do", "close"}, {"reason", "bye"}};
    close["code"] = draw_.pick({1000, 3001, 4999});
    if (!world_.partykit && draw_.chance(30)) close["code"] = draw_.pick({1001, 999, 5000, 0});
    script.push_back(close);
    closes_ = true;
  }
  return script;
}

}  // namespace Party::Contract
