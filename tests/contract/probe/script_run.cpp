#include "script_run.h"

#include "report.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace Party::Contract {

ScriptRun::Command ScriptRun::find(std::string_view name) {
  static constexpr std::pair<std::string_view, Command> commands[] = {
      {"get", &ScriptRun::get},
      {"put", &ScriptRun::put},
      {"delete", &ScriptRun::remove},
      {"list", &ScriptRun::list},
      {"deleteAll", &ScriptRun::deleteAll},
      {"transaction", &ScriptRun::transaction},
      {"sync", &ScriptRun::sync},
      {"getAlarm", &ScriptRun::getAlarm},
      {"setAlarm", &ScriptRun::setAlarm},
      {"deleteAlarm", &ScriptRun::deleteAlarm},
      {"broadcast", &ScriptRun::broadcast},
      {"send", &ScriptRun::send},
      {"close", &ScriptRun::close},
      {"connections", &ScriptRun::connections},
      {"connection", &ScriptRun::connection},
      {"open", &ScriptRun::open},
      {"state", &ScriptRun::state},
      {"setState", &ScriptRun::setState},
      {"changeState", &ScriptRun::changeState},
      {"serializeAttachment", &ScriptRun::serializeAttachment},
      {"deserializeAttachment", &ScriptRun::deserializeAttachment},
      {"uri", &ScriptRun::uri},
      {"each", &ScriptRun::each},
      {"readyState", &ScriptRun::readyState},
      {"listen", &ScriptRun::listen},
      {"fetch", &ScriptRun::fetch},
      {"connect", &ScriptRun::connect},
      {"reply", &ScriptRun::reply},
      {"id", &ScriptRun::id},
      {"name", &ScriptRun::name},
      {"internalID", &ScriptRun::internalID},
      {"sleep", &ScriptRun::sleep},
      {"timeout", &ScriptRun::timeout},
      {"interval", &ScriptRun::interval},
      {"block", &ScriptRun::block},
      {"waitUntil", &ScriptRun::waitUntil},
      {"throw", &ScriptRun::fail},
      {"note", &ScriptRun::note},
      {"request", &ScriptRun::request},
      {"respond", &ScriptRun::respond},
  };
  const auto* found = std::ranges::find(commands, name, &std::pair<std::string_view, Command>::first);
  return found == std::end(commands) ? nullptr : found->second;
}

Task<> ScriptRun::run(const Json& script) {
  if (!script.is_array()) throw Error("a script is an array of commands");
  for (const Json& written : script) {
    if (!written.is_object()) throw Error("a command is an object");
    Json command;
    std::string error;
    try {
      command = withoutMarkers(written);
      const std::string name = field<std::string>(command, "do");
      const Command known = find(name);
      if (known == nullptr) throw Error("the probe does not know the command " + name);
      Task<> step = (this->*known)(command);
      co_await std::move(step);
      continue;
    } catch (const std::exception& thrown) {
      if (written.value("uncaught", false)) throw;
      error = thrown.what();
    }
    Json result;
    result["error"] = error;
    results_.push_back(result);
  }
}

Task<> runDetached(Occasion occasion, Json script) {
  occasion.transaction = nullptr;  // it may be over by then
  ScriptRun run(std::move(occasion));
  try {
    co_await run.run(script);
  } catch (const std::exception& thrown) {
    Report::add(run.report(), std::string("note alone ") + thrown.what());
  }
}

std::optional<Json> scriptIn(std::optional<std::string_view> text) {
  if (!text || !text->starts_with('[')) return std::nullopt;
  try {
    return parseJson(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace Party::Contract
