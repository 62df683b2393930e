#pragma once

#include <party/host/chance.h>
#include <party/host/keys.h>
#include <party/host/party_descriptor.h>
#include <party/host/room_machine.h>
#include <party/sim/choice.h>
#include <party/sim/client.h>
#include <party/sim/disk.h>
#include <party/sim/observer.h>
#include <party/sim/options.h>
#include <party/sim/peer.h>
#include <party/sim/seed.h>
#include <party/sim/trace.h>
#include <party/time.h>
#include <party/worker.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Sim {

/// What a crash leaves of the memory that an alarm's runs have failed: a scheduler's, not a room's (ALARM-051).
enum class RetryState : std::uint8_t { drawn, kept, forgotten };

/// A house of virtual time: rooms, an edge, clients, network and disk, all from one seed.
///
/// ```
/// Party::Sim::World world{Party::Sim::Seed{7}};
/// world.party<Chat>("main");
/// auto ann = world.connect("main", "lobby");
/// auto bob = world.connect("main", "lobby");
/// ann.send("hi");
/// world.runUntilQuiet();
/// EXPECT_EQ(bob.received(), std::vector<Party::Message>{"hi"});
/// ```
///
/// Verbs never run anything by themselves, except the ones that say so: they put something on the way, and time moves
/// only in `step`, `advance`, `runUntil` and `runUntilQuiet`. Those throw `NeverLegal` when the room or the world did
/// what section 8.9 forbids. Chance is keyed by what it is for and by what set it off, so that one verb more shifts no
/// draw of another. Several worlds may live in one process. Not for use from several threads at once.
class World {
 public:
  explicit World(Seed seed = Seed(), const WorldOptions& options = WorldOptions());
  explicit World(const Host::Parties& parties, Seed seed = Seed(), const WorldOptions& options = WorldOptions());
  ~World();
  World(World&&) noexcept;
  World& operator=(World&&) noexcept;

  /// Adds a party; the first one is best called "main", which answers for the edge. Only before anything has happened.
  template <Worker Server>
  void party(std::string name) {
    addParty(Party::Detail::describe<Server>(std::move(name)));
  }
  void addParty(Host::PartyDescriptor party);
  const Host::Parties& parties() const;

  /// Somebody outside, whom `room().fetch` reaches: `world.peer("https://api.example", answer)`. `origin` is scheme and
  /// host. The answer is asked for when the call leaves, and arrives a way there and a way back later; what it throws
  /// fails the call. It should depend on the request alone: it stays when the world is reset.
  void peer(std::string origin, PeerAnswer answer);

  /// A new life with the same parties, peers and options, reusing memory. Handles, overrides and observers are gone.
  void reset(Seed seed);
  /// The same with other options.
  void reset(Seed seed, const WorldOptions& options);
  Seed seed() const;
  const WorldOptions& options() const;

  // --- clients --------------------------------------------------------------------------------------------------

  /// Opens a WebSocket through the edge. The upgrade leaves now; the client is open when `onConnect` has settled and
  /// the answer has arrived.
  Client connect(std::string_view party, std::string_view room, const ClientOptions& options = ClientOptions());
  /// The same to any URL, or to a path of the house.
  Client connectTo(std::string_view url, const ClientOptions& options = ClientOptions());
  /// An HTTP request to a room, through the edge.
  Exchange request(std::string_view party, std::string_view room, std::string_view method = "GET",
                   std::string_view body = {}, const Headers& headers = Headers());
  /// Any request, as it reaches the edge.
  Exchange fetch(const Request& request);

  Client client(std::uint32_t index);
  std::uint32_t clientCount() const;

  // --- causes and choices ---------------------------------------------------------------------------------------

