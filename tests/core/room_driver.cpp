#include "room_driver.h"

#include <algorithm>
#include <utility>

namespace Party::Test {
namespace {

std::string lineOf(const Message& message) {
  return (message.isText() ? "" : "bytes:") + std::string(message.content());
}

std::string frameOf(std::string_view what, std::uint16_t code, const SharedBytes& reason) {
  std::string line(what);
  if (code != 0) line += " " + std::to_string(code);
  if (!reason.empty()) line += " " + std::string(reason.view());
  return line;
}

std::string lineOf(const Response& response) {
  return std::to_string(response.status()) + " " + std::string(response.body());
}

const char* nameOf(Host::HandlerKind kind) {
  constexpr const char* names[] = {"constructor", "onStart",    "getConnectionTags", "onConnect",       "onMessage",
                                   "onClose",     "onError",    "onRequest",         "onAlarm",         "timer",
                                   "section",     "background", "onBeforeConnect",   "onBeforeRequest", "onFetch",
                                   "listener",    "transaction"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string textOf(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (const char* text) {
    return text;
  } catch (...) {
    return "something thrown";
  }
}

/// Does what each effect asks, and writes it down.
struct RoomDriver::Sorter {
  RoomDriver& room;

  void operator()(Host::ConnectionAccepted& body) const {
    Peer* peer = answered(body.socket, "a 101");
    if (peer == nullptr) return;
    room.trace.push_back("open " + peer->name);
    peer->seen.push_back("open");
    for (std::string& line : peer->early) peer->seen.push_back(std::move(line));
    peer->early.clear();
  }
  void operator()(Host::ConnectionRefused& body) const {
    Peer* peer = answered(body.socket, "a refusal");
    if (peer == nullptr) return;
    const std::string frame = frameOf("close", body.code, body.reason);
    room.trace.push_back("refuse " + peer->name + " " + frame);
    peer->early.clear();
    peer->seen.insert(peer->seen.end(), {"open", frame});
    peer->gone = true;
  }
  void operator()(Host::ConnectionAnswered& body) const {
    Peer* peer = answered(body.socket, "a plain answer");
    if (peer == nullptr) return;
    room.trace.push_back("answer " + peer->name + " " + lineOf(body.response));
    peer->early.clear();
    peer->seen.push_back("http " + lineOf(body.response));
    peer->gone = true;
  }
  void operator()(Host::ConnectionDropped& body) const {
    room.show(body.socket, "dropped");
    if (Peer* peer = room.peer(body.socket, "a drop")) peer->gone = true;
  }
  void operator()(Host::ConnectionReleased& body) const {
    const auto at = std::ranges::find(room.clients_, body.connection, &Peer::key);
    if (at == room.clients_.end() || at->released) return room.breach("a release of a connection that is none");
    room.trace.push_back("release " + at->name);
    at->released = true;
  }
  void operator()(Host::MessageSent& body) const { room.show(body.socket, lineOf(body.message)); }
  void operator()(Host::Broadcast& body) const {
    if (!std::ranges::is_sorted(body.except)) room.breach("a broadcast's exceptions are not ascending");
    for (std::uint32_t position = 0; position < body.sockets.size(); ++position) {
      if (!std::ranges::binary_search(body.except, position)) room.show(body.sockets[position], lineOf(body.message));
    }
  }
  void operator()(Host::ConnectionClosed& body) const {
    room.show(body.socket, frameOf(body.answer ? "answer" : "close", body.code, body.reason));
  }
  void operator()(Host::ResponseHead& body) const {
    const auto at = room.asks_.find(body.key.value);
    if (at == room.asks_.end() || at->second.response) return room.breach("an answer to a request that waits for none");
    at->second.answer = lineOf(body.response);
    at->second.response = body.response;
    if (!body.complete) {
      at->second.streaming = true;
      at->second.pieces.push_back("head " + std::to_string(body.response.status()));
    }
    if (body.reset) room.resets.emplace_back(body.response.body());
    room.trace.push_back(at->second.answer);
  }
  void operator()(Host::ResponseChunk& body) const { piece(body.key, std::string(body.bytes.view()), false); }
  void operator()(Host::ResponseEnd& body) const { piece(body.key, body.broken ? "cut off" : "end", true); }
  void operator()(Host::UnitIssued& body) const {
    if (body.unit != room.lastUnit_ + 1) room.breach("unit " + std::to_string(body.unit) + " leaves a gap");
    room.lastUnit_ = body.unit;
    std::string line = "unit " + std::to_string(body.unit) + ":";
    if (body.writes->deleteAll) line += " all gone";
    for (const auto& write : body.writes->writes) line += (write.value ? " +" : " -") + write.key;
    if (body.writes->alarm) line += *body.writes->alarm ? " alarm" : " no alarm";
    room.trace.push_back(line);
    room.units_.emplace_back(body.unit, std::move(body.writes));
  }
  void operator()(Host::TimerSet& body) const { room.timers_[body.timer.value] = body.due; }
  void operator()(Host::TimerCleared& body) const { room.timers_.erase(body.timer.value); }
  void operator()(Host::CallStarted& body) const {
    std::string line = std::string(body.request.method()) + " " + std::string(body.request.url());
    if (body.room) line += " -> " + std::to_string(body.room->party) + "/" + body.room->id;
    room.trace.push_back(line);
    room.calls.push_back(std::move(line));
    room.callRequests.push_back(body.request);
    room.callKeys_.push_back(body.call);
  }
  void operator()(Host::CallCancelled& body) const {
    const auto at = std::ranges::find(room.callKeys_, body.call);
    if (at == room.callKeys_.end()) return room.breach("a call that was never started is cancelled");
    room.calls.push_back("cancel " + std::to_string(at - room.callKeys_.begin() + 1));
  }
  void operator()(Host::SocketRequested& body) const {
    std::string line = std::string(body.request.method()) + " " + std::string(body.request.url());
    if (body.room) line += " -> " + std::to_string(body.room->party) + "/" + body.room->id;
    room.trace.push_back(line);
    room.sockets.push_back(std::move(line));
    room.socketRequests.push_back(body.request);
    room.socketKeys_.push_back(body.socket);
    room.socketsReleased_.push_back(false);
  }
  void operator()(Host::SocketMessageSent& body) const { onSocket(body.socket, " < " + lineOf(body.message)); }
  void operator()(Host::SocketClosed& body) const {
    onSocket(body.socket, " " + frameOf(body.answer ? "answer" : "close", body.code, body.reason));
  }
  void operator()(Host::WakeExpected& body) const {
    room.trace.push_back("wake " + std::string(body.what.view()) +
                         (body.due ? " by " + std::to_string(millisecondsOf(*body.due)) : " not"));
  }
  void operator()(Host::SocketReleased& body) const {
    onSocket(body.socket, " released");
    const auto at = std::ranges::find(room.socketKeys_, body.socket);
    if (at != room.socketKeys_.end()) {
      room.socketsReleased_[static_cast<std::size_t>(at - room.socketKeys_.begin())] = true;
    }
  }
  void operator()(Host::AlarmSettled& body) const {
    room.alarmRuns.push_back(body.succeeded ? "done" : body.counted ? "failed" : "lost");
  }
  void operator()(Host::HandlerFailed& body) const {
    room.failures.push_back(nameOf(body.handler) + std::string(": ") + textOf(body.error));
  }
  void operator()(Host::HandlerBegan& body) const { observe(body.handler, "{"); }
  void operator()(Host::HandlerEnded& body) const { observe(body.handler, "}"); }
  void observe(Host::HandlerKind kind, const char* bracket) const {
    if (room.options_.observeHandlers) room.observed.push_back(std::string(nameOf(kind)) + bracket);
  }
  void operator()(Host::Logged& body) const { room.logs.emplace_back(body.text.view()); }
  void operator()(Host::InstanceStarted& body) const { note("started " + std::to_string(body.instance)); }
  void operator()(Host::InstanceEnded& body) const {
    constexpr const char* ends[] = {"hibernated", "start failed", "reset"};
    note(ends[static_cast<std::size_t>(body.how)] + std::string(" ") + std::to_string(body.instance));
  }
  void operator()(Host::RoomReset& body) const {
    note("room reset: " + std::string(body.reason.view()));
    room.reopen_ = body.reopen;
  }
  template <class Other>
  void operator()(Other&) const {
    room.breach("an effect that this driver does not know");
  }

  void piece(Host::RequestKey key, std::string line, bool last) const {
    const auto at = room.asks_.find(key.value);
    if (at == room.asks_.end() || !at->second.streaming) return room.breach("a piece of an answer that has none");
    at->second.pieces.push_back(std::move(line));
    at->second.streaming = !last;
  }
  void onSocket(Host::SocketKey key, const std::string& line) const {
    const auto at = std::ranges::find(room.socketKeys_, key);
    const auto number = static_cast<std::size_t>(at - room.socketKeys_.begin());
    if (at == room.socketKeys_.end() || room.socketsReleased_[number]) {
      return room.breach("a socket that was never asked for, or was released:" + line);
    }
    room.sockets.push_back(std::to_string(number + 1) + line);
    room.trace.push_back("socket " + room.sockets.back());
  }
  void note(const std::string& line) const {
    room.life.push_back(line);
    room.trace.push_back(line);
  }
  Peer* answered(Host::SocketHandle socket, std::string_view what) const {
    Peer* peer = room.peer(socket, what);
    if (peer != nullptr && std::exchange(peer->answered, true)) room.breach("a second answer to an upgrade");
    return peer;
  }
};

RoomDriver::RoomDriver(Script script, DriverOptions options)
    : disk(options.stored),
      durableAlarm(options.alarm),
      script_(std::move(script)),
      options_(std::move(options)),
      parties_{describeScript(script_)} {
  for (const char* other : {"other", "third"}) {
    parties_.emplace_back();
    parties_.back().name = other;
  }
  open();
}

RoomDriver::~RoomDriver() {
  scriptInUse = &script_;
  machine_.reset();
}

void RoomDriver::open() {
  machine_ = std::make_unique<Host::RoomMachine>(Host::RoomSetup{.party = &parties_.front(),
                                                                 .id = "r",
                                                                 .profile = &options_.profile,
                                                                 .storage = this,
                                                                 .seed = options_.seed,
                                                                 .alarm = durableAlarm,
                                                                 .parties = &parties_,
                                                                 .host = &host_,
                                                                 .observeHandlers = true});
  watcher_.machineGone();
  lastUnit_ = 0;
}

void RoomDriver::breach(const std::string& what) const {
  ADD_FAILURE_AT(where_.file_name(), static_cast<int>(where_.line())) << "the machine broke its contract: " << what;
}

RoomDriver::Peer* RoomDriver::peer(Host::SocketHandle socket, std::string_view what) {
  const std::size_t number = socket - 1000;
  if (number < clients_.size() && !clients_[number].released) return &clients_[number];
  breach(std::string(what) + " goes to a socket that is none or was released");
  return nullptr;
}

void RoomDriver::show(Host::SocketHandle socket, const std::string& line) {
  Peer* to = peer(socket, line);
  if (to == nullptr) return;
  trace.push_back(to->name + " < " + line);
  if (!to->gone) (to->answered ? to->seen : to->early).push_back(line);
}

void RoomDriver::handle(Host::Event::Body body) {
  scriptInUse = &script_;
  Host::Event event({++lastCause_}, std::move(body));
  watcher_.event(now, event);
  for (Host::Effect& effect : machine_->handle(now, std::move(event))) {
    watcher_.effect(effect);
    const bool report = std::holds_alternative<Host::Logged>(effect.body) ||
                        std::holds_alternative<Host::HandlerBegan>(effect.body) ||
                        std::holds_alternative<Host::HandlerEnded>(effect.body) ||
                        std::holds_alternative<Host::HandlerFailed>(effect.body) ||
                        std::holds_alternative<Host::InstanceStarted>(effect.body);
    if (!report) keys.emplace_back(effect.cause.value, effect.ordinal);
    std::visit(Sorter{*this}, effect.body);
  }
  if (!std::exchange(reopen_, false)) return;
  units_.clear();
  putOff_.clear();
  timers_.clear();
  open();
}

void RoomDriver::settle() {
  for (;;) {
    if (options_.reads == Reads::later && !putOff_.empty()) {
      completeReads(where_);
    } else if (options_.commits == Commits::atOnce && !units_.empty()) {
      commit(where_);
    } else {
      return;
    }
  }
}

void RoomDriver::give(Host::Event::Body body, Where where) {
  where_ = where;
  handle(std::move(body));
  settle();
}

Client RoomDriver::connect(const std::string& id, const std::string& query, Where where) {
  std::string url = "ws://example.com/party/r?_pk=" + id;
  if (!query.empty()) url += "&" + query;
  return connectWith(Request("GET", url, Headers().set("upgrade", "websocket")), id, where);
}

Client RoomDriver::connectWith(Request upgrade, const std::string& name, Where where) {
  Host::ConnectionKey key{0, 1};
  for (const Peer& peer : clients_) {
    if (!peer.released) key.index = std::max(key.index, peer.key.index + 1);
  }
  key.generation = static_cast<std::uint32_t>(clients_.size()) + 1;
  const Client client{clients_.size()};
  clients_.push_back({.name = name, .key = key});
  const auto socket = static_cast<Host::SocketHandle>(1000 + client.number);
  give(Host::ConnectRequested{key, std::move(upgrade), socket, Host::Origin::client}, where);
  return client;
}

void RoomDriver::message(Client from, Message message, Where where) {
  give(Host::MessageReceived{keyOf(from), std::move(message)}, where);
}

void RoomDriver::close(Client client, std::uint16_t code, std::string_view reason, Where where) {
  give(Host::CloseReceived{keyOf(client), code, SharedBytes(reason)}, where);
}

void RoomDriver::lose(Client client, Where where) {
  clients_.at(client.number).gone = true;
  give(Host::ConnectionLost{keyOf(client)}, where);
}

void RoomDriver::fail(Client client, std::uint16_t code, std::string_view reason, Where where) {
  give(Host::ConnectionFailed{keyOf(client), code, SharedBytes(reason)}, where);
}

Ask RoomDriver::request(const std::string& path, const std::string& method, Where where) {
  return requestWith(Request(method, "http://example.com" + path), where);
}

Ask RoomDriver::requestWith(Request request, Where where) {
  const Ask ask{asks_.size() + 1};
  asks_[ask.number] = {};
  give(Host::RequestReceived{{ask.number}, std::move(request)}, where);
  return ask;
}

void RoomDriver::abort(Ask ask, Where where) { give(Host::RequestAborted{{ask.number}}, where); }

void RoomDriver::alarmDue(Where where) {
  where_ = where;
  if (!durableAlarm) return breach("no alarm is durable, so none can be due");
  now = std::max(now, *durableAlarm);
  give(Host::AlarmDue{*durableAlarm}, where);
}

void RoomDriver::advance(Duration length, Where where) {
  const Time until = now + length;
  for (;;) {
    const auto next =
        std::ranges::min_element(timers_, {}, [](const auto& timer) { return std::pair(timer.second, timer.first); });
    if (next == timers_.end() || next->second > until) break;
    now = std::max(now, next->second);
    const Host::TimerKey timer{next->first};
    timers_.erase(next);
    give(Host::TimerDue{timer}, where);
  }
  now = until;
}

void RoomDriver::commit(Where where) {
  if (!units_.empty()) commitThrough(units_.back().first, where);
}

void RoomDriver::commitThrough(Host::Unit unit, Where where) {
  while (!units_.empty() && units_.front().first <= unit) {
    if (units_.front().second->deleteAll) disk.clear();
    for (auto& write : units_.front().second->writes) {
      disk.erase(write.key);
      if (write.value) disk.emplace(write.key, *write.value);
    }
    if (units_.front().second->alarm) durableAlarm = *units_.front().second->alarm;
    units_.pop_front();
  }
  give(Host::UnitCommitted{unit}, where);
}

void RoomDriver::failUnit(std::string_view reason, Where where) {
  where_ = where;
  if (units_.empty()) return breach("no unit is undurable, so none can fail");
  give(Host::UnitFailed{units_.front().first, SharedBytes(reason)}, where);
}

void RoomDriver::completeReads(Where where) {
  while (!putOff_.empty()) {
    PutOff read = std::move(putOff_.front());
    putOff_.pop_front();
    where_ = where;
    handle(Host::ReadCompleted{read.operation, std::make_unique<StoredEntries>(std::move(read.entries))});
  }
  settle();
}

void RoomDriver::answerCall(std::size_t call, Response response, Where where) {
  auto outcome = std::make_unique<Host::CallOutcome>(std::move(response));
  give(Host::CallSettled{callKeys_.at(call - 1), std::move(outcome)}, where);
}

void RoomDriver::chunk(std::size_t call, std::string_view bytes, Where where) {
  give(Host::CallChunk{callKeys_.at(call - 1), SharedBytes(bytes)}, where);
}

void RoomDriver::failCall(std::size_t call, std::string_view error, Where where) {
  auto outcome = std::make_unique<Host::CallOutcome>(std::string(error));
  give(Host::CallSettled{callKeys_.at(call - 1), std::move(outcome)}, where);
}

void RoomDriver::openSocket(std::size_t socket, Where where) {
  give(Host::SocketOpened{socketKeys_.at(socket - 1)}, where);
}
void RoomDriver::answerSocket(std::size_t socket, Response response, Where where) {
  give(Host::SocketAnswered{socketKeys_.at(socket - 1), std::move(response)}, where);
}
void RoomDriver::socketMessage(std::size_t socket, Message message, Where where) {
  give(Host::SocketMessageReceived{socketKeys_.at(socket - 1), std::move(message)}, where);
}
void RoomDriver::closeSocket(std::size_t socket, std::uint16_t code, std::string_view reason, Where where) {
  give(Host::SocketCloseReceived{socketKeys_.at(socket - 1), code, SharedBytes(reason)}, where);
}
void RoomDriver::loseSocket(std::size_t socket, std::string_view reason, Where where) {
  give(Host::SocketLost{socketKeys_.at(socket - 1), SharedBytes(reason)}, where);
}

void RoomDriver::hibernate(Where where) { give(Host::HibernateRequested(), where); }
void RoomDriver::reset(std::string_view reason, Where where) { give(Host::ResetRequested{SharedBytes(reason)}, where); }

std::string RoomDriver::blocker() const {
  const auto blocking = machine_->whatBlocksHibernation();
  return blocking ? Host::nameOf(*blocking) : "";
}

std::vector<Host::TimerKey> RoomDriver::timersSet() const {
  std::vector<Host::TimerKey> set;
  for (const auto& [key, due] : timers_) set.push_back({key});
  return set;
}

Host::StorageReader::Answer RoomDriver::answer(OperationKey operation, StoredEntries& found) {
  if (options_.reads == Reads::now) return Answer::now;
  putOff_.push_back({operation, std::move(found)});
  found.clear();
  return Answer::later;
}

Host::StorageReader::Answer RoomDriver::get(std::string_view key, OperationKey operation,
                                            std::optional<SharedBytes>& value, bool keep) {
  readsAsked.push_back((keep ? "" : "-") + std::string(key));
  const auto at = disk.find(std::string(key));
  StoredEntries found;
  if (at != disk.end()) found.emplace_back(at->first, at->second);
  if (options_.reads == Reads::now && !found.empty()) value = found.front().second;
  return answer(operation, found);
}

Host::StorageReader::Answer RoomDriver::getMany(std::span<const std::string> wanted, OperationKey operation,
                                                StoredEntries& found, bool keep) {
  if (std::ranges::adjacent_find(wanted, std::ranges::greater_equal()) != wanted.end()) {
    breach("the keys of a read are not ascending and distinct");
  }
  for (const std::string& key : wanted) {
    readsAsked.push_back((keep ? "" : "-") + key);
    if (const auto at = disk.find(key); at != disk.end()) found.emplace_back(at->first, at->second);
  }
  return answer(operation, found);
}

Host::StorageReader::Answer RoomDriver::list(const Host::KeyRange& range, OperationKey operation,
                                             StoredEntries& found) {
  readsAsked.push_back((range.keep ? "" : "-") + range.from + "..");
  for (const auto& [key, value] : disk) {
    if (key >= range.from && (!range.to || key < *range.to)) found.emplace_back(key, value);
  }
  if (range.reverse) std::ranges::reverse(found);
  if (found.size() > range.limit) found.resize(range.limit);
  return answer(operation, found);
}

}  // namespace Party::Test
