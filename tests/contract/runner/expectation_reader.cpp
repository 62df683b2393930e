#include "../probe/markers.h"
#include "scenario_loader.h"
#include "step_reader.h"

#include <fmt/format.h>
#include <party/error.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <utility>

namespace Party::Contract {

ExpectedHeaders headersOf(Fields& fields) {
  std::map<std::string, std::optional<std::string>> headers;
  const Json* written = fields.object("headers");
  if (written == nullptr) return headers;
  for (const auto& [name, value] : written->items()) {
    const Place here = fields.place().inside("headers").inside(name);
    if (!value.is_string() && !value.is_null()) here.refuse("a header is a text, or null for none");
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    headers[lower] = value.is_null() ? std::optional<std::string>() : value.get<std::string>();
  }
  return headers;
}

std::string bytesIn(Fields& fields, const char* name, const std::string& hex) {
  try {
    return bytesOfHex(hex);
  } catch (const Error& error) {
    fields.place().inside(name).refuse(error.what());
  }
}

namespace {

/// The id of a difference, which must be one that this arm may have.
std::string becauseOf(Fields& fields, const std::string& arm) {
  const std::string because = fields.text("because", "");
  const bool ours = because.starts_with("H-");
  const bool partykits = because.starts_with("D-") || because.starts_with("DIV-");
  if (!ours && !partykits) fields.place().refuse("\"because\" names the difference: D-n, DIV-n or H-n");
  if (!ours && arm != "partykit") {
    fields.place().refuse("only PartyKit may differ by a D-n; the server and the simulator differ by an H-n");
  }
  return because;
}

/// Refuses a text that begins as a regular expression and is none.
void checkPattern(const std::string& text, const Place& place) {
  if (!text.starts_with('~')) return;
  try {
    const std::regex pattern(text.substr(1));
  } catch (const std::regex_error& error) {
    place.refuse(fmt::format("\"{}\" is no regular expression: {}", text.substr(0, 100), error.what()));
  }
}

void checkPatterns(const Json& json, const Place& place) {
  if (json.is_string()) checkPattern(json.get<std::string>(), place);
  if (!json.is_structured()) return;
  for (const Json& element : json) checkPatterns(element, place);
}

}  // namespace

Step StepReader::expectation(const Json& written, const Place& place) const {
  Json expected = written;
  for (const std::string& arm : armNames) expected.erase(arm);
  Place here = place;
  Step step;
  if (const auto found = written.find(arm_); found != written.end()) {
    const Place inside = place.inside(arm_);
    Fields fields(*found, inside);
    const std::string because = becauseOf(fields, arm_);
    Json other = *found;
    other.erase("because");
    const bool byParty = other.contains("main") || other.contains("ordinary");
    if (byParty) {
      fields.allow({"main", "ordinary"});
      fields.finish();
    }
    if (!byParty || other.contains(room_.party)) {
      step.because = because;
      here = byParty ? inside.inside(room_.party) : inside;
      Json replacement = byParty ? other[room_.party] : other;
      if (!replacement.is_object()) here.refuse("what is expected instead is an object");
      if (written.contains("expect")) replacement["expect"] = written["expect"];
      expected = std::move(replacement);
    }
  }
  if (written.contains("expect")) {
    step.what = expect(expected, here);
  } else {
    step.what = report(expected, here);
  }
  return step;
}

ExpectStep StepReader::expect(const Json& written, const Place& place) const {
  Fields fields(written, place);
  ExpectStep step;
  step.channel = fields.text("expect", "");
  step.ignore = fields.boolean("ignore").value_or(false);
  step.now = fields.boolean("now").value_or(false);
  Expected& expected = step.expected;
  std::vector<const char*> kinds;
  using Kind = Expected::Kind;
  const auto kind = [&](const char* name, Kind as) {
    kinds.push_back(name);
    expected.kind = as;
  };
  if (fields.boolean("nothing").value_or(false)) kind("nothing", Kind::nothing);
  if (fields.boolean("open").value_or(false)) kind("open", Kind::open);
  if (fields.boolean("lost").value_or(false)) kind("lost", Kind::lost);
  if (fields.boolean("ended").value_or(false)) kind("ended", Kind::ended);
  if (const auto text = fields.text("text")) {
    kind("text", Kind::text);
    expected.content = text;
  }
  for (const auto& [name, as] : {std::pair{"bytes", Kind::bytes}, std::pair{"pong", Kind::pong}}) {
    if (const auto hex = fields.text(name)) {
      kind(name, as);
      expected.content = bytesIn(fields, name, *hex);
    }
  }
  if (const Json* close = fields.find("close")) {
    kind("close", Kind::close);
    if (!close->is_null()) expected.code = static_cast<int>(*fields.number("close", 0, 65'535));
    expected.content = fields.text("reason");
  }
  const Json* json = fields.find("json");
  const auto status = fields.number("status", 100, 999);
  const auto body = fields.text("body");
  if (status || body) {
    kind("status", Kind::answer);
    expected.code = static_cast<int>(status.value_or(200));
    expected.content = body;
  } else if (json != nullptr) {
    kind("json", Kind::json);
  }
  if (json != nullptr) expected.json = *json;
  expected.headers = headersOf(fields);
  if (step.ignore ? !kinds.empty() : kinds.size() != 1) {
    place.refuse(
        fmt::format("one thing is expected: nothing, open, text, json, bytes, pong, close, lost, ended or status; "
                    "here are: {}",
                    fmt::join(kinds, ", ")));
  }
  if (json != nullptr && expected.kind != Kind::json && expected.kind != Kind::answer)
    place.refuse("json stands alone or beside status");
  fields.finish();
  checkPatterns(written, place);
  return step;
}

ReportStep StepReader::report(const Json& written, const Place& place) const {
  Fields fields(written, place);
  ReportStep step;
  step.room = room_;
  if (const auto room = fields.text("room")) {
    const std::size_t slash = room->find('/');
    if (slash == std::string::npos) place.inside("room").refuse("the room of a report is written party/id");
    step.room = {room->substr(0, slash), room->substr(slash + 1)};
  }
  step.ignore = fields.boolean("ignore").value_or(false);
  step.now = fields.boolean("now").value_or(false);
  step.contains = fields.boolean("contains").value_or(false);
  step.lines = fields.texts("report", 1'000);
  step.only = fields.texts("only", 20);
  step.without = fields.texts("without", 20);
  fields.finish();
  checkPatterns(written, place);
  return step;
}

}  // namespace Party::Contract
