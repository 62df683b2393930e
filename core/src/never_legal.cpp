#include <party/host/never_legal.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace Party::Host {
namespace {

template <class Kind>
constexpr bool isResponse =
    std::is_same_v<Kind, ResponseHead> || std::is_same_v<Kind, ResponseChunk> || std::is_same_v<Kind, ResponseEnd>;

// Handlers of what comes from outside. onConnect is not among them: it goes on where getConnectionTags ended.
bool isFromOutside(HandlerKind kind) {
  using enum HandlerKind;
  return kind == getConnectionTags || kind == onMessage || kind == onClose || kind == onError || kind == onRequest ||
         kind == onAlarm;
}

bool isSection(HandlerKind kind, const Profile& profile) {
  using enum HandlerKind;
  return kind == section || kind == transaction || (kind == onStart && !profile.eventsOvertakeStart);
}

void forget(std::vector<std::uint64_t>& keys, std::uint64_t key) { std::erase(keys, key); }

std::string nameOf(ConnectionKey key) {
  return "connection " + std::to_string(key.index) + " (" + std::to_string(key.generation) + ")";
}

}  // namespace

struct NeverLegal::Rules {
  NeverLegal& room;
  Time now;

  void operator()(const ConnectRequested& event) const {
    ++room.connects_.given;
    if (event.connection.index >= room.connections_.size()) room.connections_.resize(event.connection.index + 1);
    Connection& connection = room.connections_[event.connection.index];
    if (!connection.released) room.broken("INV-08", "a second " + nameOf(event.connection) + " while the first lasts");
    connection = {.generation = event.connection.generation, .released = false};
  }
  void operator()(const MessageReceived& event) const {
    // A message over the limit ends its connection (MESSAGE-9).
    ++(event.message.size() > room.profile_->maxMessageBytes ? room.endings_ : room.messages_).given;
  }
  void operator()(const CloseReceived&) const { ++room.endings_.given; }
  void operator()(const ConnectionLost&) const { ++room.endings_.given; }
  void operator()(const ConnectionFailed&) const { ++room.endings_.given; }
  void operator()(const RequestReceived& event) const {
    ++room.requests_.given;
    room.unanswered_.push_back({event.key.value});
  }
  void operator()(const RequestAborted& event) const {
    const auto request = std::ranges::find(room.unanswered_, event.key.value, &Request::key);
    if (request != room.unanswered_.end()) request->aborted = true;
  }
  void operator()(const AlarmDue& event) const {
    if (now < event.scheduled && !event.early) room.broken("INV-09", "an alarm is delivered before its time");
  }
  void operator()(const TimerDue& event) const { forget(room.timers_, event.timer.value); }
  void operator()(const CallSettled& event) const { forget(room.calls_, event.call.value); }
  // A machine that goes to sleep clears what stands against it on the way: it counts as it was before.
  void operator()(const HibernateRequested&) const {
    room.timersBeforeSleep_ = room.timers_.size();
    room.callsBeforeSleep_ = room.calls_.size();
    room.socketsBeforeSleep_ = static_cast<std::size_t>(std::ranges::count(room.sockets_, false, &Socket::over));
  }
  void operator()(const SocketAnswered& event) const { isOver(event.socket); }
  void operator()(const SocketCloseReceived& event) const { isOver(event.socket); }
  void operator()(const SocketLost& event) const { isOver(event.socket); }
  void isOver(SocketKey key) const {
    const auto found = std::ranges::find(room.sockets_, key.value, &Socket::key);
    if (found != room.sockets_.end()) found->over = true;
  }
  void operator()(const UnitCommitted& event) const { room.committed_ = event.through; }
};

void NeverLegal::event(Time now, const Event& event) {
  const Rules rules{*this, now};
  std::visit(
      [&]<class Kind>(const Kind& body) {
        if constexpr (std::is_invocable_v<const Rules&, const Kind&>) rules(body);
      },
      event.body);
}

