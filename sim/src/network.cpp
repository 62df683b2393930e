#include "network.h"

#include <party/error.h>

#include <algorithm>
#include <utility>

#include "error_text.h"
#include "world_core.h"

namespace Party::Sim::Detail {

std::uint32_t WorldCore::newLink(std::uint32_t client, Host::Cause identity, Between latency) {
  std::uint32_t index;
  if (freeLinks_.empty()) {
    index = static_cast<std::uint32_t>(links_.size());
    links_.emplace_back();
  } else {
    index = freeLinks_.back();
    freeLinks_.pop_back();
  }
  Link& link = links_[index];
  const std::uint32_t generation = link.generation;
  auto early = std::move(link.early);
  early.clear();
  link = Link();
  link.early = std::move(early);
  link.generation = generation;
  link.client = client;
  link.identity = identity;
  link.latency = latency;
  link.lastUp = link.lastDown = now_;
  link.clientListens = true;
  link.serverListens = true;
  link.used = true;
  return index;
}

/// Once neither end needs it: what is still under way on it is void from here on.
void WorldCore::freeLink(std::uint32_t index) {
  Link& link = links_[index];
  if (!link.used || link.roomHolds || link.clientListens) return;
  if (link.room == none && !link.lostBefore) return;  // its upgrade is still on the way
  link.used = false;
  ++link.generation;
  if (link.held != 0) forgetHeld(index);
  link.early.clear();
  link.answer.reset();
  freeLinks_.push_back(index);
}

void WorldCore::sendUp(std::uint32_t index, Happening happening) {
  Link& link = links_[index];
  Time at = now_ + pace(Choice::latencyUp, {happening.cause}, 0, link.latency, link.identity, Strand::up);
  if (releasing_) at += releaseDelay({happening.cause}, link.identity.value);
  at = std::max(at, link.lastUp);
  link.lastUp = at;
  happening.target = index;
  happening.generation = link.generation;
  happening.value = link.sentUp++;
  plan(at, std::move(happening));
}

void WorldCore::sendDown(std::uint32_t index, Happening happening) {
  Link& link = links_[index];
  if (!link.clientListens) return;
  if (!link.accepted) {
    link.early.push_back(std::move(happening));
    return;
  }
  if (link.caller != none && !comesDownToRoom(index, happening)) return;
  Time at = now_ + pace(Choice::latencyDown, {happening.cause}, link.identity.value, link.latency, link.identity,
                        Strand::down);
  if (releasing_) at += releaseDelay({happening.cause}, link.identity.value);
  at = std::max(at, link.lastDown);
  link.lastDown = at;
  happening.target = index;
  happening.generation = link.generation;
  plan(at, std::move(happening));
}

/// What had waited for a unit that is durable now stays a little longer (CP-25).
Duration WorldCore::releaseDelay(Host::Cause cause, std::uint64_t n) {
  return drawIfWide(Choice::releaseDelay, cause, n, options_.releaseDelay());
}

/// The server's end is gone without a close frame, and what is still on the way down then is lost: a suffix. With
/// `all` it arrives at that moment.
void WorldCore::loseDown(std::uint32_t index, Host::Cause cause, bool all) {
  const Link& link = links_[index];
  loseDown(index, cause, all, chances_.draw(Choice::lossNotice, cause, link.identity.value, link.latency));
}

/// The same by a reset, which the host may be slow to show (CP-64).
void WorldCore::loseDownByReset(std::uint32_t index, Host::Cause cause) {
  const Link& link = links_[index];
  loseDown(index, cause, false,
           chances_.draw(Choice::dropDelay, cause, link.identity.value, options_.resetDropDelay()));
}

void WorldCore::loseDown(std::uint32_t index, Host::Cause cause, bool all, Duration noticed) {
  Link& link = links_[index];
  link.serverListens = false;
  if (!link.clientListens) return freeLink(index);
  plan(now_ + noticed, {.kind = Kind::downDropped,
                        .target = index,
                        .generation = link.generation,
                        .cause = cause.value,
                        .value = all ? 1u : 0u});
}

void WorldCore::arriveAll(std::uint32_t index) {
  if (!heldFrames_.empty()) passHeldDown(index);
  const std::uint32_t generation = links_[index].generation;
  const auto onTheWay = [&](const Happening& happening) {
    const bool down = happening.kind == Kind::downOpen || happening.kind == Kind::downMessage ||
                      happening.kind == Kind::downClose || happening.kind == Kind::downAnswered;
    return down && happening.target == index && happening.generation == generation;
  };
  while (auto next = agenda_.takeFirst(now_, onTheWay)) pass(std::move(*next));
}

void WorldCore::onLink(Happening&& happening) {
  if (happening.kind == Kind::letGo) return letGo(happening);
  if (links_[happening.target].held != 0 && keepHeld(happening)) return;
  pass(std::move(happening));
}

/// It reaches the other end.
void WorldCore::pass(Happening&& happening) {
  const std::uint32_t index = happening.target;
  Link& link = links_[index];
  if (link.caller != none && endsAtRoom(happening.kind)) return atCaller(index, happening);
  switch (happening.kind) {
    case Kind::downOpen:
      if (link.clientListens) clientOpened(index);
      return;
    case Kind::downMessage:
      if (link.clientListens) clientGot(index, happening);
      return;
    case Kind::downClose:
      if (link.clientListens) clientGotClose(index, happening);
      return;
    case Kind::downDropped:
      if (happening.value != 0) arriveAll(index);
      if (link.clientListens) endClient(link.client, 1006, noContent);
      return;
    case Kind::downAnswered:
      if (link.clientListens) clientAnswered(index, *std::exchange(link.answer, std::nullopt));
      return;
    case Kind::closeAnswer:
      sendUp(index, {.kind = Kind::upClose, .code = happening.code, .cause = happening.cause});
      return;
    default:
      break;
  }

  if (happening.kind == Kind::upLost && link.room == none) {
    link.lostBefore = true;  // its upgrade will find nobody waiting
    return;
  }
  if (!link.serverListens || !link.roomHolds) return;
  RoomHost& room = *rooms_[link.room];
  if (withheldFrom(room, {happening.cause})) return;
  if (happening.kind == Kind::upMessage) {
    checkOrderUp(link, happening.value);
    deliver(room, {happening.cause}, Host::MessageReceived{link.key, std::move(happening.content)});
    return;
  }
  // A close that nobody answers (CLOSE-3) leaves the transport to end by itself.
  const bool afterClose = happening.kind == Kind::upLost && options_.profile().clientCloseUnanswered;
  if (std::exchange(link.terminated, true) && !afterClose) return;
  const SharedBytes reason = happening.content.size() == 0 ? SharedBytes() : SharedBytes(happening.content.content());
  const Host::ConnectionKey key = link.key;
  switch (happening.kind) {
    case Kind::upClose:
      deliver(room, {happening.cause}, Host::CloseReceived{key, happening.code, reason});
      return;
    case Kind::upFailed:
      // The transport itself tells the peer.
      link.serverListens = false;
      sendDown(
          index,
          {.kind = Kind::downClose, .code = happening.code, .cause = happening.cause, .content = happening.content});
      deliver(room, {happening.cause}, Host::ConnectionFailed{key, happening.code, reason});
      return;
    default:
      link.serverListens = false;
      deliver(room, {happening.cause}, Host::ConnectionLost{key});
      return;
  }
}

// --- requests -------------------------------------------------------------------------------------------------------

Passage& WorldCore::newPassage(std::uint32_t& index) {
  if (freePassages_.empty()) {
    index = static_cast<std::uint32_t>(passages_.size());
    passages_.emplace_back();
  } else {
    index = freePassages_.back();
    freePassages_.pop_back();
  }
  Passage& passage = passages_[index];
  const std::uint32_t generation = passage.generation;
  passage = Passage();
  passage.generation = generation;
  passage.lastDown = now_;
  return passage;
}

void WorldCore::freePassage(std::uint32_t index) {
  Passage& passage = passages_[index];
  if (passage.room != none) std::erase(rooms_[passage.room]->passages, index);
  const std::uint32_t link = passage.link;
  const bool sameLink = link != none && links_[link].generation == passage.linkGeneration;
  ++passage.generation;
  passage.state = Passage::State::free;
  passage.request.reset();
  passage.response.reset();
  freePassages_.push_back(index);
  if (sameLink && links_[link].room == none) {  // the upgrade has come to nothing
    links_[link].lostBefore = true;
    freeLink(link);
  }
}

Host::RequestKey WorldCore::keyOf(std::uint32_t index) const {
  return {(std::uint64_t{passages_[index].generation} << 32) | index};
}

Passage* WorldCore::passageOf(Host::RequestKey key, std::uint32_t& index) {
  index = static_cast<std::uint32_t>(key.value);
  if (index >= passages_.size()) return nullptr;
  Passage& passage = passages_[index];
  return passage.state != Passage::State::free && passage.generation == key.value >> 32 ? &passage : nullptr;
}

std::uint32_t WorldCore::fetch(const Request& request) {
  if (request.isWebSocketUpgrade()) throw Error("fetch() takes a plain request; connectTo() opens a WebSocket");
  begun_ = true;
  const Host::Cause cause = nextCause();
  const auto number = static_cast<std::uint32_t>(exchanges_.size());
  exchanges_.emplace_back();
  if (journal_.on()) {
    journal_.record(Record::request, now_)
        .number(number)
        .cause(cause)
        .text(request.method())
        .text(request.url())
        .text(request.body());
  }
  std::uint32_t index = none;
  Passage& passage = newPassage(index);
  passage.state = Passage::State::toEdge;
  passage.cause = cause;
  passage.exchange = number;
  passage.request = request;
  exchanges_[number].passage = index;
  exchanges_[number].passageGeneration = passage.generation;
  plan(now_ + pace(Choice::latencyEdge, cause, 0, options_.latency(), cause, Strand::edge),
       {.kind = Kind::atEdge, .target = index, .generation = passage.generation, .cause = cause.value});
  return number;
}

void WorldCore::abort(std::uint32_t number) {
  const Host::Cause cause = nextCause();
  ExchangeState& exchange = exchanges_[number];
  if (exchange.state == ExchangeState::State::answered || exchange.state == ExchangeState::State::failed) return;
  if (journal_.on()) journal_.record(Record::abort, now_).number(number).cause(cause);
  exchange.state = ExchangeState::State::aborted;
  Passage& passage = passages_[exchange.passage];
  if (passage.generation != exchange.passageGeneration) return;
  passage.exchange = none;
  if (passage.state != Passage::State::inRoom) return freePassage(exchange.passage);
  plan(
      now_ + pace(Choice::latencyUp, cause, 0, options_.latency(), passage.cause, Strand::edge),
      {.kind = Kind::abortArrives, .target = exchange.passage, .generation = passage.generation, .cause = cause.value});
}

void WorldCore::onPassage(Happening&& happening) {
  const std::uint32_t index = happening.target;
  switch (happening.kind) {
    case Kind::atEdge:
      atEdge(index);
      return;
    case Kind::atRoom:
      atRoom(index);
      return;
    case Kind::answerLost:
      losePassage(index, {happening.cause});
      return;
    case Kind::abortArrives: {
      if (passages_[index].state != Passage::State::inRoom) return freePassage(index);
      RoomHost& room = *rooms_[passages_[index].room];
      const Host::RequestKey key = keyOf(index);
      freePassage(index);
      deliver(room, {happening.cause}, Host::RequestAborted{key});
      return;
    }
    default:
      answerArrives(index, happening);
      return;
  }
}

void WorldCore::atEdge(std::uint32_t index) {
  Passage& passage = passages_[index];
  if (passage.link != none && links_[passage.link].lostBefore) return freePassage(index);
  if (!edge_) edge_.emplace(parties_, seed_.value());
  passage.state = Passage::State::atEdge;
  edgeEvent(passage.cause, Host::EdgeRequestReceived{keyOf(index), *std::exchange(passage.request, std::nullopt)});
}

void WorldCore::edgeEvent(Host::Cause cause, Host::EdgeEvent&& event) {
  std::uint32_t index = none;
  std::uint64_t n = 0;
  for (Host::EdgeEffect& effect : edge_->handle(now_, cause, std::move(event))) {
    const std::uint64_t number = n++;
    if (auto* forwarded = std::get_if<Host::RequestForwarded>(&effect)) {
      if (Passage* passage = passageOf(forwarded->key, index)) {
        if (journal_.on()) journal_.record(Record::forwarded, now_).cause(cause).text(forwarded->request.url());
        passage->state = Passage::State::toRoom;
        passage->room = roomFor(forwarded->party, forwarded->id).index;
        passage->request = std::move(forwarded->request);
        plan(now_ + pace(Choice::latencyEdge, passage->cause, 1, options_.latency(), passage->cause, Strand::edge),
             {.kind = Kind::atRoom, .target = index, .generation = passage->generation, .cause = passage->cause.value});
      }
    } else if (auto* answer = std::get_if<Host::ResponseHead>(&effect)) {
      if (Passage* passage = passageOf(answer->key, index)) {
        if (journal_.on()) {
          journal_.record(Record::edgeAnswered, now_)
              .cause(cause)
              .number(static_cast<std::uint64_t>(answer->response.status()));
        }
        passage->response = std::move(answer->response);
        passage->complete = answer->complete;
        sendAnswer(index, Kind::headArrives, derive(cause, number, Derived::effect));
      }
    } else if (auto* timer = std::get_if<Host::TimerSet>(&effect)) {
      plan(
          std::max(now_, timer->due),
          {.kind = Kind::edgeTimer, .cause = derive(cause, number, Derived::timer).value, .value = timer->timer.value});
    } else if (auto* failed = std::get_if<Host::HandlerFailed>(&effect)) {
      std::string text = errorText(failed->error);
      if (journal_.on()) {
        journal_.record(Record::edgeFailed, now_)
            .cause(cause)
            .number(static_cast<std::uint64_t>(failed->handler))
            .text(text);
      }
      uncaught_.push_back({failed->handler, noRoom, now_, std::move(text), failed->error});
    } else if (auto* logged = std::get_if<Host::Logged>(&effect)) {
      if (journal_.on()) {
        journal_.record(Record::edgeLogged, now_)
            .cause(cause)
            .number(static_cast<std::uint64_t>(logged->level))
            .text(logged->text.view());
      }
    }
  }
}

void WorldCore::atRoom(std::uint32_t index) {
  Passage& passage = passages_[index];
  RoomHost& room = *rooms_[passage.room];
  const Host::Cause cause = passage.cause;
  const std::uint32_t number = passage.link;
  Request request = *std::exchange(passage.request, std::nullopt);
  if (number != none && links_[number].lostBefore) return freePassage(index);
  if (!request.isWebSocketUpgrade()) {
    passage.state = Passage::State::inRoom;
    room.passages.push_back(index);
    if (!withheldFrom(room, cause)) deliver(room, cause, Host::RequestReceived{keyOf(index), std::move(request)});
    return;
  }
  if (number == none) return losePassage(index, cause);  // nobody is there to speak WebSocket
  Link& link = links_[number];
  link.room = room.index;
  link.roomHolds = true;
  if (room.freeConnections.empty()) {
    link.key.index = static_cast<std::uint32_t>(room.links.size());
    room.links.push_back(number);
    room.generations.push_back(0);
  } else {
    link.key.index = room.freeConnections.back();
    room.freeConnections.pop_back();
    room.links[link.key.index] = number;
  }
  link.key.generation = ++room.generations[link.key.index];
  passage.room = none;
  freePassage(index);
  if (withheldFrom(room, cause)) return;
  const auto origin = link.caller == none ? Host::Origin::client : Host::Origin::room;
  deliver(room, cause, Host::ConnectRequested{link.key, std::move(request), number, origin});
}

void WorldCore::sendAnswer(std::uint32_t index, Kind kind, Host::Cause key, Message content) {
  Passage& passage = passages_[index];
  const Between latency = passage.caller == none ? options_.latency() : options_.callLatency();
  Time at = now_ + pace(Choice::latencyDown, key, passage.cause.value, latency, passage.cause, Strand::down);
  if (releasing_) at += releaseDelay(key, passage.cause.value);
  at = std::max(at, passage.lastDown);
  passage.lastDown = at;
  plan(at, {.kind = kind,
            .target = index,
            .generation = passage.generation,
            .cause = key.value,
            .content = std::move(content)});
}

void WorldCore::answerArrives(std::uint32_t index, Happening& happening) {
  Passage& passage = passages_[index];
  if (passage.caller != none) return callAnswered(index, happening);
  if (passage.link != none) {  // an upgrade that was answered plainly
    const std::uint32_t link = passage.link;
    const bool listens = links_[link].generation == passage.linkGeneration && links_[link].clientListens;
    const Response response = *passage.response;
    if (listens) clientAnswered(link, response);
    return freePassage(index);
  }
  const std::uint32_t number = passage.exchange;
  if (number == none) return freePassage(index);
  ExchangeState& exchange = exchanges_[number];
  bool complete = happening.kind == Kind::endArrives;
  if (happening.kind == Kind::headArrives) {
    exchange.head = passage.response;
    exchange.body = passage.response->body();
    exchange.state = ExchangeState::State::begun;
    complete = passage.complete;
  } else if (happening.kind == Kind::chunkArrives) {
    exchange.body += happening.content.content();
  }
  if (!complete) return;
  if (passage.cutOff) return losePassage(index, {happening.cause});
  exchange.state = ExchangeState::State::answered;
  if (journal_.on()) {
    journal_.record(Record::responded, now_)
        .number(number)
        .number(static_cast<std::uint64_t>(exchange.head->status()))
        .content(Message::bytes(exchange.body));
  }
  freePassage(index);
}

void WorldCore::losePassage(std::uint32_t index, Host::Cause cause) {
  Passage& passage = passages_[index];
  if (passage.caller != none) return callLost(index, cause);
  if (passage.exchange != none) {
    exchanges_[passage.exchange].state = ExchangeState::State::failed;
    if (journal_.on()) journal_.record(Record::requestFailed, now_).number(passage.exchange);
  }
  if (passage.link != none && links_[passage.link].generation == passage.linkGeneration &&
      links_[passage.link].clientListens) {
    endClient(links_[passage.link].client, 1006, noContent);
  }
  freePassage(index);
}

}  // namespace Party::Sim::Detail