  /// The verbs that follow are set off by `id`, which keys their chance: the caller's stable name for a step, kept when
  /// other steps are removed. Without a call verbs are numbered as they come.
  void withCause(std::uint64_t id);
  /// The cause of the `verb`-th verb after `withCause(id)`, from 0.
  static Host::Cause causeOf(std::uint64_t id, std::uint64_t verb = 0);
  /// Fixes the outcome of one choice; brought into its legal range when drawn.
  void override(Choice purpose, std::uint64_t cause, std::uint64_t n, std::uint64_t value);
  /// All draws so far, when the options ask for it.
  std::span<const ChoicePoint> choices() const;
  /// The event with this cause never reaches its room: a client's frame, connect or request, an alarm, a timer that
  /// starts a handler. It is lost with the process, so that an alarm runs later (the C oracle's L and I without X).
  void withhold(Host::Cause cause);
  /// No event that may be withheld reaches its room but those with these causes. Ends with `stopCleanly()`.
  void admitOnly(std::span<const Host::Cause> causes);

  // --- time -----------------------------------------------------------------------------------------------------

  Time now() const;
  /// Lets the next thing happen, whenever it is due; false when nothing is left, alarms and idle rooms included.
  bool step();
  /// Lets time pass; everything that comes due happens in order.
  void advance(Duration duration);
  void runUntil(Time time);
  /// Runs until no frame, request, close or commit is on the way and no handler is waiting. Alarms, timers that no
  /// handler waits for and hibernation of idle rooms do not keep a world busy, but happen when time passes over them.
  /// False when the world is still busy after `limit` of virtual time.
  bool runUntilQuiet(Duration limit = std::chrono::minutes(10));
  /// What `runUntilQuiet` waits for.
  bool quiet() const;
  /// From an observer: the running verb returns at the next boundary.
  void stop();
  /// The verb in which `time` is over returns then; once. `paused()` says that it was so.
  void pauseAt(Time time);
  bool paused() const;

  // --- faults ---------------------------------------------------------------------------------------------------

