#include "edge/edge.h"

#include "log.h"
#include "net/http_answer.h"
#include "rooms/rooms.h"

#include <party/host/routing.h>

namespace Party::Serve {

Edge::Edge(Loop& loop, EdgeSetup setup, Traffic& traffic)
    : loop_(loop), setup_(setup), traffic_(traffic), machine_(setup.parties, setup.seed), receiveBuffer_(64 * 1024) {
  for (const auto& party : setup_.parties) partyNames_.push_back(party.name);
}

void Edge::adopt(Descriptor client) {
  if (retiring_) return;
  auto session = std::make_unique<HttpSession>(loop_, std::move(client), setup_.http, setup_.patience, *this);
  HttpSession* known = session.get();
  sessions_.emplace(known, std::move(session));
}

void Edge::requestArrived(HttpSession& session, Request request) {
  const auto key = requestKey(setup_.shard, ++requests_);
  const bool upgrade = request.isWebSocketUpgrade();
  if (!upgrade && serveFile(session, request)) return;
  awaiting_[key.value] = {&session, upgrade ? std::string(*request.header("sec-websocket-key")) : std::string(),
                          std::nullopt};
  keyOf_[&session] = key.value;
  serve(Host::EdgeRequestReceived{key, std::move(request)});
}

// ROUTE-17, ROUTE-18: behind the rooms, before onFetch.
bool Edge::serveFile(HttpSession& session, const Request& request) {
  if (setup_.files == nullptr) return false;
  if (!std::holds_alternative<Host::NotARoom>(Host::route(request.path(), partyNames_))) return false;
  const auto file = setup_.files->find(request.method(), request.path());
  if (!file) return false;
  session.answer(*file);
  return true;
}

void Edge::sessionEnded(HttpSession& session) {
  if (const auto key = keyOf_.find(&session); key != keyOf_.end()) {
    const auto awaiting = awaiting_.extract(key->second);
    // The handler runs on, its answer is not sent (REQUEST-26, CP-90).
    if (const auto& room = awaiting.mapped().room) traffic_.toRoom(RoomAbort{*room, {key->second}});
    keyOf_.erase(key);
  }
  const auto found = sessions_.find(&session);
  ended_.push_back(std::move(found->second));
  sessions_.erase(found);
}

// The machine's effects are its own buffer: what they cause waits until they have been carried out.
void Edge::serve(Happened happened) {
  if (serving_) {
    waiting_.push_back(std::move(happened));
    return;
  }
  serving_ = true;
  serveOne(std::move(happened));
  while (!waiting_.empty()) {
    Happened next = std::move(waiting_.front());
    waiting_.pop_front();
    serveOne(std::move(next));
  }
  serving_ = false;
}

void Edge::serveOne(Happened&& happened) {
  auto& effects = machine_.handle(clock_.now(), {++causes_}, std::move(happened));
  for (auto& effect : effects) {
    std::visit([this](auto& asked) { carryOut(asked); }, effect);
  }
}

void Edge::carryOut(Host::RequestForwarded& effect) {
  const auto found = awaiting_.find(effect.key.value);
  if (found == awaiting_.end()) return;  // the client has gone: the room never hears of it
  RoomName room{setup_.parties[effect.party].name, std::move(effect.id)};
  const bool upgrade = !found->second.webSocketKey.empty() && effect.request.isWebSocketUpgrade();
  if (!upgrade) {
    found->second.room = room;
    traffic_.toRoom(RoomRequest{std::move(room), effect.party, effect.key, std::move(effect.request)});
    return;
  }
  WebSocket::Opening opening;
  opening.key = std::move(found->second.webSocketKey);
  auto upgraded = found->second.session->takeForUpgrade();
  opening.descriptor = std::move(upgraded.descriptor);
  opening.early = std::move(upgraded.early);
  traffic_.toRoom(RoomUpgrade{std::move(room), effect.party, std::move(effect.request), std::move(opening)});
}

void Edge::carryOut(Host::ResponseHead& effect) { answers_.emplace_back(std::move(effect)); }

void Edge::deliver(Answer& answer) {
  const auto key = std::visit([](const auto& part) { return part.key.value; }, answer);
  const auto found = awaiting_.find(key);
  if (found == awaiting_.end()) return;
  HttpSession& session = *found->second.session;
  const auto* head = std::get_if<Host::ResponseHead>(&answer);
  const bool last = head != nullptr ? head->complete : std::holds_alternative<Host::ResponseEnd>(answer);
  if (last) {
    keyOf_.erase(&session);
    awaiting_.erase(found);
  }
  if (const auto* chunk = std::get_if<Host::ResponseChunk>(&answer)) return session.piece(chunk->bytes.view());
  if (head == nullptr) return std::get<Host::ResponseEnd>(answer).broken ? session.breakOff() : session.endPieces();
  if (head->complete) return session.answer(head->response);
  session.answerInPieces(head->response);
}

void Edge::carryOut(Host::TimerSet& effect) {
  const auto [timer, due] = effect;
  Loop::Timer& set = timers_[timer.value];
  loop_.cancel(set);
  set = loop_.at(clock_.steadyFor(due), [this, timer, due] {
    timers_.erase(timer.value);
    Host::TimerSet again{timer, due};
    if (clock_.now() < due) return carryOut(again);
    serve(Host::TimerDue{timer});
  });
}

void Edge::carryOut(Host::TimerCleared& effect) {
  const auto found = timers_.find(effect.timer.value);
  if (found == timers_.end()) return;
  loop_.cancel(found->second);
  timers_.erase(found);
}

// Turning a client away by a throw is ordinary (CONNECT-35), hence no error.
void Edge::carryOut(Host::HandlerFailed& effect) {
  if (!failures_.take(std::chrono::steady_clock::now())) return;
  Log::line(Level::warning, "edge: {}", describeFailure(effect.handler, effect.error));
}

void Edge::carryOut(Host::Logged& effect) { Log::line(Level::info, "edge: {}", effect.text.view()); }

void Edge::checkPatience() {
  clock_.follow();
  const auto now = std::chrono::steady_clock::now();
  std::vector<HttpSession*> sessions;
  for (const auto& [session, owned] : sessions_) sessions.push_back(session);
  for (HttpSession* session : sessions) session->checkPatience(now);
}

void Edge::endTurn() {
  // An answer may let a session begin its next request, and that one may be answered at once.
  while (!answers_.empty()) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    deliver(answer);
  }
  ended_.clear();
}

void Edge::retire() {
  retiring_ = true;
  std::vector<HttpSession*> sessions;
  for (const auto& [session, owned] : sessions_) sessions.push_back(session);
  for (HttpSession* session : sessions) session->retire();
}

std::string_view Edge::httpDate() {
  const auto second = millisecondsOf(clock_.now()) / 1'000;
  if (second != dateSecond_) {
    date_ = Serve::httpDate(second);
    dateSecond_ = second;
  }
  return date_;
}

}  // namespace Party::Serve
