#pragma once

#include <party/host/edge_machine.h>
#include <party/host/never_legal.h>
#include <party/host/room_machine.h>
#include <party/sim/world.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agenda.h"
#include "chances.h"
#include "journal.h"
#include "network.h"
#include "ranks.h"
#include "room_host.h"
#include "room_table.h"

/// Everything a world is made of. Its functions live in files by idea:
///   world_core.cpp   time, and what each happening leads to
///   clients.cpp      what clients do and see
///   network.cpp      links and passages, the edge
///   holds.cpp        links on which nothing passes for a while
///   order.cpp        which of several things that are ready is next
///   room_events.cpp  events into a room; hibernation
///   room_effects.cpp what a room's effects lead to
///   calls.cpp        calls of rooms to rooms and to peers
///   sockets.cpp      WebSockets of rooms to rooms
///   commits.cpp      the way of a unit to the disk
///   alarms.cpp       alarms
///   faults.cpp       crashes, orderly stops
///   accidents.cpp    new code, limits
///   describe.cpp     the page for people
///   rest.cpp         what is left when nothing is under way

namespace Party::Sim::Detail {

class WorldCore {
 public:
  WorldCore(Host::Parties parties, Seed seed, const WorldOptions& options);
  void reset(Seed seed, const WorldOptions& options);
  void addParty(Host::PartyDescriptor party);

  // --- time
  Time now() const { return now_; }
  bool step();
  void runUntil(Time time);
  bool runUntilQuiet(Duration limit);
  bool quiet();
  void pause();

  // --- clients
  std::uint32_t connect(std::string_view party, std::string_view room, const ClientOptions& options);
  std::uint32_t connectTo(std::string_view url, const ClientOptions& options);
  void send(std::uint32_t client, const Message& message);
  void close(std::uint32_t client, std::uint16_t code, std::string_view reason);
  void drop(std::uint32_t client);
  void halfOpen(std::uint32_t client, std::optional<Duration> noticed);
  void breakProtocol(std::uint32_t client, std::uint16_t code, std::string_view reason);
  void hold(std::uint32_t client, Direction direction, std::optional<Duration> length);
  void release(std::uint32_t client, Direction direction, std::uint32_t frames);
  std::size_t held(std::uint32_t client, Direction direction) const;
  void changeQuery(std::uint32_t client, std::string_view query);
  void reconnect(std::uint32_t client);
  std::uint32_t fetch(const Request& request);
  void abort(std::uint32_t exchange);
  std::string urlOf(std::string_view party, std::string_view room) const;

  // --- faults
  bool hibernate(RoomHost& room, Host::Cause cause);
  bool hibernateByVerb(RoomHost& room, Host::Cause cause);
  void crash(RoomHost& room, Host::Cause cause, RetryState retries = RetryState::drawn);
  void stopCleanly(RoomHost& room, Host::Cause cause);
  void stopAllCleanly(Host::Cause cause, std::span<const Host::Cause> lost);
  std::vector<Host::Cause> heldConnections() const;
  bool fireAlarm(RoomHost& room);
  void delayAlarm(RoomHost& room, Duration by);
  bool wakeEarly(RoomHost& room);
  void releaseCommits(RoomHost& room, std::optional<std::size_t> units);
  void redeploy();
  void redeploy(const Host::Parties& next);
  void resetRoom(RoomHost& room, Host::Cause cause, std::string_view reason);

  // --- rooms
  RoomHost& roomFor(std::size_t party, std::string_view id);
  RoomHost* findRoom(std::string_view party, std::string_view id);
  /// The room of a verb, made when it is not there; throws for a party that does not exist.
  RoomHost& roomOfVerb(std::string_view party, std::string_view id);
  std::string nameOf(std::uint32_t room) const;
  bool vulnerable(const RoomHost& room) const;
  bool delaysReads() const { return options_.delayedReads().chances != 0 || chances_.considersOverrides(); }
  bool putOffRead(RoomHost& room, OperationKey operation, StoredEntries& found);
  std::string describe() const;
  std::optional<std::string> stateAtRest();
  /// Why the room will not wake for what is due, if so.
  std::optional<std::string> stranded(const RoomHost& room) const;

  Host::Cause nextCause() { return World::causeOf(step_, verbs_++); }
  void violate(const char* rule, std::uint32_t room, std::string text);
  /// A message reached a client, or a client's its room.
  void checkOrderDown(Link& link, std::uint64_t sent);
  void checkOrderUp(Link& link, std::uint64_t number);