  /// Hibernates the room now if it is legal (HIBER-040); false otherwise.
  bool hibernate(std::string_view party, std::string_view room);
  /// All rooms that can; returns how many did.
  std::size_t hibernateAll();
  /// The process dies: every room goes without a word, clients see 1006 after a drawn delay, a unit in flight is
  /// durable or not by a draw. Disks and alarms stay. The next event starts a room anew.
  void crash(RetryState retries = RetryState::drawn);
  /// The same for one room.
  void crash(std::string_view party, std::string_view room, RetryState retries = RetryState::drawn);
  /// New code is deployed: every room is reset, at once or when `WorldOptions::deployDelay` is over (CP-65, EVICT-032).
  void redeploy();
  /// The same with other code: parties of the same names. All rooms are reset at once, and the next event starts what
  /// is new on the disk of what was there.
  void redeploy(const Host::Parties& next);
  /// The next turn of a handler takes too much time: the room is reset, and what that turn wrote and what waited for it
  /// is gone. What it had sent before it wrote has left, or a first part of it (EVICT-010, CP-29). Throws in a world
  /// that does not observe handlers.
  void exceedCpu(std::string_view party, std::string_view room);
  /// The host ends the instance in order: code update, limit (EVICT-012).
  void resetRoom(std::string_view party, std::string_view room, std::string_view reason = "reset");
  /// Lets time pass up to the room's alarm and delivers it at once; false when none is set.
  bool fireAlarm(std::string_view party, std::string_view room);
  /// The room's alarm, and when it will be delivered if nothing changes; nothing when none is set.
  struct NextAlarm {
    Time scheduled;
    Time due;
  };
  std::optional<NextAlarm> nextAlarm(RoomIndex room) const;
  /// The room's next run of an alarm that succeeds is made once more at once, for the same time (CP-42).
  void repeatNextAlarm(std::string_view party, std::string_view room);
  /// The room's alarm, or the next one that is set, comes so much later once (CP-40).
  void delayNextAlarm(std::string_view party, std::string_view room, Duration by);
  /// The room's next alarm does not reach it: a failure that does not count, and it is due again 2 s later or more
  /// (CP-45).
  void missNextAlarm(std::string_view party, std::string_view room);
  /// The process dies behind the room's next run of an alarm that succeeds, before the removal of the alarm is durable:
  /// the alarm comes again (CP-42). Throws in a world that does not observe handlers.
  void dropNextAlarmRemoval(std::string_view party, std::string_view room);
  /// The room's next alarm that comes due while it has been moved or deleted, but not yet durably, runs all the same
  /// (CP-47).
  void runNextReplacedAlarm(std::string_view party, std::string_view room);
  /// The platform asks for the alarm before its time: the instance is made if there is none, and the handler does not
  /// run (CP-48). False when no alarm is set. Runs.
  bool wakeEarly(std::string_view party, std::string_view room);
  /// Why the room cannot hibernate now; nothing when it can, or is not in memory.
  std::optional<Host::HibernationBlocker> whatBlocksHibernation(RoomIndex room) const;
  /// Why the room will not wake although something is due: what it declared with `expectWakeBy` has no alarm for then
  /// or before, or the last run of its alarm failed and left none. To be asked when all is quiet.
  std::optional<std::string> stranded(RoomIndex room) const;
  /// From now on no alarm rings any more, and the accidents that were to befall the next commit or alarm do not.
  void endAccidents();
  /// During a run that was repeated, or its repeat, something else reached the room.
  bool disturbedRepeats() const;
  /// The room's next commit fails, or is durable and reported as failed.
  void failNextCommit(std::string_view party, std::string_view room);
  void loseNextAck(std::string_view party, std::string_view room);
  /// From now on no commit of the room begins; one under way ends as it would. What waits for it keeps no world busy.
  void holdCommits(std::string_view party, std::string_view room);
  /// All that waits is committed, and nothing is held any more.
  void releaseCommits(std::string_view party, std::string_view room);
  /// The first `units` that wait are committed together and the others stay; a removal of all keys is a commit by
  /// itself (CP-21, CP-27).
  void releaseCommits(std::string_view party, std::string_view room, std::size_t units);
  /// Nothing new reaches the room; what runs in it finishes and commits without virtual time passing. Then it is as if
  /// it had stopped: sockets dropped, memory gone (the C oracle's clean restart). Runs.
  void stopCleanly(std::string_view party, std::string_view room);
  /// The same for all rooms, with the losses that `crash()` draws in its place.
  ///
  /// The connections in `lost` break too where the rooms have let go of them already: their clients learn of it as of a
  /// crash, and with all that is on the way to them.
  void stopCleanly(std::span<const Host::Cause> lost = {});
  /// What names the connections that rooms have not let go of.
  std::vector<Host::Cause> heldConnections() const;

  // --- looking --------------------------------------------------------------------------------------------------

  std::size_t roomCount() const;
  std::optional<RoomIndex> findRoom(std::string_view party, std::string_view room) const;
  /// `party/id`.
  std::string roomName(RoomIndex room) const;
  Host::RoomStatus status(RoomIndex room) const;
  /// A handler is suspended, a unit is not durable or an output is held: a crash here could be noticed.
  bool vulnerable(RoomIndex room) const;
  /// What is durable; an empty one for a room nobody has met.
  const DiskImage& disk(std::string_view party, std::string_view room) const;
  const DiskImage& disk(RoomIndex room) const;

  /// What happens from now on depends on nothing else than these bytes, the seed, the options and the verbs to come, so
  /// that two worlds may be taken for one when they are equal. Nothing while something is on the way, or an instance is
  /// in memory: nobody can compare those.
  std::optional<std::string> stateAtRest() const;
  const Trace& trace() const;
  const std::vector<UncaughtError>& uncaughtErrors() const;
  const std::vector<Violation>& violations() const;
  /// How many things have happened since the start.
  std::uint64_t eventCount() const;
  /// A page for people: rooms, sockets, gates, waiting events, timers, undurable units, what is on the way.
  std::string describe() const;

  /// The observer outlives the world or its next reset.
  void observe(Observer& observer);

 private:
  std::unique_ptr<Detail::WorldCore> core_;
};

}  // namespace Party::Sim
