#include "room_core.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "match.h"

namespace Party::Detail {
namespace {

// Draws in onStart are keyed by which instance it is, not by who woke it (wall 7).
Host::Cause causeOfInstance(std::uint64_t instance) { return {0x8000'0000'0000'0000u | instance}; }

}  // namespace

RoomCore::RoomCore(Host::RoomSetup setup, RoomPlace& place)
    : place_(place),
      setup_(std::move(setup)),
      room_(this),
      storage_(this),
      handlers_(*this),
      registry_(std::make_unique<ConnectionRegistry>()),
      connections_(*registry_),
      alarm_(setup_.alarm),
      durableAlarm_(setup_.alarm) {}

RoomCore::RoomCore(SleepingRoom&& asleep, RoomPlace& place)
    : place_(place),
      setup_(std::move(asleep.setup)),
      room_(this),
      storage_(this),
      now_(asleep.now),
      instances_(asleep.instances),
      handlers_(*this, asleep.nextOperation),
      gate_(asleep.lastSection),
      registry_(asleep.connections ? std::move(asleep.connections) : std::make_unique<ConnectionRegistry>()),
      connections_(*registry_),
      alarm_(asleep.alarm),
      timers_(asleep.lastTimer),
      calls_(asleep.lastCall),
      lastIssued_(asleep.lastUnit),
      durableAlarm_(asleep.durableAlarm) {
  outputs_.waitFor(lastIssued_);
  outputs_.commit(lastIssued_);
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
  asleep.nextOperation = handlers_.nextGeneration();
  asleep.lastSection = gate_.lastSection();
  if (connections_.known() > 0) asleep.connections = std::move(registry_);
  return asleep;
}

RoomCore::~RoomCore() { endInstance(); }

Host::Effects& RoomCore::handle(Time now, Host::Event&& event) {
  if (handling_) throw std::logic_error("RoomMachine::handle was called from within itself");
  handling_ = true;
  if (!effects_.empty()) forgetEffects();
  now_ = std::max(now_, now);
  turnCause_ = event.cause;
  turnOrdinal_ = 0;
  take(event.cause, event.body);
  if (!nothingFollows()) pump();
  handling_ = false;
  return effects_;
}

// Spans given out for broadcasts end with their effects.
void RoomCore::forgetEffects() noexcept {
  effects_.clear();
  exceptPositions_.clear();
  connections_.unpin();
}

// What the host reports about its own work is taken at once; what happens to the room waits for the gate.
void RoomCore::take(Host::Cause cause, Body& body) {
  const auto forConnection = [&](auto& event) {
    if (mayEnter() || connections_.find(event.connection) != nullptr) arrive(cause, 0, body);
  };
  match(
      body, [&](Host::MessageReceived& event) { forConnection(event); },
      [&](Host::ConnectRequested& event) {
        connections_.request(event);
        arrive(cause, 0, body);
      },
      [&](Host::CloseReceived& event) { forConnection(event); },
      [&](Host::ConnectionLost& event) {
        const ConnectionRecord* record = connections_.find(event.connection);
        if (record != nullptr && isUnanswered(*record)) return endUnanswered(event.connection);
        forConnection(event);
      },
      [&](Host::ConnectionFailed& event) { forConnection(event); },
      [&](Host::RequestReceived& event) {
        requests_.push_back(event.key);
        arrive(cause, 0, body);
      },
      [&](Host::RequestAborted& event) {
        if (std::ranges::find(requests_, event.key) != requests_.end()) aborted_.push_back(event.key);
      },
      [&](Host::AlarmDue&) { arrive(cause, 0, body); },
      [&](Host::AlarmAbandoned& event) {
        if (alarm_.current() == event.scheduled && !alarm_.running()) removeAlarm();
      },
      [&](Host::TimerDue& event) {
        const Timer* timer = timers_.find(event.timer.value);
        if (timer == nullptr) return;
        if (std::holds_alternative<SectionLimit>(timer->what)) {
          askForReset({.reason = "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call "
                                 "was canceled and the Durable Object was reset.",
                       .ofParty = true});
        } else if (std::holds_alternative<AlarmLimit>(timer->what)) {  // ALARM-025
          askForReset({.reason = "Alarm exceeded its allowed execution time", .ofParty = true});
        } else {
          arrive(cause, timer->section, body);
        }
      },
      [&](Host::CallSettled&) { takeSettled(cause, body); }, [&](Host::CallChunk& event) { takeChunk(cause, event); },
      [&](Host::ReadCompleted& event) {
        const auto read = std::ranges::find(putOffReads_, event.operation, &PutOffRead::operation);
        if (read == putOffReads_.end()) return;
        read->holdsGate ? completeRead(event) : arrive(cause, read->section, body);
      },
      [&](Host::UnitCommitted& event) { unitCommitted(event.through); },
      [&](Host::UnitFailed& event) { unitFailed(event.unit); },
      [&](Host::NoLongerOwner&) {
        ownerLost_ = true;
        askForReset({.reason = "another owner holds this room's storage", .reopen = true});
      },
      [&](Host::HibernateRequested&) {
        if (!whatBlocksHibernation()) hibernate();
      },
      [&](Host::ResetRequested& event) { askForReset({.reason = std::string(event.reason.view())}); });
}

void RoomCore::arrive(Host::Cause cause, SectionId section, Body& body) {
  if (mayEnter()) {
    deliver(cause, section, body);
  } else {
    gate_.arrive({cause, section, std::move(body)});
  }
}

// The common end of an event needs no pump.
bool RoomCore::nothingFollows() const noexcept {
  return !handlers_.hasReady() && background_.empty() && !resetAsked_ && !openUnit_ && pendingSections_.empty() &&
         !settling_ && gate_.waiting() == 0;
}

void RoomCore::pump() {
  for (;;) {
    runTurn();
    if (resetAsked_) {
      reset();
      continue;
    }
    closeUnit();
    if (startPendingSection()) continue;
    if (settling_ && outputs_.committed() < lastIssued_) return;
    settling_ = false;
    auto next = gate_.next();
    if (!next) return;
    if (const auto* operation = std::get_if<OperationKey>(&next->what)) {
      turnCause_ = next->cause;
      turnOrdinal_ = 0;
      handlers_.settle(*operation, std::monostate());
    } else {
      deliver(next->cause, next->section, std::get<Body>(next->what));
    }
  }
}

// A turn is one uninterrupted run of user code, with everything that is ready without waiting.
void RoomCore::runTurn() {
  const auto stop = [this] { return resetAsked_.has_value(); };
  for (;;) {
    handlers_.runReady(stop);
    if (background_.empty() || stop()) return;
    BackgroundWork work = std::move(background_.front());
    background_.pop_front();
    startHandler(work.context, [&](Handler&) { return std::move(work.task); });
  }
}

void RoomCore::deliver(Host::Cause cause, SectionId section, Body& body) {
  turnCause_ = cause;
  turnOrdinal_ = 0;
  if (auto* timer = std::get_if<Host::TimerDue>(&body)) {
    deliverTimer(timer->timer.value, cause);
    return;
  }
  if (auto* read = std::get_if<Host::ReadCompleted>(&body)) {
    completeRead(*read);
    return;
  }
  if (!life_.ready() && needsInstance(body)) {
    // The event goes back to the front of the queue: construction and onStart run first, and all events wait for them
    // alike (D-1, LIFE-5).
    wokenByAlarm_ = std::holds_alternative<Host::AlarmDue>(body);
    if (keepsWaker()) {
      waker_ = std::make_unique<Arrival>(cause, section, std::move(body));
    } else {
      gate_.putBack({cause, section, std::move(body)});
    }
    beginInstance();
    return;
  }
  // What comes before the connection is open waits for it; after its end nothing more is heard of it.
  const auto openRecord = [&](Host::ConnectionKey key) -> ConnectionRecord* {
    ConnectionRecord* record = connections_.find(key);
    if (record == nullptr || record->phase == ConnectionRecord::Phase::open) return record;
    if (record->phase != ConnectionRecord::Phase::ended) keepEarly(*record, {cause, section, std::move(body)});
    return nullptr;
  };
  match(
      body,
      [&](Host::MessageReceived& event) {
        if (auto* record = openRecord(event.connection)) deliverMessage(*record, event, cause);
      },
      [&](Host::ConnectRequested& event) { beginConnect(event, cause); },
      [&](Host::CloseReceived& event) {
        if (auto* record = openRecord(event.connection)) deliverClose(*record, event, cause);
      },
      [&](Host::ConnectionLost& event) {
        if (openRecord(event.connection)) endConnection(event.connection, cause);
      },
      [&](Host::ConnectionFailed& event) {
        if (openRecord(event.connection)) {
          failConnection(event.connection, cause, std::string(event.reason.view()));
        }
      },
      [&](Host::RequestReceived& event) { deliverRequest(event, cause); },
      [&](Host::AlarmDue& event) { deliverAlarm(event, cause); },
      [&](Host::CallSettled& event) { deliverCall(event); }, [](auto&) {});
}

// A server without onRequest answers without being started (REQUEST-17), a stale event starts nothing, and the end of a
// call belongs to an instance that may still be starting.
bool RoomCore::needsInstance(const Body& body) const {
  if (std::holds_alternative<Host::CallSettled>(body)) return false;
  if (std::holds_alternative<Host::RequestReceived>(body)) return setup_.party->overrides.onRequest;
  const auto* due = std::get_if<Host::AlarmDue>(&body);
  return due == nullptr || due->repeat || alarm_.current() == due->scheduled;
}

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
  listeners_.reset();
  if (streams_) streams_->takeAll();
  for (const Timer& timer : timers_.takeAll()) emit(Host::TimerCleared{{timer.id}});
  for (const Call& call : calls_.takeAll()) {
    if (call.underWay) emit(Host::CallCancelled{{call.id}});
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
  discardInstance();
  outputs_.discard();  // empty, but for its memory
  effects_.shrink_to_fit();
  life_.take(LifeCycle::Step::hibernate);
  emit(Host::InstanceEnded{instances_, Host::InstanceEnd::hibernated});
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
    if (record.accepted) {
      emit(Host::ConnectionDropped{key, record.socket});
    } else {
      emit(Host::ConnectionAnswered{key, record.socket, Response(asked.reason, 500)});
    }
    emit(Host::ConnectionReleased{key});
  }
  connections_.clear();
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

void RoomCore::unitCommitted(Host::Unit through) {
  through = std::min(through, lastIssued_);
  if (through <= outputs_.committed()) return;
  while (!alarmUnits_.empty() && alarmUnits_.front().first <= through) {
    durableAlarm_ = alarmUnits_.front().second;
    alarmUnits_.pop_front();
  }
  if (settling_) alarm_ = Alarm(durableAlarm_);
  outputs_.commit(through);
  overlay_.acknowledge(through);
  releaseOutputs();
  if (!waits_.empty()) endDiskWaits(through);
}

// STORE-086. The reference finds the line of the log that names the host's own reason.
void RoomCore::unitFailed(Host::Unit unit) {
  constexpr std::size_t length = 24;
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
  std::string reference;
  while (reference.size() < length) {
    const auto purpose = static_cast<std::uint64_t>(Host::Purpose::errorReference);
    std::uint64_t drawn = Host::mix(setup_.seed, purpose, turnCause_.value, reference.size());
    for (int i = 0; i < 12; ++i, drawn >>= 5) reference += digits[drawn % digits.size()];
  }
  const bool ofWipe = unit != 0 && unit == lastWipe_;
  askForReset({.reason = std::string("Internal error in Durable Object storage ") + (ofWipe ? "deleteAll()" : "write") +
                         " caused object to be reset; reference = " + reference,
               .reopen = true});
}

std::optional<Host::HibernationBlocker> RoomCore::whatBlocksHibernation() const {
  using enum Host::HibernationBlocker;
  if (life_.absent()) return alreadyGone;
  if (!life_.ready()) return starting;
  if (handlers_.running() > 0 || !background_.empty()) return handlerRunning;
  if (handlers_.operations() > 0) return operationPending;
  if (timers_.size() > 0) return timerPending;
  if (gate_.waiting() > 0) return eventWaiting;
  if (outputs_.committed() < lastIssued_) return unitNotDurable;
  if (outputs_.held() > 0) return outputHeld;
  if (!options_.hibernate && connections_.known() > 0) return ordinarySocket;
  if (streams_ && streams_->anyUnderWay()) return responseStreaming;
  return std::nullopt;
}

Host::RoomStatus RoomCore::status() const {
  return {.instance = !life_.absent(),
          .hibernates = !life_.absent() && options_.hibernate,
          .instances = instances_,
          .handlers = handlers_.running(),
          .operations = handlers_.operations(),
          .timers = timers_.size(),
          .waitingEvents = gate_.waiting(),
          .heldOutputs = outputs_.held(),
          .connections = connections_.listed(),
          .gateShut = gate_.shut() || gate_.section() != 0,
          .lastIssued = lastIssued_,
          .lastCommitted = outputs_.committed(),
          .alarm = alarm_.current()};
}

}  // namespace Party::Detail
