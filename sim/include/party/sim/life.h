#pragma once

#include <party/host/effect.h>
#include <party/host/party_descriptor.h>
#include <party/http.h>
#include <party/sim/client.h>
#include <party/sim/disk.h>
#include <party/sim/expectations.h>
#include <party/sim/options.h>
#include <party/sim/peer.h>
#include <party/sim/projection.h>
#include <party/sim/scenario.h>
#include <party/time.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A life: one execution of a scenario, and what could be seen of it.

namespace Party::Sim {

class View;
class World;
class Observer;

/// What one client saw of one room, over all its connections to it.
struct ClientLife {
  std::uint8_t client = 0;
  std::uint8_t room = 0;
  std::vector<Frame> frames;
};

struct RequestLife {
  StepId step = 0;
  std::uint8_t client = 0;
  std::uint8_t room = 0;
  /// Nothing when the connection broke before the answer was whole. Without its Date.
  std::optional<Response> response;
};

struct HandlerError {
  Host::HandlerKind handler{};
  std::string room;
  std::string text;
};

/// What a platform would charge for, of all rooms of a life.
struct Costs {
  std::uint64_t messages = 0;     ///< to clients, a broadcast counted once for each who gets it
  std::uint64_t rowsWritten = 0;  ///< keys put or removed
  std::uint64_t wakes = 0;        ///< party objects constructed
  Duration resident{};            ///< time that rooms spent in memory

  Costs& operator+=(const Costs& other);
};

struct Statistics {
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  std::uint64_t reconnects = 0;
  /// How often each verb did something; `hibernate` counts rooms that did go to sleep.
  std::array<std::uint64_t, verbs> done{};
  Costs costs;

  std::uint64_t count(Verb verb) const { return done[static_cast<std::size_t>(verb)]; }
  Statistics& operator+=(const Statistics& other);
};

/// What somebody sees who had nothing to do with a room and comes when all is quiet.
struct StrangerLife {
  std::string room;
  std::vector<Frame> frames;
  /// Of a GET, when the party answers requests.
  std::optional<Response> response;
};

namespace Detail {
class FilledMessages;
struct CrashRecord;
struct CleanStop;
}  // namespace Detail

struct Life {
  /// In the order in which each client first came to each room.
  std::vector<ClientLife> clients;
  std::vector<RequestLife> requests;
  /// When they were asked for: one for each room that exists.
  std::vector<StrangerLife> strangers;
  /// By number: what is durable at the end.
  std::vector<DiskImage> disks;
  std::vector<HandlerError> errors;
  /// RC_ASSERTs that failed in handlers and peers.
  std::vector<FailedExpectation> assertions;
  /// Rooms that hibernate and could not, a minute after all was quiet, and why.
  std::vector<std::string> sleepless;
  /// What is due and will not wake its room, when all is quiet.
  std::vector<std::string> stranded;
  /// What the library may never do, and did (behaviour-storage 8.9).
  std::vector<std::string> violations;
  Statistics statistics;
  std::uint64_t traceHash = 0;
  Duration length{};
  /// It was ended because it had more events than allowed; nothing may be concluded from it.
  bool cutShort = false;
  /// It was not quiet yet when strangers came, as it had no more time than its twin.
  bool unsettled = false;
  /// Something reached a room during a run that was repeated, or its repeat, and may have changed what it did.
  bool disturbedRepeats = false;
  /// When each step began.
  std::vector<Time> stepTimes;
  /// Of the crash that a `crashInside` step led to, if any.
  std::shared_ptr<const Detail::CrashRecord> crash;
};

/// Sees a life go by, at the moments at which laws are checked.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void beforeStep(const Step&) {}
  virtual void afterStep(const View&) {}
  /// All steps are done and nothing is on the way any more. The life goes on while this asks for more time, at most
  /// for a minute of it.
  virtual bool atQuiet(const View&) { return false; }
};

struct LifeOptions {
  /// Without: rooms never sleep, and a `hibernate` step is only its time. This is the life a twin is held against.
  bool hibernations = true;
  /// Waking costs no virtual time, so that a life and its twin stay in step.
  bool freeWakes = false;
  /// Without: a `repeatAlarm` step is only its time.
  bool alarmRepeats = true;
  /// What an alarm's run writes is durable at once, so that a repeated run has the same time.
  bool freeAlarms = false;
  /// At the end a stranger comes to each room.
  bool strangers = false;
  /// In place of a `crashInside`: an orderly stop at the same moment, with some events withheld.
  const Detail::CleanStop* cleanStop = nullptr;
  TraceMode trace = TraceMode::off;
  std::uint64_t maxEvents = 200'000;
  /// Goes on for at least so long, as its twin did.
  Duration length{};
  Witness* witness = nullptr;
  Observer* observer = nullptr;
};

/// Where lives are played, one after the other, in a world whose memory is reused.
class Stage {
 public:
  explicit Stage(Host::Parties parties, Peers peers = {});
  ~Stage();
  Stage(Stage&&) noexcept;
  Stage& operator=(Stage&&) noexcept;

  /// Any scenario has a life. One that names a party which is not there is played with the first.
  Life play(const Scenario& scenario, const LifeOptions& options = {});

  const Host::Parties& parties() const;
  const Peers& peers() const;
  /// The world as the last life left it: its trace, its page for people.
  const World& world() const;

 private:
  Host::Parties parties_;
  Peers peers_;
  std::unique_ptr<std::vector<FailedExpectation>> failedInPeers_;  // where it is, peers of the world may write to it
  std::unique_ptr<Detail::FilledMessages> filled_;
  std::unique_ptr<World> world_;
};

/// One life on a stage of its own.
Life run(const Scenario& scenario, const Host::Parties& parties, const LifeOptions& options = {});

/// The first thing that two lives of the same steps differ in, as a sentence and the two sides of it.
struct Difference {
  std::string where;    ///< `ann in room-1, frame 3`
  std::string without;  ///< in the first life
  std::string with;     ///< in the second
  /// When it is something a client saw: who (an index into `Life::clients`), and which of its frames, from 0.
  std::optional<std::size_t> viewer;
  std::size_t frame = 0;
};
/// Per connection the same frames and close codes, per request the same answer, on disk the same at the end. Times and
/// the order across connections do not count, nor does what the projections leave out.
std::optional<Difference> firstDifference(const Life& without, const Life& with, const Projections& projections = {});
/// The same of what is left when all is quiet: what strangers see, and the disks; without `alarmTimes` it counts only
/// whether an alarm is set.
std::optional<Difference> differenceAfterwards(const Life& without, const Life& with,
                                               const Projections& projections = {}, bool alarmTimes = true);

}  // namespace Party::Sim
