#include <fmt/format.h>
#include <party/sim/report.h>
#include <party/sim/world.h>

#include <algorithm>

#include "crash_watch.h"
#include "quoted.h"
#include "recorder.h"
#include "stored_text.h"

namespace Party::Sim {
namespace {

using Detail::Row;

constexpr int left = 84;        // room for the times
constexpr int laneWidth = 150;  // between two lanes
constexpr int noteWidth = 240;  // beside the last lane, at least
constexpr double letterWidth = 7.6;
constexpr int top = 56;
constexpr int rowHeight = 30;

constexpr const char* style = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2733; --quiet: #64748b; --line: #d5dde6; --go: #2563eb;
  --fault: #b45309; --bad: #dc2626; --badpaper: #fee2e2; --card: #f7f9fb; }
@media (prefers-color-scheme: dark) { :root { --paper: #11171e; --ink: #e2e8f0; --quiet: #8b9bb0; --line: #2b3846;
  --go: #60a5fa; --fault: #f5b042; --bad: #f87171; --badpaper: #471a1d; --card: #18212b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 1700px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
h2 { font-size: 1rem; margin: 0 0 .6rem; }
p { margin: .2rem 0; }
.quiet { color: var(--quiet); }
.side { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1rem; margin: 1rem 0; }
.side code { color: var(--bad); }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)); gap: 1.5rem; margin: 1.5rem 0; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem; overflow-x: auto; }
pre, code { font: 13px/1.45 ui-monospace, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem; overflow-x: auto; }
table { border-collapse: collapse; font: 13px/1.45 ui-monospace, monospace; margin-top: .6rem; }
td { padding: .1rem .8rem .1rem 0; vertical-align: top; overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; }
svg text { font: 12.5px ui-monospace, monospace; fill: var(--ink); }
svg .lane { stroke: var(--line); stroke-width: 1.5; }
svg .name { font-weight: 600; }
svg .time { fill: var(--quiet); text-anchor: end; }
svg .go { stroke: var(--go); stroke-width: 1.6; }
svg .head { fill: var(--go); }
svg .fault { fill: var(--fault); }
svg .dot { fill: var(--quiet); }
svg .wall { stroke: var(--fault); stroke-width: 1.2; stroke-dasharray: 5 4; }
svg .bad { fill: var(--badpaper); }
svg .gate { fill: var(--quiet); font-style: italic; }
svg circle.gate { fill: none; stroke: var(--quiet); stroke-width: 1.5; }
tr.bad td { background: var(--badpaper); }
)css";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

/// One life as lanes from left to right and time from top to bottom.
class Diagram {
 public:
  Diagram(const Life& life, const Detail::Recorder& recorder, const std::optional<Difference>& difference)
      : life_(life), recorder_(recorder), difference_(difference) {}

  std::string svg() {
    const int height = top + rowHeight * (static_cast<int>(recorder_.rows.size()) + 1);
    width_ = left + laneWidth * static_cast<int>(lanes()) + noteWidth - laneWidth / 2;
    for (const Row& row : recorder_.rows) {
      const int from = row.room ? laneX(laneOf(*row.room)) : left + 30;
      width_ = std::max(width_, from + 30 + static_cast<int>(letterWidth * static_cast<double>(row.text.size())));
    }
    std::string body;
    for (std::size_t i = 0; i < lanes(); ++i) body += lane(i, height);
    for (std::size_t i = 0; i < recorder_.rows.size(); ++i)
      body += row(recorder_.rows[i], top + rowHeight * static_cast<int>(i + 1));
    return fmt::format("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\">{2}</svg>", width_,
                       height, body);
  }

 private:
  std::size_t lanes() const { return life_.clients.size() + recorder_.rooms.size(); }
  int laneX(std::size_t lane) const { return left + 30 + laneWidth * static_cast<int>(lane); }
  std::size_t laneOf(RoomIndex room) const { return life_.clients.size() + room; }
  std::size_t roomLaneOf(std::size_t viewer) const {
    const auto name = "/" + roomName(life_.clients[viewer].room);
    for (std::size_t i = 0; i < recorder_.rooms.size(); ++i) {
      if (recorder_.rooms[i].ends_with(name)) return life_.clients.size() + i;
    }
    return lanes() - 1;
  }

  std::string lane(std::size_t index, int height) const {
    const bool client = index < life_.clients.size();
    const auto name =
        client ? std::string(clientName(life_.clients[index].client)) : recorder_.rooms[index - life_.clients.size()];
    return fmt::format(
        "<text class=\"name\" x=\"{0}\" y=\"26\" text-anchor=\"middle\">{1}</text>"
        "<line class=\"lane\" x1=\"{0}\" x2=\"{0}\" y1=\"38\" y2=\"{2}\"/>",
        laneX(index), escaped(name), height - 8);
  }

