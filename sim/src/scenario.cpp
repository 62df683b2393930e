#include <party/message.h>
#include <party/sim/formats.h>
#include <party/sim/scenario.h>

#include <algorithm>
#include <array>
#include <set>

#include "verb_table.h"

namespace Party::Sim {
namespace {

using Detail::Actor;
using Detail::Payload;
using Detail::shapeOf;

constexpr std::string_view partyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789_-";

/// Reads whatever bytes there are; beyond the end everything is 0.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool atEnd() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint64_t number() {  // LEB128, at most 10 bytes
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint64_t next = byte();
      if (shift < 64) value |= (next & 0x7f) << shift;
      if ((next & 0x80) == 0) break;
    }
    return value;
  }
  std::string bytes(std::size_t size) {
    size = std::min(size, rest_.size());
    std::string value(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return value;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

void writeNumber(std::vector<std::uint8_t>& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void writeBytes(std::vector<std::uint8_t>& out, std::string_view bytes) {
  writeNumber(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Ids mostly follow one another, so what is written is the distance from the one expected, small either way.
std::uint64_t distance(StepId id, StepId expected) {
  const auto difference = static_cast<std::int32_t>(id - expected);
  return static_cast<std::uint32_t>(difference) << 1 ^ static_cast<std::uint32_t>(difference >> 31);
}
StepId idAt(std::uint64_t distance, StepId expected) {
  const auto folded = static_cast<std::uint32_t>(distance);
  return (expected + (folded >> 1 ^ (0u - (folded & 1u)))) & Scenario::maxStepId;
}

std::uint32_t wrapped(std::uint64_t value, std::uint32_t max) {
  return static_cast<std::uint32_t>(value % (max + 1ull));
}

// In format 1 a connect had no payload, and there were four kinds of faults.
constexpr std::uint8_t formatWithoutQueries = 1;
constexpr std::uint32_t faultsOfFormat1 = 0xf;

std::string partyNameFrom(std::string bytes) {
  for (char& letter : bytes) {
    if (!partyAlphabet.contains(letter))
      letter = partyAlphabet[static_cast<unsigned char>(letter) % partyAlphabet.size()];
  }
  return bytes.empty() ? "main" : bytes;
}

}  // namespace

namespace Detail {

void normalise(Step& step, std::uint8_t clients, std::uint8_t rooms) {
  if (step.verb == Verb::send && !isValidUtf8(step.payload)) step.verb = Verb::sendBytes;
  const VerbShape& shape = shapeOf(step.verb);
  step.client = shape.actor == Actor::client ? static_cast<std::uint8_t>(step.client % clients) : std::uint8_t{0};
  const bool usesRoom = shape.namesRoom || shape.actor == Actor::room;
  step.room = usesRoom ? static_cast<std::uint8_t>(step.room % rooms) : std::uint8_t{0};
  step.number = wrapped(step.number, shape.maxNumber);
  if (step.verb == Verb::crashInside) step.number = std::max(step.number, 1u);
  step.after = wrapped(step.after, Scenario::maxMilliseconds);
  if (shape.payload == Payload::none) step.payload.clear();
  if (step.payload.size() > Scenario::maxPayloadBytes) step.payload.resize(Scenario::maxPayloadBytes);
  if (shape.payload == Payload::text && !isValidUtf8(step.payload)) {
    for (char& letter : step.payload) {
      if (static_cast<unsigned char>(letter) >= 0x80) letter = '?';
    }
  }
}

}  // namespace Detail

std::vector<std::uint8_t> Scenario::encode() const {
  std::vector<std::uint8_t> out{static_cast<std::uint8_t>(scenarioFormat())};
  writeBytes(out, party);
  out.push_back(static_cast<std::uint8_t>(clients - 1));
  out.push_back(static_cast<std::uint8_t>(rooms - 1));
  for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<std::uint8_t>(seed >> shift));
  writeNumber(out, faults.bits());
  StepId expected = 1;
  for (const Step& step : steps) {
    const auto& shape = shapeOf(step.verb);
    out.push_back(static_cast<std::uint8_t>(step.verb));
    writeNumber(out, step.after);
    out.push_back(static_cast<std::uint8_t>(step.client | step.room << 4));
    writeNumber(out, distance(step.id, expected));
    if (shape.maxNumber > 0) writeNumber(out, step.number);
    if (shape.payload != Payload::none) writeBytes(out, step.payload);
    expected = step.id + 1;
  }
  return out;
}

Scenario Scenario::decode(std::span<const std::uint8_t> bytes) {
  Reader reader(bytes);
  // Any other number is read as the present format: whoever cares has looked at it, a fuzzer need not guess it.
  const bool withoutQueries = reader.byte() == formatWithoutQueries;
  Scenario scenario;
  scenario.party = partyNameFrom(reader.bytes(wrapped(reader.number(), maxPartyName)));
  scenario.clients = static_cast<std::uint8_t>(1 + reader.byte() % maxClients);
  scenario.rooms = static_cast<std::uint8_t>(1 + reader.byte() % maxRooms);
  for (unsigned shift = 0; shift < 64; shift += 8) scenario.seed |= std::uint64_t{reader.byte()} << shift;
  const auto faultBits = static_cast<std::uint32_t>(reader.number());
  scenario.faults = Faults::fromBits(withoutQueries ? faultBits & faultsOfFormat1 : faultBits);
  StepId expected = 1;
  std::set<StepId> taken;
  while (!reader.atEnd() && scenario.steps.size() < maxSteps) {
    Step step;
    step.verb = static_cast<Verb>(reader.byte() % verbs);
    const auto& shape = shapeOf(step.verb);
    step.after = wrapped(reader.number(), maxMilliseconds);
    const auto actor = reader.byte();
    step.client = actor & 0xf;
    step.room = actor >> 4;
    step.id = idAt(reader.number(), expected);
    if (shape.maxNumber > 0) step.number = wrapped(reader.number(), shape.maxNumber);
    const bool payload = shape.payload != Payload::none && !(withoutQueries && step.verb == Verb::connect);
    if (payload) step.payload = reader.bytes(wrapped(reader.number(), maxPayloadBytes));
    Detail::normalise(step, scenario.clients, scenario.rooms);
    while (!taken.insert(step.id).second) step.id = (step.id + 1) & maxStepId;
    expected = step.id + 1;
    scenario.steps.push_back(std::move(step));
  }
  return scenario;
}

bool Scenario::isNormal() const {
  const bool nameFits = !party.empty() && party.size() <= maxPartyName && partyNameFrom(party) == party;
  if (!nameFits || clients == 0 || clients > maxClients || rooms == 0 || rooms > maxRooms) return false;
  if (steps.size() > maxSteps) return false;
  std::set<StepId> taken;
  return std::ranges::all_of(steps, [&](const Step& step) {
    if (static_cast<std::size_t>(step.verb) >= verbs || step.id > maxStepId) return false;
    Step normal = step;
    Detail::normalise(normal, clients, rooms);
    return normal == step && taken.insert(step.id).second;
  });
}

StepId Scenario::nextId() const {
  std::set<StepId> taken;
  for (const Step& step : steps) taken.insert(step.id);
  if (taken.empty() || *taken.rbegin() < maxStepId) return taken.empty() ? 1 : *taken.rbegin() + 1;
  StepId free = 1;
  while (taken.contains(free)) ++free;
  return free;
}

std::uint64_t Scenario::milliseconds() const {
  std::uint64_t sum = 0;
  for (const Step& step : steps) sum += step.after;
  return sum;
}

std::string_view clientName(std::uint8_t client) {
  static constexpr std::array<std::string_view, Scenario::maxClients> names{
      "ann",  "bob",  "cleo", "dan", "eve", "finn", "gwen", "hugo",
      "iris", "jack", "kim",  "leo", "mia", "noah", "olga", "paul"};
  return names[client % Scenario::maxClients];
}

std::string roomName(std::uint8_t room) { return "room-" + std::to_string(room + 1); }

std::string messageOf(const Step& step) {
  if (step.number == 0 || step.payload.empty()) return step.payload;
  std::string_view rest = std::string_view(step.payload).substr(0, step.number % step.payload.size());
  while (step.verb == Verb::send && !rest.empty() && !isValidUtf8(rest)) rest.remove_suffix(1);
  const std::size_t whole = step.number - step.number % step.payload.size();
  std::string filled;
  filled.reserve(step.number);
  if (whole > 0) filled = step.payload;
  while (filled.size() < whole) filled.append(filled, 0, whole - filled.size());
  return filled.append(rest);
}

bool isFault(Verb verb) { return shapeOf(verb).fault; }

const char* nameOf(Fault fault) {
  switch (fault) {
    case Fault::slowNetwork:
      return "slow-network";
    case Fault::slowDisk:
      return "slow-disk";
    case Fault::delayedReads:
      return "delayed-reads";
    case Fault::lateAlarms:
      return "late-alarms";
    case Fault::slowCalls:
      return "slow-calls";
    case Fault::lostCalls:
      return "lost-calls";
    case Fault::priorities:
      return "priorities";
    case Fault::slowTimers:
      return "slow-timers";
    case Fault::mergedCommits:
      return "merged-commits";
    case Fault::heldOutputs:
      return "held-outputs";
    case Fault::waitingWriters:
      return "waiting-writers";
  }
  return "?";
}

}  // namespace Party::Sim
