#pragma once

#include "log.h"
#include "net/loop.h"
#include "net/web_socket.h"
#include "rooms/alarms.h"
#include "rooms/live_room.h"
#include "rooms/traffic.h"
#include "rooms/wall_clock.h"
#include "storage/committed_reader.h"
#include "storage/unit_writer.h"

#include <party/host/event.h>
#include <party/host/party_descriptor.h>
#include <party/host/profile.h>
#include <party/host/room_machine.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace Party::Serve {

struct RoomsSetup {
  const Host::Parties& parties;
  const Profile& profile;
  const WebSocketLimits& webSocket;
  std::uint64_t seed = 0;
  /// Takes the units gathered in a turn to the disk; the answer comes to `Rooms::settled`.
  std::function<void(std::vector<UnitJob>)> submit;
  std::size_t shard = 0;
  /// Host and port of this server, set before the first room is opened.
  const std::string* address = nullptr;
  /// Every event and effect of every room is held against what must never happen; the first breach ends the process.
  bool watchRules = false;
};

/// What a handler threw, for the log: its text, and the detail that no client gets.
std::string describeFailure(Host::HandlerKind handler, const std::exception_ptr& error);

/// A rule of the never-legal list was broken: says so in the log, and ends the process where it can be looked at.
[[noreturn]] void ruleBroken(const RoomName& room, const char* rule, const std::string& how);

/// The rooms of one shard and their WebSockets: turns what sockets, timers and the disk tell into events, and carries
/// out the effects. One thread, no lock.
///
/// Effects may cause events (a send finds its client gone). These wait until the machine in hand has been served,
/// because its effects live in its own buffer.
class Rooms final : public WebSocket::Owner {
 public:
  Rooms(Loop& loop, RoomsSetup setup, CommittedStore store, Traffic& traffic);
  ~Rooms();

  void request(RoomRequest request);
  void connect(RoomUpgrade upgrade);
  void connect(LinkRequest request);
  void cameUp(LinkUp up);
  void cameDown(LinkDown down);
  void aborted(const RoomAbort& abort);
  /// What a room answered to a room of this shard.
  void called(Host::ResponseHead head);
  void called(Host::ResponseChunk chunk);
  void called(Host::ResponseEnd end);
  /// Outcomes of this shard's units, in the order they were submitted.
  void settled(std::vector<UnitOutcome> outcomes);
  /// An alarm found on disk at the start.
  void knowAlarm(const StoredAlarm& alarm) { alarms_.committed(alarm.room, alarm.due); }

  /// Once a second or so.
  void checkPatience();
  /// Hibernates what has been idle, forgets what is empty.
  void checkIdle();
  /// Hands over what was gathered and destroys what has ended.
  void endTurn();

  /// Takes nothing more from any client.
  void pauseAll();
  bool isQuiet() const { return unitsInFlight_ == 0 && batch_.empty(); }
  /// Says 1001 to every client and ends (RFC 6455, 7.4.1).
  void sayGoodbye();
  std::size_t openSockets() const;

  // WebSocket::Owner
  void messageArrived(WebSocket& socket, Message message) override;
  void closeArrived(WebSocket& socket, std::uint16_t code, std::string reason) override;
  void socketFailed(WebSocket& socket, std::uint16_t code, std::string reason) override;
  void socketLost(WebSocket& socket) override;
  void backlogFull(WebSocket& socket, std::size_t bytes) override;
  void socketEnded(WebSocket& socket) override;
  std::string_view httpDate() override;
  std::span<char> receiveBuffer() override { return receiveBuffer_; }

 private:
  using Body = Host::Event::Body;
  static constexpr unsigned connectionBits = 20;
  static constexpr std::uint64_t connectionMask = (1u << connectionBits) - 1;

  struct Slot {
    std::unique_ptr<WebSocket> socket;  // null: its transport has ended, or another room is at the other end
    LiveRoom* room = nullptr;           // null once the machine has released the connection
    Host::ConnectionKey key;
  };

  // Rooms and events (rooms.cpp)
  LiveRoom& roomOf(const RoomName& name, std::size_t party);
  void openMachine(LiveRoom& room);
  void give(LiveRoom& room, Body body);
  void serve(LiveRoom& room, Body&& body);
  void breakDown(LiveRoom& room, std::string_view why);
  void refuseFor(LiveRoom& room, const Body& body);
  void reopen(LiveRoom& room);
  void touch(LiveRoom& room);
  void ring(const RoomName& name, Time scheduled);
  void setPaused(LiveRoom& room, bool paused);
  void checkFlow(LiveRoom& room);
  void clearTimers(LiveRoom& room);
  void clearCalls(LiveRoom& room);
  std::uint32_t takeSlot(LiveRoom& room);

