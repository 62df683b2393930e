#include "step_reader.h"

#include "../probe/markers.h"

#include <fmt/format.h>
#include <party/error.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace Party::Contract {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (std::isalnum(static_cast<unsigned char>(byte)) != 0 || std::string_view("-._~").contains(byte)) {
      result += byte;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return result;
}

namespace {

constexpr long maxWait = 60'000;
constexpr std::array verbs{"connect", "open",  "send",   "close",  "drop",      "end",    "request",
                           "wait",    "quiet", "expect", "report", "hibernate", "restart"};

std::string replaceAll(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string queryOf(const Json* query) {
  std::string text;
  if (query == nullptr) return text;
  for (const auto& [name, value] : query->items()) {
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    text += (text.empty() ? "" : "&") + escaped(name) + "=" + escaped(shown);
  }
  return text;
}

/// `frames`: hexadecimal digits, or an array of texts of them, one behind the other.
std::optional<std::string> framesOf(Fields& fields) {
  const Json* written = fields.find("frames");
  if (written == nullptr || !written->is_array()) return fields.text("frames");
  std::string all;
  for (const std::string& part : fields.texts("frames", 1'000)) all += part;
  return all;
}

const char* verbOf(const Json& step, const Place& place) {
  if (!step.is_object()) place.refuse("a step is an object");
  if (step.contains("expect")) return "expect";  // "open" and "close" are also what may be expected
  const char* found = nullptr;
  for (const char* verb : verbs) {
    if (!step.contains(verb)) continue;
    if (found != nullptr) place.refuse(fmt::format("a step has one verb, not \"{}\" and \"{}\"", found, verb));
    found = verb;
  }
  if (found == nullptr) place.refuse(fmt::format("a step begins with one of {}", fmt::join(verbs, ", ")));
  return found;
}

}  // namespace

Json StepReader::filledIn(const Json& value) const {
  if (value.is_string()) {
    return replaceAll(replaceAll(value.get<std::string>(), "{room}", room_.id), "{party}", room_.party);
  }
  if (!value.is_structured()) return value;
  Json result = value;
  for (Json& element : result) element = filledIn(element);
  return result;
}

Json StepReader::filledInStep(const Json& step) const {
  Json result = filledIn(step);
  for (auto& [name, value] : result.items()) {
    if (name != "script" && name != "query") value = withoutRepeats(value);  // those the probe writes out
  }
  return result;
}

Step StepReader::read(const Json& written, const Place& place) const {
  const std::string_view verb = verbOf(written, place);
  Json step;
  try {
    step = filledInStep(written);
  } catch (const Error& error) {
    place.refuse(error.what());
  }
  if (verb == "expect" || verb == "report") return expectation(step, place);

  Fields fields(step, place);
  Step result;
  if (verb == "connect" || verb == "open") {
    result.what = connect(fields, verb == "open" ? "open" : "connect");
  } else if (verb == "request") {
    result.what = request(fields);
  } else if (verb == "send") {
    result.what = send(fields);
  } else if (verb == "close") {
    result.what = close(fields);
  } else if (verb == "drop" || verb == "end") {
    result.what = BreakStep{fields.text(verb == "end" ? "end" : "drop").value_or(""), verb == "end"};
  } else if (verb == "wait") {
    result.what = WaitStep{std::chrono::milliseconds(fields.number("wait", 0, maxWait).value_or(0))};
  } else if (verb == "hibernate") {
    result.what = hibernate(fields);
  } else {
    const bool quiet = verb == "quiet";
    if (!fields.boolean(quiet ? "quiet" : "restart").value_or(false)) place.refuse("this verb is followed by true");
    if (quiet) {
      result.what = QuietStep{};
    } else {
      result.what = RestartStep{};
    }
  }
  fields.finish();
  return result;
}

RoomName StepReader::roomOf(Fields& fields) const {
  return {fields.text("party", room_.party), fields.text("room", room_.id)};
}

std::string StepReader::targetOf(Fields& fields, bool named) const {
  const RoomName room = roomOf(fields);
  const auto url = fields.text("url");
  const auto path = fields.text("path");
  if (path && !path->starts_with('/')) fields.place().inside("path").refuse("a path begins with a slash");
  const std::string query = queryOf(fields.object("query"));
  if (url) {
    if (path || !query.empty())
      fields.place().refuse("\"url\" is the whole target, so it stands without path and query");
    return *url;
  }
  const std::string target = path.value_or("/parties/" + room.party + "/" + room.id);
  // The connection's id comes first in the query; whoever connects puts it there.
  return query.empty() || named ? target : target + "?" + query;
}

ConnectStep StepReader::connect(Fields& fields, const char* verb) const {
  ConnectStep step;
  step.expectOpen = std::string_view(verb) == "open";
  step.channel = fields.text(verb).value_or("");
  const Json* id = fields.find("id");
  const bool written = fields.find("url") != nullptr;
  if (id != nullptr && !id->is_null() && !id->is_string()) fields.place().inside("id").refuse("a text or null");
  if (id != nullptr && written) fields.place().refuse("\"url\" is the whole target, so it stands without id");
  if (!written && (id == nullptr || id->is_string())) step.id = id == nullptr ? step.channel : id->get<std::string>();
  step.target = targetOf(fields, true);
  std::string query = step.id ? "_pk=" + escaped(*step.id) : "";
  if (const std::string more = queryOf(fields.object("query")); !more.empty())
    query += (query.empty() ? "" : "&") + more;
  if (!query.empty()) step.target += "?" + query;
  step.headers = headersOf(fields);
  step.method = fields.text("method", "GET");
  step.answersClose = fields.boolean("answersClose").value_or(true);
  return step;
}

RequestStep StepReader::request(Fields& fields) const {
  RequestStep step;
  step.channel = fields.text("request").value_or("");
  step.target = targetOf(fields, false);
  step.headers = headersOf(fields);
  const Json* script = fields.array("script");
  const auto body = fields.text("body");
  if (script != nullptr && body) fields.place().refuse("a request has a script or a body, not both");
  step.body = script != nullptr ? script->dump() : body.value_or("");
  step.method = fields.text("method", script != nullptr || body ? "POST" : "GET");
  return step;
}

SendStep StepReader::send(Fields& fields) const {
  SendStep step;
  step.channel = fields.text("send").value_or("");
  const Json* script = fields.array("script");
  const auto text = fields.text("text");
  const auto bytes = fields.text("bytes");
  const std::optional<std::string> frames = framesOf(fields);
  if ((script != nullptr) + text.has_value() + bytes.has_value() + frames.has_value() != 1) {
    fields.place().refuse("send has one of script, text, bytes and frames");
  }
  if (script != nullptr) {
    step.content = script->dump();
  } else if (text) {
    step.content = *text;
  } else if (bytes) {
    step.as = SendStep::As::bytes;
    step.content = bytesIn(fields, "bytes", *bytes);
  } else {
    step.as = SendStep::As::frames;
    step.content = bytesIn(fields, "frames", *frames);
  }
  return step;
}

CloseStep StepReader::close(Fields& fields) const {
  CloseStep step;
  step.channel = fields.text("close").value_or("");
  if (const auto code = fields.number("code", 0, 65'535)) step.code = static_cast<std::uint16_t>(*code);
  step.reason = fields.text("reason", "");
  if (!step.code && !step.reason.empty()) fields.place().refuse("a close with a reason has a code");
  return step;
}

HibernateStep StepReader::hibernate(Fields& fields) const {
  HibernateStep step;
  step.possible = fields.boolean("hibernate").value_or(true);
  step.room = roomOf(fields);
  return step;
}

}  // namespace Party::Contract
