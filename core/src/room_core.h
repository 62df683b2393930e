#pragma once

#include <party/host/chance.h>
#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/host/room_machine.h>
#include <party/room.h>
#include <party/server.h>
#include <party/storage.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alarm.h"
#include "calls.h"
#include "connection_registry.h"
#include "input_gate.h"
#include "life_cycle.h"
#include "listeners.h"
#include "outgoing_sockets.h"
#include "output_gate.h"
#include "queue.h"
#include "response_streams.h"
#include "room_place.h"
#include "running_handlers.h"
#include "storage_overlay.h"
#include "timers.h"
#include "transaction_state.h"

/// The machine's router: takes events to its parts, and what they and the handlers ask for to the effects.
///
///   room_core.cpp         events and turns
///   room_instance.cpp     start, hibernation and reset of the instance
///   room_connections.cpp  connect, message, close, error
///   room_requests.cpp     requests, the alarm's runs, timers, critical sections
///   room_calls.cpp        calls to other rooms and to the outside
///   room_sockets.cpp      WebSockets to other rooms
///   room_storage.cpp      reads, writes, what waits for the disk
///   room_streams.cpp      responses written piece by piece
///   room_transactions.cpp transactions
///   room_outputs.cpp      effects, the output gate, broadcasts
///   storage.cpp, room.cpp, connection.cpp   what the party asks for

namespace Party::Detail {

/// Reports ask for nothing, so nothing is drawn for them; were they counted, a line of log would shift every draw
/// behind it (wall 7).
template <class Effect>
inline constexpr bool isReport = false;
template <>
inline constexpr bool isReport<Host::Logged> = true;
template <>
inline constexpr bool isReport<Host::HandlerFailed> = true;
template <>
inline constexpr bool isReport<Host::HandlerBegan> = true;
template <>
inline constexpr bool isReport<Host::HandlerEnded> = true;
template <>
inline constexpr bool isReport<Host::InstanceStarted> = true;
template <>
inline constexpr bool isReport<Host::InstanceEnded> = true;
template <>
inline constexpr bool isReport<Host::RoomReset> = true;
template <>
inline constexpr bool isReport<Host::WakeExpected> = true;

class RoomCore final : public HandlerOwner {
 public:
  RoomCore(Host::RoomSetup setup, RoomPlace& place);
  RoomCore(SleepingRoom&& asleep, RoomPlace& place);
  ~RoomCore();
  RoomCore(const RoomCore&) = delete;
  RoomCore& operator=(const RoomCore&) = delete;

  Host::Effects& handle(Time now, Host::Event&& event);
  std::optional<Host::HibernationBlocker> whatBlocksHibernation() const;
  Host::RoomStatus status() const;
  /// Nothing is left but what a SleepingRoom holds; the effects of the last event show nothing of this.
  bool canSleep() const;
  SleepingRoom fallAsleep();

  // What the public handles ask.
  const Host::RoomSetup& setup() const noexcept { return setup_; }
  const Profile& profile() const noexcept { return *setup_.profile; }
  RunningHandlers& handlers() noexcept { return handlers_; }
  ConnectionRegistry& connections() noexcept { return connections_; }
  Listeners& listeners() {
    if (!listeners_) listeners_ = std::make_unique<Listeners>();
    return *listeners_;
  }
  Storage& storage() noexcept { return storage_; }
  Time now() const noexcept { return now_; }
  /// False in a destructor of a discarded instance, which may speak but reaches nobody.
  bool mayAct(std::string_view what) {
    if (muted_) logMuted(what);
    return !muted_;
  }
  bool inConstructor() noexcept;
  bool inAlarmHandler() noexcept;
  bool hibernates() const noexcept { return options_.hibernate; }
  bool stateIsUnlimited() const noexcept { return profile().stateUnlimitedInOrdinaryRooms && !options_.hibernate; }
  bool withoutId() const noexcept { return wokenByAlarm_ && profile().alarmInstanceHasNoId; }
  HandlerContext& context();
  std::uint64_t draw(Host::Purpose purpose);
  Host::Cause childCause();

  Connection connection(Host::ConnectionKey key) { return Connection(&place_, key.index, key.generation); }
  void sendTo(ConnectionRecord& record, Host::ConnectionKey key, const Message& message);
  void close(ConnectionRecord& record, Host::ConnectionKey key, std::uint16_t code, SharedBytes reason);
  void broadcast(const Message& message, Audience audience);

