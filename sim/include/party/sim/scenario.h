#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A scenario: what happens to some rooms and their clients, as a plain value.
///
/// It is the one format that generator, shrinker, fuzzer and stored regressions share. Any list of steps is a legal
/// scenario: a step that makes no sense when its turn comes does nothing. So steps may be removed, and any bytes may be
/// read as one.

namespace Party::Sim {

/// Names a step for as long as the scenario lives: shrinking removes steps and renumbers none. Whatever is drawn for a
/// step is keyed by this number, so removing one step changes no draw of another.
using StepId = std::uint32_t;

enum class Verb : std::uint8_t {
  wait,             ///< nothing but the time before it
  connect,          ///< a client that is in no room opens a connection to one; a payload is the query of its URL
  send,             ///< a client sends text
  sendBytes,        ///< a client sends bytes
  close,            ///< a client begins the closing handshake with `number` as code; 0 sends an empty close frame
  breakProtocol,    ///< a client sends what no server accepts; the transport answers with `number` as close code
  drop,             ///< a client's transport breaks: it knows at once, the room a little later
  vanish,           ///< a client is gone without a word; the room learns it `number` ms later, with 0 never
  reconnect,        ///< a client connects again with the same id; the room may still list the connection before
  request,          ///< a client sends an HTTP request to a room: GET, or POST when there is a payload
  hibernate,        ///< a room goes to sleep if nothing stands against it
  crash,            ///< the process dies: every room loses what is not durable, every socket breaks
  reset,            ///< a room's instance is ended in order, as for new code
  fireAlarm,        ///< time passes until a room's alarm is due; nothing when none is set
  failCommit,       ///< a room's next commit fails: nothing of it is durable
  loseCommitReply,  ///< a room's next commit is durable, but the room is told that it failed
  crashInside,      ///< the process dies at the `number`-th moment from here on at which something is unfinished
  repeatAlarm,      ///< the next run of a room's alarm that succeeds is made once more, at once
  partition,        ///< for `number` ms nothing passes between a client and its room; then everything arrives in order
  readNothing,      ///< the same for what comes down to the client alone
  exceedCpu,        ///< a room's next turn takes too long: its writes are gone, and the room is reset
  redeploy,         ///< new code is deployed: every room is reset
};
inline constexpr std::size_t verbs = 22;

/// What a world may do on its own account, drawn from the seed: everything else that goes wrong is a step.
enum class Fault : std::uint8_t {
  slowNetwork,     ///< every frame is under way for 0 to 250 ms instead of 1 to 5
  slowDisk,        ///< a commit takes 0 to 500 ms instead of 1 to 5
  delayedReads,    ///< some reads are answered up to 50 ms later, the gate held meanwhile
  lateAlarms,      ///< an alarm runs up to 10 s after its time
  slowCalls,       ///< a room's calls to rooms and to the outside take 0 to 3 s each way
  lostCalls,       ///< one in four of them is lost on its way there or back
  priorities,      ///< each client, disk and call is fast or slow for a while, within the times of the slow kinds
  slowTimers,      ///< timers are up to 2 s late
  mergedCommits,   ///< commits begin up to 20 ms late, cover what is drawn, and some are tried again
  heldOutputs,     ///< what had waited for a commit leaves up to 200 ms behind it
  waitingWriters,  ///< every write waits for the disk
};
inline constexpr std::size_t faults = 11;

const char* nameOf(Fault fault);

/// A set of faults.
class Faults {
 public:
  constexpr Faults() = default;
  static constexpr Faults none() { return {}; }
  static constexpr Faults all() { return fromBits((1u << faults) - 1); }
  static constexpr Faults fromBits(std::uint32_t bits) {
    Faults result;
    result.bits_ = bits & ((1u << faults) - 1);
    return result;
  }
  constexpr bool has(Fault fault) const { return (bits_ >> static_cast<unsigned>(fault) & 1u) != 0; }
  constexpr Faults with(Fault fault) const { return fromBits(bits_ | 1u << static_cast<unsigned>(fault)); }
  constexpr Faults without(Fault fault) const { return fromBits(bits_ & ~(1u << static_cast<unsigned>(fault))); }
  constexpr std::uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(const Faults&, const Faults&) = default;

 private:
  std::uint32_t bits_ = 0;
};

struct Step {
  StepId id = 0;
  /// Virtual milliseconds between the step before and this one.
  std::uint32_t after = 0;
  Verb verb = Verb::wait;
  std::uint8_t client = 0;
  std::uint8_t room = 0;
  /// A close code, milliseconds, or for messages: the size to which the payload is repeated (0: once, as it is).
  std::uint32_t number = 0;
  std::string payload;

  friend bool operator==(const Step&, const Step&) = default;
};

struct Scenario {
  static constexpr std::uint32_t maxSteps = 1'000;
  static constexpr std::uint32_t maxClients = 16;
  static constexpr std::uint32_t maxRooms = 8;
  static constexpr std::uint32_t maxPayloadBytes = 4'096;
  static constexpr std::uint32_t maxFilledBytes = 1'100'000;  // a little over the longest message a room takes
  static constexpr std::uint32_t maxMilliseconds = 86'400'000;
  static constexpr std::uint32_t maxStepId = 0x7fff'ffff;
  static constexpr std::uint32_t maxPartyName = 32;

  std::string party = "main";
  std::uint8_t clients = 1;
  std::uint8_t rooms = 1;
  /// Keys every draw of the world and of the rooms.
  std::uint64_t seed = 0;
  Faults faults;
  std::vector<Step> steps;

  /// A compact byte code, which begins with the format's number.
  std::vector<std::uint8_t> encode() const;
  /// Any bytes give a scenario within the limits above; what is out of range wraps around. `decode(encode()) == *this`
  /// for every scenario that `isNormal`.
  static Scenario decode(std::span<const std::uint8_t> bytes);
  /// Within the limits, step ids distinct, text valid UTF-8, and nothing in a field its verb does not use.
  bool isNormal() const;

  /// The byte code with a checksum in characters that need no quoting in a shell: `s1.` and base64url.
  std::string code() const;
  /// For people: a header and one step a line. `parse` reads it back.
  std::string text() const;
  /// Reads text or a code. The error is a sentence, with the line it speaks of.
  static std::expected<Scenario, std::string> parse(std::string_view textOrCode);
  /// Reads a `*.scenario` file; at most 1 MiB.
  static std::expected<Scenario, std::string> load(const std::string& path);

  /// An id that no step has.
  StepId nextId() const;
  /// Virtual time from the beginning to the last step.
  std::uint64_t milliseconds() const;

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

/// "ann", "bob", … ; "room-1", "room-2", … : how texts, reports and rooms name them.
std::string_view clientName(std::uint8_t client);
std::string roomName(std::uint8_t room);
/// `ann sends "hello"`
std::string sentence(const Step& step);
/// What a message step sends: the payload, repeated to `number` bytes (text is never cut inside a character).
std::string messageOf(const Step& step);
/// True for what a platform does to a room, as opposed to what its users do.
bool isFault(Verb verb);

}  // namespace Party::Sim
