#pragma once

#include <gtest/gtest.h>
#include <party/host/never_legal.h>
#include <party/host/room_machine.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scripted_party.h"

/// The smallest house for a room machine: a map for a disk, a number for a clock, and lists of what was seen.
///
/// Each verb gives the machine one event and sorts the effects. It checks what every host may rely on (one answer to
/// each upgrade and request, nothing for a connection after its release, units without a gap) and reports a breach at
/// the caller's line.

namespace Party::Test {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// `now`: reads answer at once. `later`: they are put off and answered before the verb returns. `held`: they are put
/// off until `completeReads`.
enum class Reads { now, later, held };
/// `atOnce`: units are durable before the verb returns. `held`: when `commit` says so.
enum class Commits { atOnce, held };

struct Client {
  std::size_t number;
};
struct Ask {
  std::uint64_t number;
};

struct DriverOptions {
  Reads reads = Reads::now;
  Commits commits = Commits::atOnce;
  std::uint64_t seed = 7;
  bool observeHandlers = false;
  Profile profile = Profile::documented();
  std::optional<Time> alarm;
  std::map<std::string, SharedBytes> stored;
};

class RoomDriver final : Host::StorageReader {
 public:
  using Where = std::source_location;

  explicit RoomDriver(Script script, DriverOptions options = DriverOptions());
  ~RoomDriver() override;

  // What happens to the room.
  Client connect(const std::string& id, const std::string& query = "", Where where = Where::current());
  Client connectWith(Request upgrade, const std::string& name, Where where = Where::current());
  void message(Client from, Message message, Where where = Where::current());
  void close(Client client, std::uint16_t code = 1005, std::string_view reason = "", Where where = Where::current());
  void lose(Client client, Where where = Where::current());
  void fail(Client client, std::uint16_t code, std::string_view reason, Where where = Where::current());
  Ask request(const std::string& path = "/party/r", const std::string& method = "GET", Where where = Where::current());
  Ask requestWith(Request request, Where where = Where::current());
  void abort(Ask ask, Where where = Where::current());
  /// The durable alarm's time has come.
  void alarmDue(Where where = Where::current());
  /// Time goes on by `length`; timers due by then fire, in order.
  void advance(Duration length, Where where = Where::current());
  void commit(Where where = Where::current());
  void commitThrough(Host::Unit unit, Where where = Where::current());
  /// The first undurable unit fails. The machine is replaced, as its RoomReset demands.
  void failUnit(std::string_view reason = "disk full", Where where = Where::current());
  void completeReads(Where where = Where::current());
  /// The n-th call, counted from 1, gets its answer; a piece of it; or fails.
  void answerCall(std::size_t call, Response response, Where where = Where::current());
  void chunk(std::size_t call, std::string_view bytes, Where where = Where::current());
  void failCall(std::size_t call, std::string_view error, Where where = Where::current());
  /// What comes of the n-th socket that the room asked for, counted from 1.
  void openSocket(std::size_t socket, Where where = Where::current());
  void answerSocket(std::size_t socket, Response response, Where where = Where::current());
  void socketMessage(std::size_t socket, Message message, Where where = Where::current());
  void closeSocket(std::size_t socket, std::uint16_t code = 1005, std::string_view reason = "",
                   Where where = Where::current());
  void loseSocket(std::size_t socket, std::string_view reason = "", Where where = Where::current());
  void hibernate(Where where = Where::current());
  void reset(std::string_view reason, Where where = Where::current());
  void give(Host::Event::Body body, Where where = Where::current());
  /// The cause of the next event; afterwards they count on.
  void nextCause(std::uint64_t cause) { lastCause_ = cause - 1; }

