#include "report.h"
#include "script_run.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

/// The commands about the room itself: its names, time, critical sections, errors, and the request in hand.

namespace Party::Contract {
namespace {

std::chrono::milliseconds lengthOf(const Json& command) {
  return std::chrono::milliseconds(field<std::int64_t>(command, "ms"));
}

Json valueOrNull(const auto& found) { return found ? Json(*found) : Json(); }

}  // namespace

Response responseOf(const Json& command) {
  const int status = field(command, "status", 200);
  const Json body = field(command, "body", Json());
  Response response;
  if (body.is_binary()) {
    const auto& bytes = body.get_binary();
    const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    response = Response(SharedBytes(view), status);
  } else if (body.is_null()) {
    response = Response(std::string_view(), status);
  } else {
    response = Response(body.is_string() ? body.get<std::string>() : body.dump(), status);
  }
  const Json headers = field(command, "headers", Json::object());
  for (const auto& [name, value] : headers.items()) {
    if (!value.is_array()) {
      response = response.header(name, value.get<std::string>());
      continue;
    }
    for (const Json& one : value) response = response.append(name, one.get<std::string>());
  }
  return response;
}

Task<> ScriptRun::id(const Json&) {
  add(room().id());
  return {};
}

Task<> ScriptRun::name(const Json&) {
  add(room().name());
  return {};
}

Task<> ScriptRun::sleep(const Json& command) { co_await room().sleep(lengthOf(command)); }

Task<> ScriptRun::timeout(const Json& command) {
  room().setTimeout(lengthOf(command), [occasion = occasion_, script = field<Json>(command, "script")] {
    return runDetached(occasion, script);
  });
  return {};
}

Task<> ScriptRun::interval(const Json& command) {
  struct Repetition {
    TimerId timer = 0;
    std::int64_t left;
  };
  auto state = std::make_shared<Repetition>();
  state->left = field<std::int64_t>(command, "times");
  state->timer =
      room().setInterval(lengthOf(command), [state, occasion = occasion_, script = field<Json>(command, "script")] {
        if (--state->left <= 0) occasion.room->clear(state->timer);
        return runDetached(occasion, script);
      });
  return {};
}

Task<> ScriptRun::block(const Json& command) {
  const Json script = field<Json>(command, "script");
  ScriptRun section(occasion_);
  co_await room().blockConcurrencyWhile([&section, &script] { return section.run(script); });
  add(section.results());
}

Task<> ScriptRun::waitUntil(const Json& command) {
  room().waitUntil(runDetached(occasion_, field<Json>(command, "script")));
  return {};
}

Task<> ScriptRun::fail(const Json& command) {
  // What is no error can only leave the handler: a script catches errors.
  if (command.contains("plain") && field(command, "uncaught", false)) throw field<std::string>(command, "plain");
  std::optional<int> code;
  if (command.contains("code")) code = field<int>(command, "code");
  throw Error(field<std::string>(command, command.contains("plain") ? "plain" : "message"), code);
}

Task<> ScriptRun::note(const Json& command) {
  // Without a text it tells the results so far, where nobody can be replied to.
  const Json results = command.contains("text") ? Json() : std::exchange(results_, Json::array());
  Report::add(occasion_.report,
              "note " + (command.contains("text") ? field<std::string>(command, "text") : results.dump()));
  return {};
}

Task<> ScriptRun::request(const Json& command) {
  if (!occasion_.request) throw Error("there is no request here");
  const Request& inHand = *occasion_.request;
  Json seen;
  seen["method"] = std::string(inHand.method());
  seen["path"] = std::string(inHand.path());
  for (const auto& name : field(command, "headers", std::vector<std::string>())) {
    seen["headers"][name] = valueOrNull(inHand.header(name));
  }
  for (const auto& name : field(command, "query", std::vector<std::string>())) {
    seen["query"][name] = valueOrNull(inHand.query(name));
  }
  if (field(command, "body", false)) seen["body"] = inHand.text();
  if (field(command, "host", false)) {
    const std::string_view url = inHand.url();
    const std::size_t begin = url.find("//") + 2;
    seen["host"] = std::string(url.substr(begin, url.find('/', begin) - begin));
  }
  add(seen);
  return {};
}

Task<> ScriptRun::respond(const Json& command) {
  response_ = responseOf(command);
  return {};
}

}  // namespace Party::Contract