  KeyValueStore::ReadOne readOne(std::string_view key, GetOptions options);
  KeyValueStore::Read readMany(std::vector<std::string> keys, GetOptions options);
  KeyValueStore::Read readRange(const Host::KeyRange& range, GetOptions options);
  void write(std::string_view key, std::optional<SharedBytes> value, bool confirmed);
  void writeAlarm(std::optional<Time> alarm, bool confirmed);
  void deleteAll();
  Alarm& alarm() noexcept { return alarm_; }
  /// The alarm as the transaction under way, if any, would leave it.
  std::optional<Time> visibleAlarm() const noexcept;
  std::optional<OperationKey> syncOperation();
  /// More is not durable than may be, so that who writes has to wait (STORE-083).
  bool overfull() const noexcept { return overlay_.bytes() > profile().maxUnflushedBytes && !muted_; }
  OperationKey backpressure(bool concurrent);
  void rollBack(TransactionState& state);

  std::uint64_t startTimer(Duration delay, TimerMeaning what);
  void clearTimer(std::uint64_t id);
  /// Throws where the documents forbid to reach for the parties.
  void checkParties();
  void checkUnique(std::string_view id);
  Pending<Response> startCall(Request request, std::optional<Host::RoomAddress> room, Redirect redirect);
  Pending<WebSocket> openSocket(Request upgrade, Host::RoomAddress room);
  OutgoingSocket* findSocket(std::uint64_t id) noexcept { return sockets_.find(id); }
  void sendTo(OutgoingSocket& socket, const Message& message);
  void close(OutgoingSocket& socket, std::uint16_t code, SharedBytes reason);
  std::uint64_t openStream();
  bool streamIsOpen(std::uint64_t id) const noexcept;
  void writeStream(std::uint64_t id, SharedBytes piece);
  void endStream(std::uint64_t id);
  AskedSection askForSection(std::string_view what, Callback body, std::shared_ptr<TransactionState> transaction);
  void runInBackground(Task<> work);
  void log(LogLevel level, std::string_view text);
  void expectWake(std::optional<Time> due, std::string_view what);

  // HandlerOwner
  void handlerEnded(Handler& handler, std::uint32_t slot) override;
  void errorUnawaited(std::exception_ptr error) noexcept override;
  void gateHolderGone() noexcept override { gate_.letGo(); }

 private:
  using Body = Host::Event::Body;

  void logMuted(std::string_view what);

  // Events (room_core.cpp, room_instance.cpp)
  void forgetEffects() noexcept;
  void take(Host::Cause cause, Body& body);
  void arrive(Host::Cause cause, SectionId section, Body& body);
  /// An event of the host need not wait.
  bool mayEnter() const noexcept { return gate_.clear() && life_.ready() && !resetAsked_; }
  bool nothingFollows() const noexcept;
  void pump();
  void runTurn();
  void deliver(Host::Cause cause, SectionId section, Body& body);
  bool needsInstance(const Body& body) const;
  void beginInstance();
  void instanceStarted();
  /// With one of the start's switches on the waking event is kept aside, not at the front of the queue.
  bool keepsWaker() const noexcept { return profile().eventsOvertakeStart || profile().failedStartIsSkipped; }
  void startEnded(const std::exception_ptr& error);
  void leaveSection();
  void startFailed(Host::HandlerKind kind, std::exception_ptr error);
  void failArrival(Arrival& arrival, const std::exception_ptr& error);
  void endInstance();
  void discardInstance();
  void hibernate();
  void reset();
  struct ResetAsked {
    std::string reason;
    bool reopen = false;
    bool ofParty = false;  // its own code is to blame: an alarm's run that it ends counts as failed (ALARM-044)
  };
  void askForReset(ResetAsked asked);

  void unitCommitted(Host::Unit through);
  void unitFailed(Host::Unit unit);

  // Storage (room_storage.cpp, room_transactions.cpp)
  template <class What>
  const StorageOverlay& visible(const What& what, StorageOverlay& assembled) const;
  const std::optional<SharedBytes>* findUndurable(std::string_view key) const;
  OperationKey putOff(GetOptions options, StorageOverlay overlay,
                      std::variant<std::vector<std::string>, Host::KeyRange> what);
  void completeRead(Host::ReadCompleted& completed);
  void wipe();
  void waitForDisk(OperationKey operation, bool concurrent);
  void endDiskWaits(Host::Unit durable);
  void beginTransaction(std::shared_ptr<TransactionState> state, SectionId section);
  void commit(TransactionState& state);
  void transactionEnded(Handler& handler);