  // What came of it.
  /// What this client sees: "open", texts, "bytes:...", "close 1000 bye", "answer ...", "dropped", "http 500 text".
  const Lines& seen(Client client) const { return clients_.at(client.number).seen; }
  bool released(Client client) const { return clients_.at(client.number).released; }
  /// "200 text", or "" while there is none.
  std::string response(Ask ask) const { return asks_.at(ask.number).answer; }
  /// What came of an answer in pieces: "head 200", each piece, and "end" or "cut off".
  const Lines& pieces(Ask ask) const { return asks_.at(ask.number).pieces; }
  const std::optional<Response>& fullResponse(Ask ask) const { return asks_.at(ask.number).response; }
  Lines logs, failures, life, alarmRuns, observed;
  /// "GET http://house.test/parties/other/x -> 1/x", and "cancel 1" for the first.
  Lines calls;
  /// "GET http://house.test/parties/other/x -> 1/x"; then, by its number, "1 < text", "1 close 1000 bye",
  /// "1 answer 1000 bye" and "1 released".
  Lines sockets;
  std::vector<Request> socketRequests;
  /// The texts of answers that a reset gave instead of the handler.
  Lines resets;
  /// What each call asked, in order.
  std::vector<Request> callRequests;
  /// The keys that were asked for with `keep`, and those without, as "-key".
  Lines readsAsked;
  /// Everything in the order it left the machine, one line each: "a < text", "unit 1: +k -l alarm", "200 text".
  Lines trace;
  /// "cause/ordinal" of each effect that a host may draw chance for.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;

  Time now{1'700'000'000s};
  std::map<std::string, SharedBytes> disk;
  std::optional<Time> durableAlarm;
  Host::RoomStatus status() const { return machine_->status(); }
  /// "" when nothing blocks it.
  std::string blocker() const;
  std::size_t undurable() const { return units_.size(); }
  std::size_t readsWaiting() const { return putOff_.size(); }
  std::vector<Host::TimerKey> timersSet() const;
  Host::ConnectionKey keyOf(Client client) const { return clients_.at(client.number).key; }
  template <class T>
  std::optional<T> stored(const std::string& key) const {
    const auto at = disk.find(key);
    return at == disk.end() ? std::nullopt : std::optional<T>(decodeValue<T>(at->second));
  }

 private:
  struct Peer {
    std::string name;
    Host::ConnectionKey key;
    bool answered = false;
    bool gone = false;  // its transport has ended, or it was refused: nothing more can reach it
    bool released = false;
    Lines early;
    Lines seen;
  };
  struct Asked {
    std::string answer;
    std::optional<Response> response;
    Lines pieces;
    bool streaming = false;
  };
  struct PutOff {
    OperationKey operation;
    StoredEntries entries;
  };
  struct Sorter;

  Answer get(std::string_view key, OperationKey operation, std::optional<SharedBytes>& value, bool keep) override;
  Answer getMany(std::span<const std::string> keys, OperationKey operation, StoredEntries& found, bool keep) override;
  Answer list(const Host::KeyRange& range, OperationKey operation, StoredEntries& found) override;
  Answer answer(OperationKey operation, StoredEntries& found);

  void open();
  void handle(Host::Event::Body body);
  void settle();
  Peer* peer(Host::SocketHandle socket, std::string_view what);
  void show(Host::SocketHandle socket, const std::string& line);
  void breach(const std::string& what) const;

  Script script_;
  DriverOptions options_;
  Host::Parties parties_;  // the first is this room's
  std::string host_ = "house.test";
  std::vector<Peer> clients_;
  std::map<std::uint64_t, Asked> asks_;
  std::map<std::uint64_t, Time> timers_;
  std::deque<std::pair<Host::Unit, std::unique_ptr<Host::UnitWrites>>> units_;
  Host::Unit lastUnit_ = 0;
  std::deque<PutOff> putOff_;
  std::vector<Host::CallKey> callKeys_;
  std::vector<Host::SocketKey> socketKeys_;
  std::vector<bool> socketsReleased_;
  std::uint64_t lastCause_ = 0;
  bool reopen_ = false;
  Where where_ = Where::current();
  std::unique_ptr<Host::RoomMachine> machine_;
  Host::NeverLegal watcher_{
      options_.profile, [this](const char* rule, const std::string& how) { breach(std::string(rule) + ": " + how); }};
};

/// The text of an exception, whatever it is.
std::string textOf(const std::exception_ptr& error);

}  // namespace Party::Test
