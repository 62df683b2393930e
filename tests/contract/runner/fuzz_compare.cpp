#include "fuzz_compare.h"

#include "../probe/markers.h"
#include "fuzz_scripts.h"
#include "scenario_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <type_traits>
#include <utility>

namespace Party::Contract {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view reportChannel = "report";

std::string withoutRoom(std::string text, const std::string& room) {
  for (std::size_t at = 0; (at = text.find(room, at)) != std::string::npos; at += 6) {
    text.replace(at, room.size(), "{room}");
  }
  return text;
}

/// A text, or the value that it is the JSON of: the order of keys is each language's own.
void put(Json& expected, const char* asText, const std::string& text) {
  if (!text.empty() && (text.front() == '[' || text.front() == '{')) {
    Json value = Json::parse(text, nullptr, false);
    if (!value.is_discarded()) {
      expected["json"] = std::move(value);
      return;
    }
  }
  expected[asText] = text;
}

Json expectationOf(const std::string& channel, const Observation& seen, const std::string& room) {
  Json expected{{"expect", channel}};
  const std::string content = withoutRoom(seen.content, room);
  switch (seen.kind) {
    case Observation::Kind::open:
      expected["open"] = true;
      break;
    case Observation::Kind::answer:
      expected["status"] = seen.code.value_or(0);
      put(expected, "body", content);
      break;
    case Observation::Kind::text:
      put(expected, "text", content);
      break;
    case Observation::Kind::bytes:
      expected["bytes"] = hexOfBytes(seen.content);
      break;
    case Observation::Kind::pong:
      expected["pong"] = hexOfBytes(seen.content);
      break;
    case Observation::Kind::close:
      expected["close"] = seen.code ? Json(*seen.code) : Json();
      expected["reason"] = content;
      break;
    case Observation::Kind::lost:
      expected["lost"] = true;
      break;
  }
  return expected;
}

/// Plays steps, and keeps what is seen.
class Recorder {
 public:
  Recorder(Stage& stage, Pace pace, int slower) : stage_(stage), pace_(pace), quiet_(pace.quiet * slower) {}

  void take(const ConnectStep& step) { stage_.connect(step); }
  void take(const RequestStep& step) { stage_.request(step); }
  void take(const SendStep& step) { stage_.send(step); }
  void take(const CloseStep& step) { stage_.close(step); }
  void take(const BreakStep& step) { stage_.breakOff(step); }
  void take(const RestartStep&) { stage_.restart(); }
  void take(const WaitStep& step) {
    const milliseconds end = stage_.now() + step.length;
    while (stage_.now() < end) stage_.pass(end - stage_.now());
  }
  void take(const QuietStep&) { rest(); }
  void take(const HibernateStep& step) {
    rest();
    stage_.hibernate(step);  // whether it did, the report tells
  }
  void take(const ExpectStep&) {}
  void take(const ReportStep&) {}

  void rest() {
    const milliseconds end = stage_.now() + 4 * pace_.patience;
    while (stage_.pass(quiet_)) {
      if (stage_.now() > end) throw std::runtime_error("things did not come to rest");
    }
  }

  /// What a room does may follow what its clients see.
  std::vector<std::string> report(const RoomName& room) {
    std::vector<std::string> lines = stage_.report(room);
    for (milliseconds waited{0}; waited < pace_.reports / 8; waited += quiet_) {
      stage_.pass(quiet_);
      std::ranges::move(stage_.report(room), std::back_inserter(lines));
    }
    return lines;
  }

 private:
  Stage& stage_;
  Pace pace_;
  milliseconds quiet_;
};

Json reportStep(const std::string& line, const std::string& room) {
  constexpr std::string_view note = "note ";
  Json result = withoutRoom(line, room);
  const auto text = result.get<std::string>();
  if (!text.starts_with(note)) return result;
  Json told = Json::object();
  put(told, "text", text.substr(note.size()));
  return told.contains("json") ? Json(std::string(note) + told["json"].dump()) : result;
}

void playInto(Seen& seen, const Json& script, const RoomName& room, const std::string& armName, Arm& arm, int slower) {
  Json file = script;
  file.erase("rest");
  const Scenario scenario = loadScenarios(file.dump(), "random script").at(0);
  const std::vector<Step> steps = stepsOf(scenario, room, armName);
  const std::unique_ptr<Stage> stage = arm.stage(steps);
  Recorder recorder(*stage, arm.pace(), slower);
  for (const Step& step : steps) {
    std::visit([&recorder](const auto& what) { recorder.take(what); }, step.what);
  }
  recorder.rest();
  for (const std::string& line : recorder.report(room)) {
    seen.channels[std::string(reportChannel)].push_back(reportStep(line, room.id));
  }
  for (const auto& [channel, observations] : stage->observed) {
    // A client that has sent a close frame is not surprised by the end of TCP, and only the simulator tells of it.
    const bool closes = std::ranges::any_of(script["steps"], [&channel](const Json& step) {
      return step.contains("close") && !step.contains("expect") && step["close"] == channel;
    });
    for (const Observation& one : observations) {
      if (closes && one.kind == Observation::Kind::lost) continue;
      seen.channels[channel].push_back(expectationOf(channel, one, room.id));
    }
  }
}

std::string shown(const std::vector<Json>& list, std::size_t at) {
  return at < list.size() ? list[at].dump(-1, ' ', false, Json::error_handler_t::replace) : "nothing";
}

}  // namespace

Seen look(const Json& script, const std::string& room, const std::string& armName, Arm& arm, int slower) {
  Seen seen;
  try {
    playInto(seen, script, {script.at("party").get<std::string>(), room}, armName, arm, slower);
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& error) {
    seen.broken = error.what();
  }
  return seen;
}

FirstDifference compare(const Seen& here, const Seen& there) {
  if (here.broken != there.broken) return {"the run", 0, here.broken, there.broken};
  static const std::vector<Json> silent;
  std::map<std::string, std::pair<const std::vector<Json>*, const std::vector<Json>*>> channels;
  for (const auto& [name, list] : here.channels) channels[name] = {&list, &silent};
  for (const auto& [name, list] : there.channels) {
    auto& both = channels[name];
    if (both.first == nullptr) both.first = &silent;
    both.second = &list;
  }
  for (const auto& [name, both] : channels) {
    const auto& [left, right] = both;
    const auto [at, other] = std::ranges::mismatch(*left, *right);
    if (at == left->end() && other == right->end()) continue;
    const auto index = static_cast<std::size_t>(at - left->begin());
    return {name, index, shown(*left, index), shown(*right, index)};
  }
  return {};
}

Json withExpectations(Json script, const Seen& seen) {
  for (const auto& [channel, observations] : seen.channels) {
    if (channel == reportChannel) continue;
    for (const Json& one : observations) script["steps"].push_back(one);
  }
  if (const auto report = seen.channels.find(std::string(reportChannel)); report != seen.channels.end()) {
    script["steps"].push_back({{"report", report->second}});
  }
  return script;
}

}  // namespace Party::Contract
