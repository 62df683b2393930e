#include <fmt/format.h>
#include <party/message.h>
#include <party/sim/formats.h>
#include <party/sim/scenario.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "quoted.h"
#include "verb_table.h"

namespace Party::Sim {
namespace {

using Detail::Actor;
using Detail::Payload;
using Detail::shapeOf;
using Detail::VerbShape;

constexpr std::string_view headline = "party-scenario";

using Sentence = std::unexpected<std::string>;

/// Takes words off the front of a line; each `take` says whether it was there.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) { skip(); }

  bool atEnd() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  /// A phrase of whole words.
  bool take(std::string_view phrase) {
    if (!rest_.starts_with(phrase)) return false;
    if (rest_.size() > phrase.size() && rest_[phrase.size()] != ' ') return false;
    rest_.remove_prefix(phrase.size());
    skip();
    return true;
  }
  bool takeFront(std::string_view letters) {
    if (!rest_.starts_with(letters)) return false;
    rest_.remove_prefix(letters.size());
    return true;
  }
  std::optional<std::uint64_t> takeNumber() {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::string_view takeWord() {
    const auto word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    skip();
    return word;
  }
  std::optional<std::string> takeQuoted() {
    auto text = Detail::unquoted(rest_);
    skip();
    return text;
  }
  void skip() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
    while (!rest_.empty() && (rest_.back() == ' ' || rest_.back() == '\t' || rest_.back() == '\r'))
      rest_.remove_suffix(1);
  }

 private:
  std::string_view rest_;
};

std::optional<std::uint8_t> takeRoom(Words& words, std::uint8_t rooms) {
  if (!words.takeFront("room-")) return std::nullopt;
  const auto number = words.takeNumber();
  words.skip();
  if (!number || *number < 1 || *number > rooms) return std::nullopt;
  return static_cast<std::uint8_t>(*number - 1);
}

std::optional<std::uint8_t> takeClient(Words& words, std::uint8_t clients) {
  for (std::uint8_t client = 0; client < clients; ++client) {
    if (words.take(clientName(client))) return client;
  }
  return std::nullopt;
}

std::string faultNames() {
  std::string names;
  for (unsigned i = 0; i < faults; ++i) {
    const char* between = i == 0 ? "" : i + 1 == faults ? " and " : ", ";
    names.append(between).append(nameOf(static_cast<Fault>(i)));
  }
  return names;
}

const VerbShape* takePhrase(Words& words, Actor actor) {
  const VerbShape* longest = nullptr;  // "sends binary" before "sends"
  for (const VerbShape& shape : Detail::verbTable) {
    Words attempt = words;
    if (shape.actor != actor || !attempt.take(shape.phrase)) continue;
    if (longest == nullptr || shape.phrase.size() > longest->phrase.size()) longest = &shape;
  }
  if (longest != nullptr) words.take(longest->phrase);
  return longest;
}

std::expected<Step, std::string> parseStep(Words words, const Scenario& scenario) {
  Step step;
  const auto id = words.takeNumber();
  if (!id || *id > Scenario::maxStepId) return Sentence(fmt::format("a step's number is 0 to {}", Scenario::maxStepId));
  step.id = static_cast<StepId>(*id);
  words.skip();
  const auto after = words.takeFront("+") ? words.takeNumber() : std::nullopt;
  if (!after || !words.take("ms") || *after > Scenario::maxMilliseconds) {
    return Sentence(
        fmt::format("after its number a step says how long after the one before it comes, from \"+0ms\" to \"+{}ms\"",
                    Scenario::maxMilliseconds));
  }
  step.after = static_cast<std::uint32_t>(*after);

  auto actor = Actor::nobody;
  if (const auto client = takeClient(words, scenario.clients)) {
    actor = Actor::client;
    step.client = *client;
  } else if (const auto room = takeRoom(words, scenario.rooms)) {
    actor = Actor::room;
    step.room = *room;
  }
  const VerbShape* shape = takePhrase(words, actor);
  if (shape == nullptr) {
    return Sentence(fmt::format("\"{:.60}\" is no step; this scenario's clients are {} to {}, its rooms room-1 to {}",
                                words.rest(), clientName(0),
                                clientName(static_cast<std::uint8_t>(scenario.clients - 1)),
                                roomName(static_cast<std::uint8_t>(scenario.rooms - 1))));
  }
  step.verb = shape->verb;
  if (shape->namesRoom) {
    const auto room = takeRoom(words, scenario.rooms);
    if (!room)
      return Sentence(fmt::format("\"{}\" is followed by a room, room-1 to {}", shape->phrase, scenario.rooms));
    step.room = *room;
  }
  if (shape->maxNumber > 0) {
    const auto number = words.takeNumber();
    const bool mayMiss = shape->payload != Payload::none;
    if (number && *number > shape->maxNumber) {
      return Sentence(fmt::format("\"{}\" takes a number up to {}, not {}", shape->phrase, shape->maxNumber, *number));
    }
    if (!number && !mayMiss) return Sentence(fmt::format("\"{}\" is followed by a number", shape->phrase));
    step.number = static_cast<std::uint32_t>(number.value_or(0));
    if (number && !shape->unit.empty() && !words.takeFront(shape->unit)) {
      return Sentence(fmt::format("\"{}\" is missing behind {}", shape->unit, *number));
    }
    words.skip();
  }
  if (shape->payload != Payload::none && !words.atEnd()) {
    auto payload = words.takeQuoted();
    if (!payload)
      return Sentence("a payload stands in double quotes; inside them \\\", \\\\, \\n, \\t and \\x1f are escapes");
    step.payload = std::move(*payload);
  }
  if (!words.atEnd()) return Sentence(fmt::format("\"{:.60}\" is left over at the end", words.rest()));
  Step normal = step;
  Detail::normalise(normal, scenario.clients, scenario.rooms);
  if (normal != step) {
    return Sentence(fmt::format("a payload is at most {} bytes, and UTF-8 when it is text", Scenario::maxPayloadBytes));
  }
  return step;
}

/// A header line; the error is a sentence.
std::expected<void, std::string> parseHeader(Words words, Scenario& scenario) {
  const auto name = words.takeWord();
  const auto count = [&](std::uint32_t max, std::uint8_t& into) -> std::expected<void, std::string> {
    const auto number = words.takeNumber();
    if (!number || *number < 1 || *number > max || !words.atEnd())
      return Sentence(fmt::format("{} is a number from 1 to {}", name, max));
    into = static_cast<std::uint8_t>(*number);
    return {};
  };
  if (name == "clients") return count(Scenario::maxClients, scenario.clients);
  if (name == "rooms") return count(Scenario::maxRooms, scenario.rooms);
  if (name == "party") {
    scenario.party = words.rest();
    return {};
  }
  if (name == "seed") {
    const auto number = words.takeNumber();
    if (!number || !words.atEnd()) return Sentence("seed is a number from 0 to 18446744073709551615");
    scenario.seed = *number;
    return {};
  }
  if (name == "faults") {
    while (!words.atEnd()) {
      const auto word = words.takeWord();
      const auto known = [&] {
        for (unsigned i = 0; i < faults; ++i) {
          if (word == nameOf(static_cast<Fault>(i))) return std::optional(static_cast<Fault>(i));
        }
        return std::optional<Fault>();
      }();
      if (!known) return Sentence(fmt::format("\"{:.40}\" is no fault; there are {}", word, faultNames()));
      scenario.faults = scenario.faults.with(*known);
    }
    return {};
  }
  return Sentence(fmt::format(
      "\"{:.40}\" begins neither a step (a number) nor the header (party, clients, rooms, seed, faults)", name));
}

}  // namespace