void NeverLegal::effect(const Effect& effect) {
  std::visit(
      [&]<class Kind>(const Kind& body) {
        if constexpr (std::is_same_v<Kind, MessageSent>) {
          output(effect.unit, "a message");
          send(body.connection);
        } else if constexpr (std::is_same_v<Kind, Broadcast>) {
          output(effect.unit, "a broadcast");
          if (body.except.size() > body.sockets.size()) broken("INV-08", "a broadcast excepts more than it reaches");
        } else if constexpr (std::is_same_v<Kind, ConnectionAccepted>) {
          output(effect.unit, "an accepted connection");
          decide(body.connection, "accepted");
        } else if constexpr (std::is_same_v<Kind, ConnectionRefused>) {
          output(effect.unit, "a refused connection");
          decide(body.connection, "refused");
        } else if constexpr (std::is_same_v<Kind, ConnectionAnswered>) {
          decide(body.connection, "answered");
        } else if constexpr (std::is_same_v<Kind, ConnectionDropped>) {
          if (Connection* gone = connection(body.connection, "dropped")) gone->silent = true;
        } else if constexpr (std::is_same_v<Kind, ConnectionClosed>) {
          output(effect.unit, "a close frame");
          if (Connection* to = connection(body.connection, "a close frame")) {
            if (to->silent) broken("INV-08", "a close frame for " + nameOf(body.connection) + ", which has its end");
            to->silent = true;
          }
        } else if constexpr (std::is_same_v<Kind, ConnectionReleased>) {
          if (Connection* gone = connection(body.connection, "released")) gone->released = true;
        } else if constexpr (isResponse<Kind>) {
          output(effect.unit, "a response");
          if constexpr (std::is_same_v<Kind, ResponseHead>) answered(body.key, body.complete);
          if constexpr (std::is_same_v<Kind, ResponseEnd>) answered(body.key, true);
        } else if constexpr (std::is_same_v<Kind, CallStarted>) {
          output(effect.unit, "a call");
          calls_.push_back(body.call.value);
        } else if constexpr (std::is_same_v<Kind, CallCancelled>) {
          forget(calls_, body.call.value);
        } else if constexpr (std::is_same_v<Kind, SocketRequested>) {
          output(effect.unit, "an opening socket");
          sockets_.push_back({body.socket.value});
        } else if constexpr (std::is_same_v<Kind, SocketMessageSent> || std::is_same_v<Kind, SocketClosed>) {
          output(effect.unit, "a frame of a socket");
          sendFrom(body.socket, std::is_same_v<Kind, SocketClosed>);
        } else if constexpr (std::is_same_v<Kind, SocketReleased>) {
          if (socket(body.socket, "released") != nullptr)
            std::erase_if(sockets_, [&body](const Socket& one) { return one.key == body.socket.value; });
        } else if constexpr (std::is_same_v<Kind, TimerSet>) {
          timers_.push_back(body.timer.value);
        } else if constexpr (std::is_same_v<Kind, TimerCleared>) {
          forget(timers_, body.timer.value);
        } else if constexpr (std::is_same_v<Kind, UnitIssued>) {
          issued(body.unit);
        } else if constexpr (std::is_same_v<Kind, InstanceStarted>) {
          instanceStarted(body.instance);
        } else if constexpr (std::is_same_v<Kind, InstanceEnded>) {
          instanceEnded(body);
        } else if constexpr (std::is_same_v<Kind, AlarmSettled>) {
          alarmSettled(body);
        } else if constexpr (std::is_same_v<Kind, HandlerBegan>) {
          began(body);
        } else if constexpr (std::is_same_v<Kind, HandlerEnded>) {
          ended(body);
        }
      },
      effect.body);
}

// INV-02, INV-03: what waits for a unit leaves when that is durable, and never when it failed.
void NeverLegal::output(Unit unit, std::string_view what) const {
  if (unit <= committed_) return;
  broken("INV-02",
         std::string(what) + " left with unit " + std::to_string(unit) + ", durable is " + std::to_string(committed_));
}

NeverLegal::Connection* NeverLegal::connection(ConnectionKey key, std::string_view what) {
  if (key.index < connections_.size()) {
    Connection& found = connections_[key.index];
    if (found.generation == key.generation && !found.released) return &found;
  }
  broken("INV-08", std::string(what) + ": " + nameOf(key) + ", which has ended");
  return nullptr;
}

// An upgrade is answered exactly once.
void NeverLegal::decide(ConnectionKey key, std::string_view what) {
  Connection* found = connection(key, what);
  if (found == nullptr) return;
  if (found->decided) broken("INV-08", std::string(what) + ": " + nameOf(key) + ", which had its answer");
  found->decided = true;
}

void NeverLegal::send(ConnectionKey key) {
  const Connection* to = connection(key, "a message");
  if (to != nullptr && to->silent) broken("INV-08", "a message behind the end of " + nameOf(key));
}

NeverLegal::Socket* NeverLegal::socket(SocketKey key, std::string_view what) {
  const auto found = std::ranges::find(sockets_, key.value, &Socket::key);
  if (found != sockets_.end()) return &*found;
  broken("INV-08", std::string(what) + ": socket " + std::to_string(key.value) + ", which was released");
  return nullptr;
}

void NeverLegal::sendFrom(SocketKey key, bool last) {
  Socket* from = socket(key, "a frame");
  if (from == nullptr) return;
  if (from->silent) broken("INV-08", "a frame behind the close frame of socket " + std::to_string(key.value));
  from->silent = last;
}

void NeverLegal::answered(RequestKey key, bool whole) {
  const auto request = std::ranges::find(unanswered_, key.value, &Request::key);
  if (request == unanswered_.end()) {
    broken("INV-17", "an answer to request " + std::to_string(key.value) + ", which is not waiting for one");
  } else if (whole) {
    unanswered_.erase(request);
  }
}