  // Connections (room_connections.cpp)
  void beginConnect(const Host::ConnectRequested& asked, Host::Cause cause);
  void runConnect(Host::ConnectionKey key, const std::vector<std::string>& tags);
  void connected(Host::ConnectionKey key);
  void refuse(Host::ConnectionKey key, const std::exception_ptr& error);
  void keepEarly(ConnectionRecord& record, Arrival arrival);
  void deliverMessage(ConnectionRecord& record, Host::MessageReceived& received, Host::Cause cause);
  /// Rare; kept out of the way of a message that nobody listens to.
  [[gnu::noinline]] void deliverToListeners(const Host::MessageReceived& received, Host::Cause cause);
  void deliverClose(ConnectionRecord& record, Host::CloseReceived& received, Host::Cause cause);
  void endConnection(Host::ConnectionKey key, Host::Cause cause);
  void failConnection(Host::ConnectionKey key, Host::Cause cause, std::string reason);
  void connectionEnded(Host::ConnectionKey key);
  bool isUnanswered(const ConnectionRecord& record) const noexcept {
    return profile().clientCloseUnanswered && record.phase == ConnectionRecord::Phase::ended && record.closeReceived &&
           !record.closeSent;
  }
  void endUnanswered(Host::ConnectionKey key);
  void dropUnanswered();
  void dropGhosts();
  /// Takes what listens, because the connection's end may come before their turn.
  std::vector<EventListener> listenersOf(Host::ConnectionKey key, EventType type) const {
    return listeners_ ? listeners_->of(key, type) : std::vector<EventListener>();
  }
  void tell(std::vector<EventListener> listeners, const SocketEvent& event, Host::Cause cause);

  // Requests, alarm, timers, sections (room_requests.cpp)
  void deliverRequest(const Host::RequestReceived& received, Host::Cause cause);
  void requestEnded(Handler& handler);
  void answer(Host::RequestKey key, Response response);
  Response errorResponse(const std::exception_ptr& error) const;
  void deliverAlarm(const Host::AlarmDue& due, Host::Cause cause);
  void alarmEnded(bool succeeded);
  void removeAlarm();
  void deliverTimer(std::uint64_t id, Host::Cause cause);
  bool startPendingSection();
  void sectionEnded(Handler& handler);
  void endSection(SectionId section);

  // Streams (room_streams.cpp)
  static std::uint64_t streamOf(const Response& response) noexcept { return response.block_->stream; }
  BodyStream* openStreamOf(std::uint64_t id) const noexcept;
  void answerByStream(Host::RequestKey key, Response response);
  bool isAborted(Host::RequestKey key) const noexcept { return std::ranges::find(aborted_, key) != aborted_.end(); }
  bool cutOff(Host::RequestKey key, const std::vector<BodyStream>& streams);

  // Calls (room_calls.cpp)
  void sendCall(const Call& call);
  void takeChunk(Host::Cause cause, Host::CallChunk& chunk);
  void takeSettled(Host::Cause cause, Body& body);
  void deliverCall(Host::CallSettled& settled);
  OperationResult outcomeOf(Call& call, Host::CallOutcome& outcome);
  std::string answerTooLong() const;

  // Sockets (room_sockets.cpp)
  void takeForSocket(Host::Cause cause, Host::SocketKey key, Body& body);
  void deliverOpened(Host::SocketKey key);
  void deliverAnswered(const Host::SocketAnswered& answered);
  void deliverSocketMessage(const Host::SocketMessageReceived& received, Host::Cause cause);
  void deliverSocketClose(const Host::SocketCloseReceived& received, Host::Cause cause);
  void deliverSocketLoss(const Host::SocketLost& lost, Host::Cause cause);
  void endOpening(OutgoingSocket& socket, const Error& error);