  std::string row(const Row& row, int y) {
    std::string out;
    const bool differs = row.kind == Row::Kind::toClient && difference_ && difference_->viewer == row.viewer &&
                         row.frame == difference_->frame;
    if (differs)
      out += fmt::format("<rect class=\"bad\" x=\"2\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>", y - 19,
                         width_ - 4, rowHeight - 2);
    if (row.microseconds != shownTime_) {
      out += fmt::format("<text class=\"time\" x=\"{}\" y=\"{}\">{:.1f} ms</text>", left - 8, y,
                         static_cast<double>(row.microseconds) / 1000);
      shownTime_ = row.microseconds;
    }
    const bool travels = row.kind == Row::Kind::toRoom || row.kind == Row::Kind::toClient;
    return out + (travels && row.viewer < life_.clients.size() ? arrow(row, y) : note(row, y));
  }

  std::string arrow(const Row& row, int y) const {
    const bool toRoom = row.kind == Row::Kind::toRoom;
    const int client = laneX(row.viewer);
    const int room = laneX(roomLaneOf(row.viewer));
    const int from = toRoom ? client : room;
    const int to = toRoom ? room : client;
    const int back = to > from ? -7 : 7;
    return fmt::format(
        "<line class=\"go\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>"
        "<path class=\"head\" d=\"M{1} {2} l{3} -4 l0 8 z\"/>"
        "<text x=\"{4}\" y=\"{5}\">{6}</text>",
        from, to, y + 2, back, std::min(client, room) + 12, y - 4, escaped(row.text));
  }

  std::string note(const Row& row, int y) const {
    const bool fault = row.kind == Row::Kind::fault;
    if (row.kind == Row::Kind::remark) {
      return fmt::format("<text class=\"gate\" x=\"{}\" y=\"{}\">{}</text>", left + 42, y, escaped(row.text));
    }
    if (row.kind == Row::Kind::atClient) return dot(row, y, laneX(row.viewer), "fault");
    if (!row.room) {
      const int x = life_.clients.empty() ? left : laneX(0);
      return fmt::format(
          "<line class=\"wall\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/><text class=\"{3}\" x=\"{4}\" "
          "y=\"{5}\">{6}</text>",
          left, width_ - 8, y + 2, fault ? "fault" : "", x + 12, y - 4, escaped(row.text));
    }
    const char* kind = fault ? "fault" : row.kind == Row::Kind::gate ? "gate" : "dot";
    return dot(row, y, laneX(laneOf(*row.room)), kind);
  }

  static std::string dot(const Row& row, int y, int x, std::string_view kind) {
    return fmt::format(
        "<circle class=\"{0}\" cx=\"{1}\" cy=\"{2}\" r=\"4\"/><text class=\"{3}\" x=\"{4}\" y=\"{5}\">{6}</text>", kind,
        x, y - 3, kind == "dot" ? "" : kind, x + 11, y + 1, escaped(row.text));
  }

  const Life& life_;
  const Detail::Recorder& recorder_;
  const std::optional<Difference>& difference_;
  std::uint64_t shownTime_ = ~std::uint64_t{0};
  int width_ = 0;
};

/// What is durable under each room; the entry that the finding is about stands out.
std::string diskTable(const Life& life, const std::optional<Difference>& difference) {
  std::string out;
  for (std::size_t room = 0; room < life.disks.size(); ++room) {
    const auto& disk = life.disks[room];
    if (disk.entries.empty() && !disk.alarm) continue;
    const std::string name = roomName(static_cast<std::uint8_t>(room));
    const auto marked = [&](const std::string& place) {
      return difference && difference->where == place ? "<tr class=\"bad\">" : "<tr>";
    };
    out += fmt::format("<p class=\"quiet\">on disk of {} at the end</p><table>", name);
    std::size_t shown = 0;
    for (const auto& [key, value] : disk.entries) {
      if (++shown > 20) break;
      const auto place = fmt::format("on the disk of {}, key {}", name, Detail::quoted(key, true));
      out += fmt::format("{}<td>{}</td><td>{}</td></tr>", marked(place), escaped(Detail::shortened(key, 60)),
                         escaped(Detail::storedText(value.view(), 60)));
    }
    if (disk.entries.size() > 20)
      out += fmt::format("<tr><td>and {} more</td><td></td></tr>", disk.entries.size() - 20);
    if (disk.alarm) {
      const auto at = millisecondsOf(*disk.alarm) - millisecondsOf(WorldOptions().startTime());
      out += fmt::format("{}<td>alarm</td><td>at {} ms</td></tr>", marked("the alarm of " + name), at);
    }
    out += "</table>";
  }
  return out.empty() ? "<p class=\"quiet\">nothing on any disk at the end</p>" : out;
}