std::string sentence(const Step& step) {
  const auto& shape = shapeOf(step.verb);
  std::string text;
  if (shape.actor == Actor::client) text = fmt::format("{} ", clientName(step.client));
  if (shape.actor == Actor::room) text = roomName(step.room) + " ";
  text += shape.phrase;
  if (shape.namesRoom) text += " " + roomName(step.room);
  const bool plain = shape.payload != Payload::none;
  if (shape.maxNumber > 0 && (step.number > 0 || !plain)) text += fmt::format(" {}{}", step.number, shape.unit);
  if (plain && (!step.payload.empty() || shape.maxNumber > 0))
    text += " " + Detail::quoted(step.payload, shape.payload == Payload::text);
  return text;
}

std::string Scenario::text() const {
  std::string out = fmt::format("{} {}\nparty {}\nclients {}\nrooms {}\nseed {}\n", headline, scenarioFormat(), party,
                                clients, rooms, seed);
  if (faults != Faults::none()) {
    out += "faults";
    for (unsigned i = 0; i < Sim::faults; ++i) {
      if (faults.has(static_cast<Fault>(i))) out += fmt::format(" {}", nameOf(static_cast<Fault>(i)));
    }
    out += '\n';
  }
  for (const Step& step : steps) out += fmt::format("{} +{}ms {}\n", step.id, step.after, sentence(step));
  return out;
}

namespace Detail {

std::expected<Scenario, std::string> parseText(std::string_view text) {
  Scenario scenario;
  std::set<StepId> taken;
  std::size_t number = 0;
  bool begun = false;
  const auto wrong = [&](std::string_view what) { return Sentence(fmt::format("line {}: {}", number, what)); };
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    Words line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.atEnd() || line.rest().starts_with('#')) continue;
    if (!begun) {
      if (!line.take(headline))
        return wrong(fmt::format("a scenario begins with \"{} {}\"", headline, scenarioFormat()));
      const auto format = line.takeNumber();
      if (!format || !line.atEnd() || *format < 1)
        return wrong(fmt::format("\"{}\" is followed by the format's number", headline));
      if (*format > static_cast<std::uint64_t>(scenarioFormat())) {
        return wrong(
            fmt::format("format {} is newer than this program, which reads up to {}", *format, scenarioFormat()));
      }
      begun = true;
    } else if (const char first = line.rest().front(); first >= '0' && first <= '9') {
      if (scenario.steps.size() == Scenario::maxSteps)
        return wrong(fmt::format("a scenario has at most {} steps", Scenario::maxSteps));
      auto step = parseStep(line, scenario);
      if (!step) return wrong(step.error());
      if (!taken.insert(step->id).second) return wrong(fmt::format("there are two steps with the number {}", step->id));
      scenario.steps.push_back(*std::move(step));
    } else if (!scenario.steps.empty()) {
      return wrong("the header comes before the first step");
    } else if (auto read = parseHeader(line, scenario); !read) {
      return wrong(read.error());
    }
  }
  if (!begun) return Sentence("it is empty");
  if (!scenario.isNormal())
    return Sentence(fmt::format("the party's name \"{:.40}\" is not 1 to {} of a-z, 0-9, _ and -", scenario.party,
                                Scenario::maxPartyName));
  return scenario;
}

}  // namespace Detail
}  // namespace Party::Sim