  // Calls between rooms (room_calls.cpp)
  struct CallUnderWay {
    RoomName caller;
    std::uint32_t epoch = 0;  // of its machine
    Host::CallKey call;
    RoomName callee;
    std::optional<Response> head;  // of an answer that comes in pieces
  };
  LiveRoom* callerOf(const CallUnderWay& call);
  void endCall(Host::RequestKey key, Host::CallOutcome outcome);
  // Sockets between rooms (room_sockets.cpp)
  void sendUp(LiveRoom& room, Host::SocketKey socket, LinkFrame frame);
  void releaseLink(LiveRoom& room, Host::SocketKey socket);
  void clearLinks(LiveRoom& room);
  void tellCaller(LiveRoom& room, Host::SocketKey socket, LinkFrame frame);
  void tellCallee(LiveRoom& room, Host::ConnectionKey key, LinkFrame frame);
  void acceptLink(std::uint32_t handle);
  void refuseLink(std::uint32_t handle, LinkClosed close);
  void endLink(std::uint32_t handle, LinkFrame last);
  void sendDown(std::uint32_t handle, LinkFrame frame);
  void forgetLink(std::uint32_t handle);
  void resumeLinks(LiveRoom& room);
  void loseLinks();
  void logOverfull(const RoomName& from, const RoomName& to);

  Slot* slotOf(WebSocket& socket);
  void freeIfDone(std::uint32_t handle);

  // Effects (room_effects.cpp)
  void carryOut(LiveRoom& room, Host::Effect& effect);
  void carryOut(LiveRoom& room, Host::ConnectionAccepted& effect);
  void carryOut(LiveRoom& room, Host::ConnectionRefused& effect);
  void carryOut(LiveRoom& room, Host::ConnectionAnswered& effect);
  void carryOut(LiveRoom& room, Host::ConnectionDropped& effect);
  void carryOut(LiveRoom& room, Host::ConnectionReleased& effect);
  void carryOut(LiveRoom& room, Host::MessageSent& effect);
  void carryOut(LiveRoom& room, Host::Broadcast& effect);
  void carryOut(LiveRoom& room, Host::ConnectionClosed& effect);
  void carryOut(LiveRoom& room, Host::ResponseHead& effect);
  void carryOut(LiveRoom& room, Host::ResponseChunk& effect);
  void carryOut(LiveRoom& room, Host::ResponseEnd& effect);
  void carryOut(LiveRoom& room, Host::UnitIssued& effect);
  void carryOut(LiveRoom& room, Host::CallStarted& effect);
  void carryOut(LiveRoom& room, Host::CallCancelled& effect);
  void carryOut(LiveRoom& room, Host::SocketRequested& effect);
  void carryOut(LiveRoom& room, Host::SocketMessageSent& effect);
  void carryOut(LiveRoom& room, Host::SocketClosed& effect);
  void carryOut(LiveRoom& room, Host::SocketReleased& effect);
  void carryOut(LiveRoom& room, Host::TimerSet& effect);
  void carryOut(LiveRoom& room, Host::TimerCleared& effect);
  void carryOut(LiveRoom& room, Host::AlarmSettled& effect);
  void carryOut(LiveRoom& room, Host::HandlerFailed& effect);  // names the connection by `causeInHand_`
  void carryOut(LiveRoom&, Host::WakeExpected&) {}             // for the simulator alone
  void carryOut(LiveRoom&, Host::HandlerBegan&) {}             // for the watcher alone
  void carryOut(LiveRoom&, Host::HandlerEnded&) {}
  void carryOut(LiveRoom& room, Host::Logged& effect);
  void carryOut(LiveRoom& room, Host::InstanceStarted& effect);
  void carryOut(LiveRoom& room, Host::InstanceEnded& effect);
  void carryOut(LiveRoom& room, Host::RoomReset& effect);
  WebSocket* socketOf(Host::SocketHandle handle);

  Loop& loop_;
  RoomsSetup setup_;
  CommittedStore store_;
  Traffic& traffic_;
  WallClock clock_;
  Alarms alarms_;
  LogBudget failures_{100};

  std::unordered_map<RoomName, std::unique_ptr<LiveRoom>, RoomNameHash> rooms_;
  std::list<LiveRoom*> idle_;  // least recently active first
  std::vector<LiveRoom*> emptied_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> freeSlots_;
  std::vector<std::unique_ptr<WebSocket>> ended_;

  std::unordered_map<std::uint64_t, CallUnderWay> calls_;           // by request key
  std::uint64_t callsMade_ = 0;                                     // and sockets opened
  std::unordered_map<std::uint64_t, CallingEnd> callingEnds_;       // by link key
  std::unordered_map<std::uint32_t, CalledEnd> calledEnds_;         // by slot
  std::unordered_map<std::uint64_t, std::uint32_t> calledHandles_;  // slots by link key

  std::deque<std::pair<LiveRoom*, Body>> waiting_;
  bool serving_ = false;
  Host::Cause causeInHand_;  // of the effect being carried out
  std::vector<UnitJob> batch_;
  std::size_t unitsInFlight_ = 0;
  std::uint64_t causes_ = 0;
  std::uint64_t seeds_ = 0;
  bool goingAway_ = false;
  std::string date_;
  std::int64_t dateSecond_ = 0;
  std::vector<char> receiveBuffer_;
};

}  // namespace Party::Serve