  // What the public classes show; written by the functions above.
  Host::Parties parties_;
  std::map<std::string, PeerAnswer, std::less<>> peers_;
  std::string host_ = "party.test";
  WorldOptions options_;
  Seed seed_;
  std::vector<ClientState> clients_;  // the first clientCount_ are in use; the others keep their memory
  std::uint32_t clientCount_ = 0;
  std::vector<ExchangeState> exchanges_;
  std::vector<std::unique_ptr<RoomHost>> rooms_;  // the first roomCount_ are in use; the others keep their memory
  std::size_t roomCount_ = 0;
  std::vector<UncaughtError> uncaught_;
  std::vector<Violation> violations_;
  std::vector<Observer*> observers_;
  Chances chances_;
  Ranks ranks_;
  Journal journal_;
  std::uint64_t happened_ = 0;
  std::uint64_t step_ = 0;
  std::uint64_t verbs_ = 0;
  std::set<std::uint64_t> withheld_;
  std::set<std::uint64_t> admitted_;
  bool admitsAll_ = true;
  std::optional<Time> pauseAt_;
  bool paused_ = false;
  bool stopping_ = false;
  bool disturbedRepeats_ = false;
  bool alarmsHeld_ = false;

 private:
  using Kind = Happening::Kind;

  void plan(Time at, Happening happening) { agenda_.push(now_, at, std::move(happening)); }
  /// Of a choice that has one outcome by default, and costs nothing then.
  Duration drawIfWide(Choice purpose, Host::Cause cause, std::uint64_t n, const Between& range) {
    return range.low == range.high ? range.low : chances_.draw(purpose, cause, n, range);
  }
  Happening nextHappening();
  bool reachesRoom(const Happening& happening) const;
  void happen(Happening&& happening);
  void onLink(Happening&& happening);
  void onPassage(Happening&& happening);
  void inRoom(Happening&& happening);
  void throwViolation();
  RoomHost* lookUp(std::size_t party, std::string_view id, std::uint64_t key);
  bool withheldFrom(const RoomHost& room, Host::Cause cause);

  // clients.cpp
  ClientState& newClient();
  void openConnection(std::uint32_t client, Host::Cause cause);
  void endClient(std::uint32_t client, std::uint16_t code, Message reason);
  void loseClient(std::uint32_t client, Host::Cause cause, std::optional<Duration> noticed);
  void show(std::uint32_t client, Frame&& frame);
  void clientOpened(std::uint32_t link);
  void clientGot(std::uint32_t link, Happening& happening);
  void clientGotClose(std::uint32_t link, const Happening& happening);
  void clientAnswered(std::uint32_t link, const Response& response);

  /// How long something takes: drawn for itself, or by the rank of what it comes from.
  Duration pace(Choice purpose, Host::Cause cause, std::uint64_t n, const Between& range, Host::Cause source,
                Strand strand) {
    if (!ranks_.on()) return chances_.draw(purpose, cause, n, range);
    return ranks_.pace(chances_, purpose, cause, n, range, source, strand, now_);
  }

  // network.cpp
  std::uint32_t newLink(std::uint32_t client, Host::Cause identity, Between latency);
  void freeLink(std::uint32_t link);
  void sendUp(std::uint32_t link, Happening happening);
  void sendDown(std::uint32_t link, Happening happening);
  void pass(Happening&& happening);
  Duration releaseDelay(Host::Cause cause, std::uint64_t n);
  void loseDown(std::uint32_t link, Host::Cause cause, bool all);
  void loseDown(std::uint32_t link, Host::Cause cause, bool all, Duration noticed);
  void loseDownByReset(std::uint32_t link, Host::Cause cause);
  void arriveAll(std::uint32_t link);
  Passage& newPassage(std::uint32_t& index);
  void freePassage(std::uint32_t passage);
  Passage* passageOf(Host::RequestKey key, std::uint32_t& index);
  Host::RequestKey keyOf(std::uint32_t passage) const;
  void atEdge(std::uint32_t passage);
  void atRoom(std::uint32_t passage);
  void edgeEvent(Host::Cause cause, Host::EdgeEvent&& event);
  void sendAnswer(std::uint32_t passage, Kind kind, Host::Cause key, Message content = noContent);
  void answerArrives(std::uint32_t passage, Happening& happening);
  void losePassage(std::uint32_t passage, Host::Cause cause);

  // holds.cpp
  void planLetGo(Time at, std::uint32_t link, unsigned bits, std::uint32_t frames, Host::Cause cause);
  bool keepHeld(Happening& happening);
  void letGo(const Happening& end);
  void passHeldDown(std::uint32_t link);
  std::optional<Happening> takeHeld(std::uint32_t link, unsigned bits);
  void forgetHeld(std::uint32_t link);

  // accidents.cpp
  void deployed(RoomHost& room, Host::Cause cause);
  void planEndOfLife(RoomHost& room, std::uint64_t instance);
  void lifeEnds(RoomHost& room, Host::Cause cause, std::uint64_t instance);
  bool allowsEffect(RoomHost& room, const Host::Effect& effect);
  void endExceeded(RoomHost& room);

