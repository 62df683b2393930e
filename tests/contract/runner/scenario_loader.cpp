#include "scenario_loader.h"

#include "step_reader.h"

#include <fmt/format.h>
#include <party/json.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <utility>

namespace Party::Contract {
namespace {

/// Parses JSON, and refuses what a reader of the file could overlook: depth, and one key twice.
Json parseStrictly(std::string_view text, const Place& place) {
  if (text.size() > maxFileBytes) {
    place.refuse(fmt::format("{} bytes, the limit is {}; split the file", text.size(), maxFileBytes));
  }
  std::vector<std::set<std::string>> keys;
  const auto look = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      place.refuse(fmt::format("the key \"{}\" stands twice in one object", parsed.get<std::string>().substr(0, 100)));
    }
    return true;
  };
  try {
    parseJson(text);
    return Json::parse(text, look);
  } catch (const Error& error) {
    place.refuse(error.message());
  }
}

void checkRules(const std::vector<std::string>& rules, const Place& place) {
  static const std::regex form("[A-Z]+-[0-9]+(\\.[0-9]+)?");
  if (rules.empty()) place.refuse("a scenario shows at least one rule");
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!std::regex_match(rules[i], form)) place.inside(i).refuse("a rule is written as in MESSAGE-1");
  }
}

std::vector<std::string> partiesOf(Fields& fields) {
  const std::string party = fields.text("party", "both");
  if (party == "both") return {"main", "ordinary"};
  for (const char* known : {"main", "ordinary", "silent"}) {
    if (party == known) return {party};
  }
  fields.place().inside("party").refuse("the parties are main, ordinary, silent and both (main and ordinary)");
}

/// An object that says something of arms, by their names.
std::map<std::string, std::string> byArm(Fields& fields, const char* name) {
  std::map<std::string, std::string> result;
  const Json* written = fields.object(name);
  if (written == nullptr) return result;
  Fields inside(*written, fields.place().inside(name));
  for (const std::string& arm : armNames) {
    if (const auto text = inside.text(arm.c_str())) result[arm] = *text;
  }
  inside.finish();
  return result;
}

void readArms(Fields& fields, Scenario& scenario) {
  scenario.arms = fields.texts("arms", armNames.size());
  const bool all = fields.find("arms") == nullptr;
  if (all) scenario.arms = armNames;
  scenario.because = byArm(fields, "because");
  scenario.differs = byArm(fields, "differs");
  for (const std::string& arm : scenario.arms) {
    if (std::ranges::find(armNames, arm) == armNames.end()) {
      fields.place().inside("arms").refuse(fmt::format("the arms are {}", fmt::join(armNames, ", ")));
    }
  }
  for (const std::string& arm : armNames) {
    const bool runs = std::ranges::find(scenario.arms, arm) != scenario.arms.end();
    if (runs == scenario.because.contains(arm)) {
      fields.place().refuse(runs ? fmt::format("\"because\" says why {} is left out, but it is not", arm)
                                 : fmt::format("{} is left out, so \"because\" says why", arm));
    }
  }
}

Scenario readScenario(const Json& written, const Place& place) {
  Fields fields(written, place);
  Scenario scenario;
  scenario.file = place.file;
  scenario.place = place.inside("steps");
  scenario.title = fields.text("title", "");
  if (scenario.title.empty()) place.refuse("a scenario has a title");
  if (scenario.title.size() > 200) place.inside("title").refuse("a title has at most 200 bytes");
  scenario.rules = fields.texts("rules", maxRules);
  checkRules(scenario.rules, place.inside("rules"));
  scenario.parties = partiesOf(fields);
  readArms(fields, scenario);
  scenario.roomSuffix = fields.text("room", "");
  const std::string rest = fields.text("rest", "expected");
  if (rest != "expected" && rest != "ignored") place.inside("rest").refuse("\"rest\" can only be \"ignored\"");
  scenario.restIgnored = rest == "ignored";
  const Json* steps = fields.array("steps");
  if (steps == nullptr || steps->empty()) place.refuse("a scenario has steps");
  if (steps->size() > maxSteps) {
    scenario.place.refuse(fmt::format("{} steps, the limit is {}", steps->size(), maxSteps));
  }
  scenario.steps = *steps;
  fields.finish();

  for (const std::string& party : scenario.parties) {
    for (const std::string& arm : armNames) stepsOf(scenario, {party, "room"}, arm);
  }
  return scenario;
}

}  // namespace

std::vector<Scenario> loadScenarios(std::string_view text, const std::string& file) {
  const Place whole{file, ""};
  const Json parsed = parseStrictly(text, whole);
  std::vector<Scenario> scenarios;
  if (!parsed.is_array()) {
    scenarios.push_back(readScenario(parsed, whole));
    return scenarios;
  }
  if (parsed.empty()) whole.refuse("there is no scenario in it");
  if (parsed.size() > maxScenarios) {
    whole.refuse(fmt::format("{} scenarios, the limit is {}; split the file", parsed.size(), maxScenarios));
  }
  std::set<std::string> titles;
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    scenarios.push_back(readScenario(parsed[i], whole.inside(i)));
    if (!titles.insert(scenarios.back().title).second)
      whole.inside(i).inside("title").refuse("another scenario of this file has this title");
  }
  return scenarios;
}

std::vector<Scenario> loadScenarioFile(const std::filesystem::path& file, const std::string& shownAs) {
  std::ifstream input(file, std::ios::binary);
  if (!input) Place{shownAs, ""}.refuse("the file cannot be opened");
  std::string text(maxFileBytes + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  return loadScenarios(text, shownAs);
}

std::vector<Step> stepsOf(const Scenario& scenario, const RoomName& room, const std::string& arm) {
  const StepReader reader(room, arm);
  std::vector<Step> steps;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    steps.push_back(reader.read(scenario.steps[i], scenario.place.inside(i)));
  }
  return steps;
}

}  // namespace Party::Contract