std::string panel(std::string_view title, const Scenario& scenario, Stage stage, LifeOptions options,
                  const std::optional<Difference>& difference) {
  Detail::Recorder recorder(scenario, options.cleanStop != nullptr);
  options.witness = &recorder;
  options.observer = &recorder;
  const Life life = stage.play(scenario, options);
  return fmt::format("<div class=\"panel\"><h2>{}</h2>{}{}</div>", title, Diagram(life, recorder, difference).svg(),
                     diskTable(life, difference));
}

/// What was under way when the process died, and what became of it in the life beside it.
std::string crashStory(const Scenario& scenario, const Detail::CrashRecord& crash) {
  const auto named = [&](Host::Cause cause) -> std::string {
    for (const Step& step : scenario.steps) {
      const Host::Cause first = World::causeOf(std::uint64_t{step.id} + 1);
      if (cause == first || cause == World::causeOf(first.value)) {
        return fmt::format("{} (step {})", Detail::shortened(sentence(step), 60), step.id);
      }
    }
    return "something a room had set off itself, such as an alarm or a timer";
  };
  const auto list = [&](std::string_view title, const std::vector<Host::Cause>& causes) {
    std::string out = causes.empty() ? "" : fmt::format("<p>{}:</p><ul>", title);
    for (const Host::Cause cause : causes) out += fmt::format("<li>{}</li>", escaped(named(cause)));
    return causes.empty() ? out : out + "</ul>";
  };
  return list("under way when the process died; finished on the left, cut off on the right", crash.interrupted) +
         list("arrived and not begun; lost on both sides", crash.unbegun) +
         "<p class=\"quiet\">Every other account was tried too, with some of what was under way finished and the rest "
         "never arrived: none shows everyone what they saw and ends in the same state.</p>";
}

}  // namespace

std::string reportPage(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                       const ReportContext& context) {
  LifeOptions options = judgedLife(scenario);
  std::string panels;
  std::string story;
  if (finding.kind == Finding::Kind::hibernation) {
    options.hibernations = false;
    panels += panel("awake all the time", scenario, Stage(parties, context.peers), options, finding.difference);
    options.hibernations = true;
    panels += panel("hibernated on the way", scenario, Stage(parties, context.peers), options, finding.difference);
  } else if (finding.kind == Finding::Kind::repeat) {
    options.alarmRepeats = false;
    panels += panel("the alarm comes once", scenario, Stage(parties, context.peers), options, finding.difference);
    options.alarmRepeats = true;
    panels += panel("the alarm comes twice", scenario, Stage(parties, context.peers), options, finding.difference);
  } else if (finding.kind == Finding::Kind::crash) {
    const Life crashed = Stage(parties, context.peers).play(scenario, options);
    LifeOptions finished = options;
    const Detail::CleanStop stop{*crashed.crash, crashed.stepTimes, crashed.crash->unbegun};
    finished.cleanStop = &stop;
    finished.length = crashed.length;
    story = crashStory(scenario, *crashed.crash);
    panels += panel("everything under way is finished", scenario, Stage(parties, context.peers), finished,
                    finding.difference);
    panels += panel("crashed in the middle", scenario, Stage(parties, context.peers), options, finding.difference);
  } else {
    panels += panel("what happened", scenario, Stage(parties, context.peers), options, finding.difference);
  }
  std::string sides;
  if (finding.difference) {
    const auto [without, with] = sidesOf(finding.kind);
    sides = fmt::format("<div class=\"side\"><span>{}</span><code>{}</code><span>{}</span><code>{}</code></div>",
                        without, escaped(finding.difference->without), with, escaped(finding.difference->with));
  }
  const auto& how = finding.difference ? finding.difference->where : finding.how;
  const std::string replay =
      context.program.empty() ? ""
                              : fmt::format("<h2>replay</h2><pre>{}</pre>", escaped(replayCommand(scenario, context)));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><meta name=\"viewport\" "
      "content=\"width=device-width\"><style>{1}</style></head>\n<body><p class=\"quiet\">party {2}, broken "
      "law:</p><h1>{0}</h1>"
      "<p>{3}</p>{4}{9}<div class=\"panels\">{5}</div><h2>step by step</h2><pre>{6}</pre>{7}<h2>as a "
      "test</h2><pre>{8}</pre>"
      "</body></html>\n",
      escaped(finding.law), style, escaped(scenario.party), escaped(how), sides, panels, escaped(stepTable(scenario)),
      replay, escaped(regressionTest(finding, scenario, parties, context)), story);
}

}  // namespace Party::Sim