  // Effects (room_outputs.cpp)
  template <class Asked>
  void emit(Asked&& asked) {
    const auto [cause, ordinal] = nextOrdinal(isReport<std::remove_cvref_t<Asked>> ? 0 : 1);
    effects_.emplace_back(cause, ordinal, Host::Unit{0}, std::forward<Asked>(asked));
  }
  template <class Asked>
  void output(Asked&& asked) {
    const auto [cause, ordinal] = nextOrdinal(isReport<std::remove_cvref_t<Asked>> ? 0 : 1);
    if (!outputs_.open()) {
      outputs_.hold({{cause, ordinal, outputs_.awaited(), std::forward<Asked>(asked)}, std::nullopt, {}});
    } else if (leaves(asked)) {
      effects_.emplace_back(cause, ordinal, outputs_.awaited(), std::forward<Asked>(asked));
    }
  }
  // The room's own books follow what has really left. False: nobody waits for it any more.
  bool leaves(const auto&) { return true; }
  bool leaves(const Host::ConnectionAccepted& accepted);
  bool leaves(const Host::ResponseHead& head);
  bool leaves(const Host::ConnectionReleased& released);
  bool leaves(const Host::CallStarted& started);
  bool leaves(const Host::SocketRequested& requested);
  bool leaves(const Host::SocketMessageSent& sent) { return sockets_.find(sent.socket.value) != nullptr; }
  bool leaves(const Host::SocketClosed& closed) { return sockets_.find(closed.socket.value) != nullptr; }
  bool leaves(const Host::SocketReleased& released) { return sockets_.remove(released.socket.value); }
  bool leaves(const Host::ResponseChunk& chunk);
  bool leaves(const Host::ResponseEnd& end);
  Host::Broadcast addressed(Message message, const Audience& audience);
  void releaseBroadcast(HeldOutput& held);
  void releaseOutputs();
  Host::UnitWrites& openUnit(bool confirmed);
  void closeUnit();
  std::pair<Host::Cause, std::uint32_t> nextOrdinal(std::uint32_t step = 1) {
    HandlerContext* running = handlers_.current();
    std::uint32_t& next = running == nullptr ? turnOrdinal_ : running->ordinal;
    return {running == nullptr ? turnCause_ : running->cause, std::exchange(next, next + step)};
  }

  template <class Make>
  void startHandler(HandlerContext context, Make&& make) {
    if (setup_.observeHandlers) emit(Host::HandlerBegan{context.kind, handlers_.nextSlot()});
    handlers_.start(context, std::forward<Make>(make));
  }

  struct PendingSection {
    SectionId parent = 0;
    Callback body;
    OperationKey settles;
    Host::Cause cause;
    std::shared_ptr<TransactionState> transaction;
  };
  struct PutOffRead {
    OperationKey operation;
    bool holdsGate = true;  // otherwise its answer waits for the gate, in this section
    SectionId section = 0;
    StorageOverlay overlay;  // as it was when the read was issued
    std::variant<std::vector<std::string>, Host::KeyRange> what;
  };
  struct DiskWait {
    static constexpr Host::Unit untilRoomIsLeft = 0;
    Host::Unit unit = 0;
    OperationKey operation;
    SectionId section = 0;
    Host::Cause cause;
    bool holdsGate = false;
  };
  struct BackgroundWork {
    HandlerContext context;
    Task<> task;
  };

  RoomPlace& place_;
  Host::RoomSetup setup_;
  Room room_;
  Storage storage_;
  Host::Effects effects_;
  Time now_{};
  bool handling_ = false;
  bool muted_ = false;

  LifeCycle life_;
  std::uint64_t instances_ = 0;
  std::unique_ptr<Server> party_;
  ServerOptions options_;
  std::optional<ResetAsked> resetAsked_;
  /// After a reset, units in flight settle before another instance may read (EVICT-016, INV-05).
  bool settling_ = false;
  bool ownerLost_ = false;
  bool wokenByAlarm_ = false;
  std::unique_ptr<Arrival> waker_;  // with a start's switch on: until onStart has ended

  RunningHandlers handlers_;
  InputGate gate_;
  OutputGate outputs_;
  std::unique_ptr<ConnectionRegistry> registry_;
  ConnectionRegistry& connections_;
  StorageOverlay overlay_;
  std::shared_ptr<TransactionState> transaction_;  // the innermost under way
  Alarm alarm_;
  Timers timers_;
  Calls calls_;
  OutgoingSockets sockets_;
  std::unique_ptr<ResponseStreams> streams_;  // null: none yet
  std::unique_ptr<Listeners> listeners_;      // null: none

  std::unique_ptr<Host::UnitWrites> openUnit_;
  Host::Unit lastIssued_ = 0;
  Host::Unit lastWipe_ = 0;  // by deleteAll
  std::optional<Time> durableAlarm_;
  Queue<std::pair<Host::Unit, std::optional<Time>>> alarmUnits_;
  Queue<PendingSection> pendingSections_;
  Queue<BackgroundWork> background_;
  std::vector<PutOffRead> putOffReads_;
  std::vector<DiskWait> waits_;
  std::vector<Host::RequestKey> requests_;  // begun or waiting, not answered
  std::vector<Host::RequestKey> aborted_;

  HandlerContext nobody_;
  std::vector<Host::WakeExpected> expectedWakes_;  // in this turn
  Host::Cause turnCause_;
  std::uint32_t turnOrdinal_ = 0;
  std::vector<JoinNumber> ghosts_;                                 // ascending
  std::vector<std::unique_ptr<std::uint32_t[]>> exceptPositions_;  // back the spans of this event's broadcasts
};

}  // namespace Party::Detail
