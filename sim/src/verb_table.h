#pragma once

#include <party/sim/scenario.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace Party::Sim::Detail {

enum class Actor : std::uint8_t { nobody, client, room };
enum class Payload : std::uint8_t { none, text, bytes };

/// What a verb needs and how it reads: `<actor> <phrase> [<room>] [<number><unit>] [<payload>]`.
struct VerbShape {
  Verb verb;
  Actor actor;
  std::string_view phrase;
  bool namesRoom;
  Payload payload;
  std::uint32_t maxNumber;  // 0: it has none
  std::string_view unit;    // what follows the number
  bool fault;
};

inline constexpr std::array<VerbShape, verbs> verbTable{{
    {Verb::wait, Actor::nobody, "time passes", false, Payload::none, 0, "", false},
    {Verb::connect, Actor::client, "connects to", true, Payload::text, 0, "", false},
    {Verb::send, Actor::client, "sends", false, Payload::text, Scenario::maxFilledBytes, " bytes of", false},
    {Verb::sendBytes, Actor::client, "sends binary", false, Payload::bytes, Scenario::maxFilledBytes, " bytes of",
     false},
    {Verb::close, Actor::client, "closes with", false, Payload::none, 4999, "", false},
    {Verb::breakProtocol, Actor::client, "breaks the protocol, answered", false, Payload::none, 1015, "", true},
    {Verb::drop, Actor::client, "is cut off", false, Payload::none, 0, "", true},
    {Verb::vanish, Actor::client, "vanishes, noticed after", false, Payload::none, 600'000, "ms", true},
    {Verb::reconnect, Actor::client, "reconnects", false, Payload::none, 0, "", false},
    {Verb::request, Actor::client, "asks", true, Payload::text, 0, "", false},
    {Verb::hibernate, Actor::room, "hibernates", false, Payload::none, 0, "", true},
    {Verb::crash, Actor::nobody, "the process crashes", false, Payload::none, 0, "", true},
    {Verb::reset, Actor::room, "is reset", false, Payload::none, 0, "", true},
    {Verb::fireAlarm, Actor::room, "waits for its alarm", false, Payload::none, 0, "", false},
    {Verb::failCommit, Actor::room, "fails its next commit", false, Payload::none, 0, "", true},
    {Verb::loseCommitReply, Actor::room, "loses the reply to its next commit", false, Payload::none, 0, "", true},
    {Verb::crashInside, Actor::nobody, "the process crashes at unfinished moment", false, Payload::none, 64, "", true},
    {Verb::repeatAlarm, Actor::room, "has its next alarm twice", false, Payload::none, 0, "", true},
    {Verb::partition, Actor::client, "is partitioned for", false, Payload::none, 60'000, "ms", true},
    {Verb::readNothing, Actor::client, "reads nothing for", false, Payload::none, 60'000, "ms", true},
    {Verb::exceedCpu, Actor::room, "exceeds its CPU time", false, Payload::none, 0, "", true},
    {Verb::redeploy, Actor::nobody, "new code is deployed", false, Payload::none, 0, "", true},
}};

constexpr const VerbShape& shapeOf(Verb verb) { return verbTable[static_cast<std::size_t>(verb)]; }

consteval bool tableIsInOrder() {
  for (std::size_t i = 0; i < verbs; ++i) {
    if (static_cast<std::size_t>(verbTable[i].verb) != i) return false;
  }
  return true;
}
static_assert(tableIsInOrder());

/// Brings a step into the limits: what its verb does not use goes, what is out of range wraps around.
void normalise(Step& step, std::uint8_t clients, std::uint8_t rooms);

}  // namespace Party::Sim::Detail
