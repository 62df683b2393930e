#pragma once

#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/host/keys.h>
#include <party/host/profile.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What must never be seen of a room, whatever its party does and whatever happens to it (behaviour-storage 8.9), as
/// far as its events and effects show it. A watcher stands beside one room, is told of both in the order they happen,
/// and drives nothing: what it finds is a fault of this library or of the host.
///
/// It sees INV-02 and 03 (outputs that outrun their writes), 04 (units with gaps), 06 (handlers of an instance that has
/// gone), 08 (answers, endings and frames of one connection), 09 and 10 (alarms), 11 (sleep with work pending),
/// 13 (instances), 15 (events inside a critical section) and 17 (one thing handled twice). 07 is the transport's; the
/// others need a look inside, which tests of their own take.

namespace Party::Host {

class NeverLegal {
 public:
  /// Told of each rule that was broken, by its id, and how.
  using Report = std::function<void(const char* rule, std::string how)>;

  /// `profile` outlives it.
  NeverLegal(const Profile& profile, Report report) : profile_(&profile), report_(std::move(report)) {}

  /// Before the machine handles it. The rules about handlers need a machine that was asked to observe them.
  void event(Time now, const Event& event);
  /// Before the host carries it out.
  void effect(const Effect& effect);
  /// The machine has been destroyed; the next is of the same room and numbers anew.
  void machineGone();
  /// The host has forgotten how often the alarm failed: it begins to count anew, and so do these rules (ALARM-051).
  void retriesForgotten() { alarmFailures_ = 0; }
  /// Another room: as new, but for the memory of its lists.
  void reset(const Profile& profile, Report report);

 private:
  struct Connection {
    std::uint32_t generation = 0;
    bool decided = false;  // accepted, refused, answered or dropped
    bool silent = false;   // a close frame was sent, or the transport is gone: nothing may follow
    bool released = true;
  };
  struct Request {
    std::uint64_t key = 0;
    bool aborted = false;
  };
  /// That the room opened and has not released.
  struct Socket {
    std::uint64_t key = 0;
    bool silent = false;  // a close frame was sent
    bool over = false;    // nothing more comes from the other end
  };
  /// Events given, and handlers begun for them.
  struct Deliveries {
    std::uint64_t given = 0;
    std::uint64_t begun = 0;
  };
  struct Handler {
    HandlerKind kind{};
    bool running = false;
  };
  struct Rules;  // one function for each kind of event and effect

  void broken(const char* rule, std::string how) const { report_(rule, std::move(how)); }
  void output(Unit unit, std::string_view what) const;
  Connection* connection(ConnectionKey key, std::string_view what);
  void decide(ConnectionKey key, std::string_view what);
  void send(ConnectionKey key);
  Socket* socket(SocketKey key, std::string_view what);
  void sendFrom(SocketKey key, bool last);
  void answered(RequestKey key, bool whole);
  void issued(Unit unit);
  void instanceStarted(std::uint64_t instance);
  void instanceEnded(const InstanceEnded& end);
  void alarmSettled(const AlarmSettled& run);
  void began(const HandlerBegan& begun);
  void ended(const HandlerEnded& end);
  void atMost(Deliveries& deliveries, const char* what);

  const Profile* profile_;
  Report report_;

  Unit issued_ = 0;
  Unit committed_ = 0;
  std::uint64_t instance_ = 0;
  bool alive_ = false;
  Deliveries connects_;
  Deliveries messages_;
  Deliveries requests_;
  Deliveries endings_;  // of connections
  Time alarm_;          // the last that failed, and how often
  std::uint64_t alarmFailures_ = 0;
  std::size_t running_ = 0;  // handlers; of them, those below
  std::size_t alarmRuns_ = 0;
  std::size_t sections_ = 0;
  std::vector<Handler> handlers_;  // by slot
  std::vector<Connection> connections_;
  std::vector<Request> unanswered_;
  std::vector<std::uint64_t> timers_;
  std::vector<std::uint64_t> calls_;
  std::vector<Socket> sockets_;
  std::size_t timersBeforeSleep_ = 0;
  std::size_t callsBeforeSleep_ = 0;
  std::size_t socketsBeforeSleep_ = 0;
};

}  // namespace Party::Host
