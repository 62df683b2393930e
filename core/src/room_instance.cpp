#include <algorithm>
#include <utility>

#include "match.h"
#include "room_core.h"

namespace Party::Detail {
namespace {

// Draws in onStart are keyed by which instance it is, not by who woke it (wall 7).
Host::Cause causeOfInstance(std::uint64_t instance) { return {0x8000'0000'0000'0000u | instance}; }

}  // namespace

void RoomCore::beginInstance() {
  life_.take(LifeCycle::Step::construct);
  emit(Host::InstanceStarted{++instances_});
  HandlerContext context(Host::HandlerKind::constructor, causeOfInstance(instances_), gate_.enterSection());
  std::exception_ptr failure;
  try {
    if (ownerLost_) throw Error("Durable Object storage is no longer accessible.");  // STORE-090
    const RunningHandlers::Entered entered(handlers_, context);
    party_ = setup_.party->construct(room_);
    options_ = party_->options();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    startFailed(Host::HandlerKind::constructor, failure);
    return;
  }
  if (!setup_.party->overrides.onStart) {
    instanceStarted();
    return;
  }
  context.kind = Host::HandlerKind::onStart;
  if (profile().eventsOvertakeStart) {
    instanceStarted();
    context.section = gate_.section();
  }
  startHandler(context, [this](Handler&) { return party_->onStart(); });
}

void RoomCore::instanceStarted() {
  life_.take(LifeCycle::Step::started);
  leaveSection();
  if (waker_ && !setup_.party->overrides.onStart) gate_.putBack(std::move(*std::exchange(waker_, nullptr)));
}

void RoomCore::startEnded(const std::exception_ptr& error) {
  if (error && !profile().failedStartIsSkipped) {
    if (!profile().eventsOvertakeStart) return startFailed(Host::HandlerKind::onStart, error);
    emit(Host::HandlerFailed{Host::HandlerKind::onStart, error});
    return askForReset({.reason = textOf(error), .ofParty = true});  // others are at work in this instance
  }
  if (!profile().eventsOvertakeStart) instanceStarted();
  if (error) emit(Host::HandlerFailed{Host::HandlerKind::onStart, error});
  if (!waker_) return;
  Arrival waker = std::move(*std::exchange(waker_, nullptr));
  if (error) return failArrival(waker, error);
  gate_.putBack(std::move(waker));
}

// What began inside and has not ended belongs to whoever the section was in (GATE-026).
void RoomCore::leaveSection() {
  const SectionId ended = gate_.section();
  gate_.leaveSection();
  const SectionId parent = gate_.section();
  handlers_.adopt(ended, parent);
  gate_.adopt(ended, parent);
  timers_.adopt(ended, parent);
  calls_.adopt(ended, parent);
  sockets_.adopt(ended, parent);
  const auto adopt = [ended, parent](SectionId& section) {
    if (section == ended) section = parent;
  };
  for (PendingSection& pending : pendingSections_) adopt(pending.parent);
  for (PutOffRead& read : putOffReads_) adopt(read.section);
  for (DiskWait& wait : waits_) adopt(wait.section);
  for (BackgroundWork& work : background_) adopt(work.context.section);
}

// D-2: a start that fails leaves nothing behind; who waited is told, the next event starts anew.
void RoomCore::startFailed(Host::HandlerKind kind, std::exception_ptr error) {
  emit(Host::HandlerFailed{kind, error});
  auto waiting = gate_.takeAll();
  if (waker_) waiting.push_front(std::move(*std::exchange(waker_, nullptr)));
  discardInstance();
  life_.take(LifeCycle::Step::startFailed);
  emit(Host::InstanceEnded{instances_, Host::InstanceEnd::startFailed});
  for (Arrival& arrival : waiting) failArrival(arrival, error);
}

void RoomCore::failArrival(Arrival& arrival, const std::exception_ptr& error) {
  auto* body = std::get_if<Body>(&arrival.what);
  if (body == nullptr) return;
  turnCause_ = arrival.cause;
  turnOrdinal_ = 0;
  // Each connection is ended once, though several events of it may wait, and its release for the disk.
  const auto end = [this](Host::ConnectionKey key) {
    const ConnectionRecord* record = connections_.find(key);
    if (record != nullptr && record->phase != ConnectionRecord::Phase::ended) connectionEnded(key);
  };
  match(
      *body,
      [&](Host::ConnectRequested& event) {
        connections_.find(event.connection)->phase = ConnectionRecord::Phase::ended;
        output(Host::ConnectionAnswered{event.connection, event.socket, errorResponse(error)});
        output(Host::ConnectionReleased{event.connection});
      },
      [&](Host::RequestReceived& event) { answer(event.key, errorResponse(error)); },
      [&](Host::MessageReceived&) {
        log(LogLevel::error, "a message was dropped because the room could not start: " + textOf(error));
      },
      [&](Host::CloseReceived& event) {
        if (ConnectionRecord* record = connections_.find(event.connection)) {
          record->closeReceived = true;
          record->changing().peerCode = event.code;
          record->changing().peerReason = event.reason;
          end(event.connection);
        }
      },
      [&](Host::ConnectionLost& event) { end(event.connection); },
      [&](Host::ConnectionFailed& event) { end(event.connection); },
      [&](Host::AlarmDue& event) { output(Host::AlarmSettled{event.scheduled, false}); }, [](auto&) {});
}

// Muted first; then frames, youngest first; then whatever else may hold captures of the user's; then the party.
void RoomCore::endInstance() {
  muted_ = true;
  handlers_.destroyAll();
  background_ = {};
  pendingSections_ = {};
  expectedWakes_.clear();
  listeners_.reset();
  if (streams_) streams_->takeAll();
  for (const Timer& timer : timers_.takeAll()) emit(Host::TimerCleared{{timer.id}});
  for (const Call& call : calls_.takeAll()) {
    if (call.underWay) emit(Host::CallCancelled{{call.id}});
  }
  for (const OutgoingSocket& socket : sockets_.takeAll()) {
    if (socket.underWay) emit(Host::SocketReleased{{socket.id}});
  }
  party_.reset();
}

void RoomCore::discardInstance() {
  endInstance();
  handlers_.forgetOperations();
  muted_ = false;
  transaction_.reset();
  putOffReads_.clear();
  waits_.clear();
  gate_.reset();
}

void RoomCore::hibernate() {
  dropUnanswered();
  dropGhosts();
  discardInstance();
  outputs_.discard();  // empty, but for its memory
  effects_.shrink_to_fit();
  life_.take(LifeCycle::Step::hibernate);
  emit(Host::InstanceEnded{instances_, Host::InstanceEnd::hibernated});
}

// An ordinary room goes although it lists them; nobody is at their other end.
void RoomCore::dropGhosts() {
  if (ghosts_.empty()) return;
  for (const Host::ConnectionKey key : connections_.keys()) {
    if (!connections_.find(key)->ghost) continue;
    connections_.release(key);
    emit(Host::ConnectionReleased{key});
  }
  ghosts_.clear();
}

void RoomCore::askForReset(ResetAsked asked) {
  if (!resetAsked_) resetAsked_ = std::move(asked);
}

void RoomCore::reset() {
  const ResetAsked asked = *std::exchange(resetAsked_, std::nullopt);
  const bool hadInstance = !life_.absent();
  const auto alarmRun = alarm_.running();
  const auto streams = streams_ ? streams_->takeAll() : std::vector<BodyStream>();
  auto waiting = gate_.takeAll();
  if (waker_) waiting.push_front(std::move(*std::exchange(waker_, nullptr)));
  life_.take(LifeCycle::Step::reset);
  discardInstance();
  auto discarded = outputs_.discard();
  openUnit_.reset();
  overlay_.clear();
  alarm_ = Alarm(durableAlarm_);
  outputs_.waitFor(lastIssued_);
  settling_ = true;
  if (asked.reopen) outputs_.commit(lastIssued_);
  if (hadInstance) emit(Host::InstanceEnded{instances_, Host::InstanceEnd::reset});

  const SharedBytes reason{std::string_view(asked.reason)};
  for (const Host::RequestKey key : requests_) {
    if (!isAborted(key) && !cutOff(key, streams)) {
      emit(Host::ResponseHead{key, Response(asked.reason, 500), true, true});
    }
  }
  requests_.clear();
  aborted_.clear();
  for (const Host::ConnectionKey key : connections_.keys()) {
    const ConnectionRecord& record = *connections_.find(key);
    if (record.ghost) {
      // Its client has seen its end long ago.
    } else if (record.accepted) {
      emit(Host::ConnectionDropped{key, record.socket});
    } else {
      emit(Host::ConnectionAnswered{key, record.socket, Response(asked.reason, 500), true});
    }
    emit(Host::ConnectionReleased{key});
  }
  connections_.clear();
  ghosts_.clear();
  // The end of every run is told, or a scheduler would wait for it for ever.
  if (alarmRun) emit(Host::AlarmSettled{*alarmRun, false, asked.ofParty});
  for (const HeldOutput& output : discarded) {
    const auto* settled = std::get_if<Host::AlarmSettled>(&output.effect.body);
    if (settled == nullptr) continue;
    emit(Host::AlarmSettled{settled->scheduled, false, settled->succeeded ? asked.ofParty : settled->counted});
  }
  for (const Arrival& arrival : waiting) {
    const auto* body = std::get_if<Body>(&arrival.what);
    const auto* due = body == nullptr ? nullptr : std::get_if<Host::AlarmDue>(body);
    if (due != nullptr) emit(Host::AlarmSettled{due->scheduled, false, false});  // it has not begun
  }
  emit(Host::RoomReset{reason, asked.reopen});
}

bool RoomCore::canSleep() const {
  return life_.absent() && handlers_.running() == 0 && background_.empty() && gate_.waiting() == 0 && !settling_ &&
         !ownerLost_ && outputs_.committed() == lastIssued_ && outputs_.held() == 0 && requests_.empty() &&
         !connections_.shown();
}

SleepingRoom RoomCore::fallAsleep() {
  SleepingRoom asleep;
  asleep.setup = std::move(setup_);
  asleep.now = now_;
  asleep.instances = instances_;
  asleep.lastUnit = lastIssued_;
  asleep.alarm = alarm_;
  asleep.durableAlarm = durableAlarm_;
  asleep.lastTimer = timers_.lastId();
  asleep.lastCall = calls_.lastId();
  asleep.lastSocket = sockets_.lastId();
  asleep.nextOperation = handlers_.nextGeneration();
  asleep.lastSection = gate_.lastSection();
  if (connections_.known() > 0) asleep.connections = std::move(registry_);
  return asleep;
}

RoomCore::~RoomCore() { endInstance(); }

}  // namespace Party::Detail
