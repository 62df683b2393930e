#include "room_core.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "match.h"

namespace Party::Detail {

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
      sockets_(asleep.lastSocket),
      lastIssued_(asleep.lastUnit),
      durableAlarm_(asleep.durableAlarm) {
  outputs_.waitFor(lastIssued_);
  outputs_.commit(lastIssued_);
}

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
      [&](Host::SocketOpened& event) { takeForSocket(cause, event.socket, body); },
      [&](Host::SocketAnswered& event) { takeForSocket(cause, event.socket, body); },
      [&](Host::SocketMessageReceived& event) { takeForSocket(cause, event.socket, body); },
      [&](Host::SocketCloseReceived& event) { takeForSocket(cause, event.socket, body); },
      [&](Host::SocketLost& event) { takeForSocket(cause, event.socket, body); },
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
         expectedWakes_.empty() && !settling_ && gate_.waiting() == 0;
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
  if (auto* settled = std::get_if<Host::CallSettled>(&body)) {
    deliverCall(*settled);
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
    if (record == nullptr || record->ghost) return nullptr;
    if (record->phase == ConnectionRecord::Phase::open) return record;
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
      [&](Host::SocketOpened& event) { deliverOpened(event.socket); },
      [&](Host::SocketAnswered& event) { deliverAnswered(event); },
      [&](Host::SocketMessageReceived& event) { deliverSocketMessage(event, cause); },
      [&](Host::SocketCloseReceived& event) { deliverSocketClose(event, cause); },
      [&](Host::SocketLost& event) { deliverSocketLoss(event, cause); }, [](auto&) {});
}

// A server without onRequest answers without being started (REQUEST-17), a stale event starts nothing, and a socket
// that the room opened belongs to the instance that is there.
bool RoomCore::needsInstance(const Body& body) const {
  const bool ofSocket =
      std::holds_alternative<Host::SocketOpened>(body) || std::holds_alternative<Host::SocketAnswered>(body) ||
      std::holds_alternative<Host::SocketMessageReceived>(body) ||
      std::holds_alternative<Host::SocketCloseReceived>(body) || std::holds_alternative<Host::SocketLost>(body);
  if (ofSocket) return false;
  if (std::holds_alternative<Host::RequestReceived>(body)) return setup_.party->overrides.onRequest;
  const auto* due = std::get_if<Host::AlarmDue>(&body);
  return due == nullptr || due->repeat || alarm_.current() == due->scheduled;
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
  if (!options_.hibernate && connections_.known() > ghosts_.size()) return ordinarySocket;
  if (options_.hibernate && !ghosts_.empty()) return ghostConnection;
  if (sockets_.awaitsAnything()) return outgoingSocket;
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
          .sockets = sockets_.size(),
          .gateShut = gate_.shut() || gate_.section() != 0,
          .lastIssued = lastIssued_,
          .lastCommitted = outputs_.committed(),
          .alarm = alarm_.current()};
}

}  // namespace Party::Detail
