#pragma once

#include "markers.h"

#include <party/json.h>
#include <party/party.h>

#include <optional>
#include <string>
#include <string_view>

namespace Party::Contract {

/// What a script runs for: the room, and whatever the event in hand brought along.
struct Occasion {
  Occasion(Room& ofRoom, std::string reportName) : room(&ofRoom), report(std::move(reportName)) {}

  Room* room;
  Transaction* transaction = nullptr;  // in which the script runs
  std::string report;                  // `party/id`, kept because a room may not tell its id in onAlarm
  std::optional<Connection> sender;
  std::optional<Request> request;
};

/// One script under way: a JSON array of commands, each an object that says what to do in `do`; docs/conformance.md
/// lists them.
///
/// A command is tried on its own. What it gives is added to `results`; when it throws, `{"error": text}` is, and the
/// script goes on, unless the command says `"uncaught": true`.
class ScriptRun {
 public:
  explicit ScriptRun(Occasion occasion) : occasion_(std::move(occasion)) {}
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;

  /// The script lives until the task ends. Throws `Party::Error` when it is no array of objects.
  Task<> run(const Json& script);

  const std::string& report() const { return occasion_.report; }
  const Json& results() const { return results_; }
  /// What `respond` has asked for.
  const std::optional<Response>& response() const { return response_; }

 private:
  using Command = Task<> (ScriptRun::*)(const Json&);
  /// Null when the probe does not know the command.
  static Command find(std::string_view name);

  Task<> get(const Json& command);
  Task<> put(const Json& command);
  Task<> remove(const Json& command);
  Task<> list(const Json& command);
  Task<> deleteAll(const Json& command);
  Task<> transaction(const Json& command);
  Task<> sync(const Json& command);
  Task<> getAlarm(const Json& command);
  Task<> setAlarm(const Json& command);
  Task<> deleteAlarm(const Json& command);

  Task<> broadcast(const Json& command);
  Task<> send(const Json& command);
  Task<> close(const Json& command);
  Task<> connections(const Json& command);
  Task<> connection(const Json& command);
  Task<> open(const Json& command);
  Task<> state(const Json& command);
  Task<> setState(const Json& command);
  Task<> changeState(const Json& command);
  Task<> serializeAttachment(const Json& command);
  Task<> deserializeAttachment(const Json& command);
  Task<> uri(const Json& command);
  Task<> each(const Json& command);
  Task<> readyState(const Json& command);
  Task<> listen(const Json& command);
  Task<> fetch(const Json& command);
  Task<> connect(const Json& command);
  Task<> reply(const Json& command);

  Task<> id(const Json& command);
  Task<> name(const Json& command);
  Task<> internalID(const Json& command);
  Task<> sleep(const Json& command);
  Task<> timeout(const Json& command);
  Task<> interval(const Json& command);
  Task<> block(const Json& command);
  Task<> waitUntil(const Json& command);
  Task<> fail(const Json& command);
  Task<> note(const Json& command);
  Task<> request(const Json& command);
  Task<> respond(const Json& command);

  Task<> runWithin(Transaction& within, const Json& script, bool takesBack, Json& results);

  Room& room() const { return *occasion_.room; }
  /// The transaction around the script, unless the command says `"direct": true`, else the storage.
  KeyValueStore& store(const Json& command) const;
  void add(const Json& result) { results_.push_back(withMarkers(result)); }
  Connections listed(const Json& command) const;
  /// The connection the command names in `to`, else the sender.
  Connection target(const Json& command) const;

  Occasion occasion_;
  Json results_ = Json::array();
  std::optional<Response> response_;
};

/// A script with a run of its own: of a timer, of waitUntil. Its results are for `reply` and `note` alone; what it
/// throws becomes the line `note alone <text>` of the report, because nobody else can tell.
Task<> runDetached(Occasion occasion, Json script);

/// The value of a field. Throws `Party::Error` with the command's name when it is missing or of another type.
template <class T>
T field(const Json& command, const char* name) {
  try {
    return command.at(name).get<T>();
  } catch (const Json::exception&) {
    throw Error("the command " + command.value("do", "") + " needs another \"" + name + "\"");
  }
}
template <class T>
T field(const Json& command, const char* name, T otherwise) {
  return command.contains(name) ? field<T>(command, name) : otherwise;
}

/// The script that begins in `text`, or nothing when it is none: a script is JSON and begins with a bracket.
std::optional<Json> scriptIn(std::optional<std::string_view> text);

/// `text`, repeated up to `size` bytes if that is given, or `bytes` in hexadecimal digits.
Message messageOf(const Json& command);
/// `status`, `body` (a text, bytes, or a value that becomes its JSON) and `headers` (one value or an array of them).
Response responseOf(const Json& command);

}  // namespace Party::Contract