  // room_events.cpp
  void timerDue(RoomHost& room, std::uint64_t timer);
  Duration idleTimeOf(const RoomHost& room, const Between& idle);
  void deliver(RoomHost& room, Host::Cause cause, Host::Event::Body&& body);
  Host::RoomMachine& machineOf(RoomHost& room);
  void afterEvent(RoomHost& room, bool wasHibernation);
  void checkIdle(RoomHost& room);
  void closeMachine(RoomHost& room);

  // room_effects.cpp: one for each kind of effect
  void perform(RoomHost& room, Host::Effect& effect);

  // commits.cpp
  void issue(RoomHost& room, Host::Cause cause, Host::Unit unit, std::unique_ptr<Host::UnitWrites> writes);
  void startFlush(RoomHost& room);
  void beginFlush(RoomHost& room);
  std::uint64_t flushRetries(Host::Cause cause);
  void finishFlush(RoomHost& room);
  void applyUnits(RoomHost& room, std::size_t count);
  std::size_t dropUnits(RoomHost& room);
  void commitNow(RoomHost& room, std::size_t count);
  void settleWake(RoomHost& room);

  // calls.cpp
  enum class CallEnd : std::uint8_t { answered, lost, never };
  CallEnd callEnd(Host::Cause cause);
  void startCall(RoomHost& caller, Host::Cause cause, Host::CallStarted& call);
  Host::CallOutcome askPeer(const Request& request) const;
  void callAnswered(std::uint32_t passage, Happening& happening);
  void callLost(std::uint32_t passage, Host::Cause cause);
  void settleCall(RoomHost& caller, Host::Cause cause, Host::CallKey call, Host::CallOutcome outcome);
  void cancelCall(const RoomHost& caller, Host::Cause cause, Host::CallKey call);

  // sockets.cpp
  void openSocket(RoomHost& caller, Host::Cause cause, Host::SocketRequested& asked);
  std::uint32_t socketOf(const RoomHost& caller, Host::SocketKey socket) const;
  void releaseSocket(RoomHost& caller, Host::SocketKey socket);
  void loseUp(std::uint32_t link, Host::Cause cause);
  bool comesDownToRoom(std::uint32_t link, Happening& happening);
  void atCaller(std::uint32_t link, Happening& happening);
  static bool endsAtRoom(Kind kind) {
    return kind == Kind::downOpen || kind == Kind::downMessage || kind == Kind::downClose ||
           kind == Kind::downDropped || kind == Kind::downAnswered;
  }

  // alarms.cpp
  void planAlarm(RoomHost& room);
  void alarmDue(RoomHost& room, Host::Cause cause, std::uint64_t plan);
  void alarmSettled(RoomHost& room, Host::AlarmSettled run);
  std::uint64_t retryJitter(Host::Cause cause);
  void expectWake(RoomHost& room, const Host::WakeExpected& wake, Host::Unit unit);
  void wakesMet(RoomHost& room) const;
  void planAbandon(RoomHost& room, Host::Cause cause);
  void abandonAgain(RoomHost& room, Host::Cause cause);
  void alarmRepeated(RoomHost& room, Host::Cause cause, Time scheduled);
  void abandonAlarm(RoomHost& room, Host::Cause cause, Time scheduled);
  bool alarmMissed(RoomHost& room);
  void failUncounted(RoomHost& room);
  bool runsAsPhantom(RoomHost& room, Host::Cause cause);
  void forgetRetries(RoomHost& room);

  // faults.cpp
  bool endsAWait(const RoomHost& room, const Happening& happening) const;

  struct ReadAnswer {
    OperationKey operation;
    StoredEntries entries;
  };

  struct CallAnswer {
    Host::CallKey call;
    std::unique_ptr<Host::CallOutcome> outcome;
  };

  friend struct EffectPerformer;

  Agenda agenda_;
  Time now_;
  std::optional<Host::EdgeMachine> edge_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> freeLinks_;
  std::vector<Happening> heldFrames_;  // in the order in which they came
  std::vector<Passage> passages_;
  std::vector<std::uint32_t> freePassages_;
  std::vector<ReadAnswer> reads_;
  std::vector<std::uint32_t> freeReads_;
  std::vector<CallAnswer> callAnswers_;  // of peers, on their way back
  std::vector<std::uint32_t> freeCallAnswers_;
  RoomTable roomTable_;
  std::vector<std::uint32_t> watched_;   // rooms with timers, where a handler may sleep
  std::vector<Host::NeverLegal> rules_;  // by room; those behind roomCount_ keep their memory
  bool begun_ = false;
  bool violated_ = false;
  bool stoppingCleanly_ = false;
  bool releasing_ = false;  // a flush has ended, and what waited for it leaves
  Time orderedAt_;          // the last time at which several things were ready, and how often there was a choice
  std::uint64_t ordersAtTime_ = 0;
};

}  // namespace Party::Sim::Detail