// INV-04: units come without a gap.
void NeverLegal::issued(Unit unit) {
  if (unit != issued_ + 1) {
    broken("INV-04", "unit " + std::to_string(unit) + " follows unit " + std::to_string(issued_));
  }
  issued_ = unit;
}

// INV-13: one instance at a time, each constructed once.
void NeverLegal::instanceStarted(std::uint64_t instance) {
  if (alive_ || instance != instance_ + 1) {
    broken("INV-13", "instance " + std::to_string(instance) + " starts while instance " + std::to_string(instance_) +
                         (alive_ ? " lives" : " was the last"));
  }
  alive_ = true;
  instance_ = instance;
}

// INV-11: nothing may be pending when an idle room goes.
void NeverLegal::instanceEnded(const InstanceEnded& end) {
  if (!alive_) broken("INV-13", "instance " + std::to_string(end.instance) + " ends twice");
  alive_ = false;
  if (end.how == InstanceEnd::hibernated) {
    const auto pending = [this](bool is, const char* what) {
      if (is) broken("INV-11", std::string("hibernated with ") + what);
    };
    pending(issued_ != committed_, "a unit that is not durable");
    pending(timersBeforeSleep_ != 0, "a timer set");
    pending(callsBeforeSleep_ != 0, "a call under way");
    pending(socketsBeforeSleep_ != 0, "a socket of its own open");
    pending(running_ != 0, "a handler running");
    pending(std::ranges::any_of(unanswered_, [](const Request& one) { return !one.aborted; }), "a request unanswered");
  }
  std::erase_if(unanswered_, &Request::aborted);
  timers_.clear();
  calls_.clear();
  sockets_.clear();
  handlers_.clear();
  running_ = alarmRuns_ = sections_ = 0;
}

// INV-10
void NeverLegal::alarmSettled(const AlarmSettled& run) {
  if (run.succeeded || run.scheduled != alarm_) alarmFailures_ = 0;
  alarm_ = run.scheduled;
  if (!run.succeeded && run.counted && ++alarmFailures_ > profile_->maxAlarmRetries + 1) {
    broken("INV-10", "an alarm failed " + std::to_string(alarmFailures_) + " times");
  }
}

void NeverLegal::atMost(Deliveries& deliveries, const char* what) {
  if (++deliveries.begun <= deliveries.given) return;
  broken("INV-17", std::to_string(deliveries.begun) + " runs of " + what + " for " + std::to_string(deliveries.given) +
                       " events");
}

// INV-17: nothing is delivered twice. INV-09: no two runs of the alarm handler overlap. INV-15: a critical section lets
// nothing in. INV-06: an instance that has gone runs nothing.
void NeverLegal::began(const HandlerBegan& begun) {
  using enum HandlerKind;
  const HandlerKind kind = begun.handler;
  if (!alive_) broken("INV-06", "a handler begins in an instance that has gone");
  if (kind == onMessage) atMost(messages_, "onMessage");
  if (kind == onRequest) atMost(requests_, "onRequest");
  if (kind == onConnect) atMost(connects_, "onConnect");
  if (kind == onClose || kind == onError) atMost(endings_, "onClose and onError");
  if (sections_ != 0 && isFromOutside(kind)) broken("INV-15", "an event reaches a handler inside a critical section");
  if (kind == onAlarm && ++alarmRuns_ > 1) broken("INV-09", "two runs of onAlarm overlap");
  if (isSection(kind, *profile_)) ++sections_;
  if (begun.slot >= handlers_.size()) handlers_.resize(begun.slot + 1);
  handlers_[begun.slot] = {kind, true};
  ++running_;
}

void NeverLegal::ended(const HandlerEnded& end) {
  if (end.slot >= handlers_.size() || !handlers_[end.slot].running || handlers_[end.slot].kind != end.handler) {
    broken("INV-06", "a handler ends that was not running");
    return;
  }
  handlers_[end.slot].running = false;
  --running_;
  if (end.handler == HandlerKind::onAlarm) --alarmRuns_;
  if (isSection(end.handler, *profile_)) --sections_;
}

void NeverLegal::machineGone() {
  issued_ = committed_ = 0;
  instance_ = 0;
  alive_ = false;
  running_ = alarmRuns_ = sections_ = 0;
  connects_ = messages_ = requests_ = endings_ = Deliveries();
  handlers_.clear();
  unanswered_.clear();
  timers_.clear();
  calls_.clear();
  sockets_.clear();
  for (Connection& connection : connections_) connection.released = true;
}

void NeverLegal::reset(const Profile& profile, Report report) {
  machineGone();
  connections_.clear();
  alarm_ = Time();
  alarmFailures_ = 0;
  profile_ = &profile;
  report_ = std::move(report);
}

}  // namespace Party::Host
