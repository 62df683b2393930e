#include "world_core.h"

#include <party/error.h>

#include <string>
#include <utility>

namespace Party::Sim::Detail {
namespace {

constexpr std::size_t keptRooms = 64;

void check(const char* what, const Between& range) {
  constexpr Duration longest = std::chrono::days(366);
  if (range.low < Duration::zero() || range.high < range.low || range.high > longest) {
    throw Error(std::string(what) + " from " + std::to_string(range.low.count()) + " to " +
                std::to_string(range.high.count()) + " us is no range of time between 0 and a year");
  }
}

void check(const char* what, const Ratio& ratio) {
  if (ratio.outOf == 0 || ratio.chances > ratio.outOf) {
    throw Error(std::string(what) + " of " + std::to_string(ratio.chances) + " in " + std::to_string(ratio.outOf) +
                " is no ratio");
  }
}

}  // namespace

WorldCore::WorldCore(Host::Parties parties, Seed seed, const WorldOptions& options) : parties_(std::move(parties)) {
  reset(seed, options);
}

void WorldCore::reset(Seed seed, const WorldOptions& options) {
  check("latency", options.latency());
  check("call latency", options.callLatency());
  check("flush", options.flush());
  check("alarm lateness", options.alarmLateness());
  check("read latency", options.readLatency());
  check("flush start", options.flushStart());
  check("release delay", options.releaseDelay());
  check("timer lateness", options.timerLateness());
  check("clock skew", {Duration(0), options.clockSkew()});
  check("reset drop delay", options.resetDropDelay());
  check("deploy delay", options.deployDelay());
  check("idle time", options.idleBeforeHibernation().value_or(Between()));
  check("lifetime", options.lifetime().value_or(Between()));
  check("flush retries", options.flushRetries());
  check("alarm repeats", options.alarmRepeats());
  check("phantom runs", options.phantomRuns());
  check("commit failures", options.commitFailures());
  check("lost acknowledgements", options.lostAcks());
  check("delayed reads", options.delayedReads());
  check("call failures", options.callFailures());
  check("unanswered calls", options.unansweredCalls());
  seed_ = seed;
  options_ = options;
  now_ = options.startTime();
  for (std::size_t i = 0; i < roomCount_; ++i) rooms_[i]->recycle();
  if (rooms_.size() > keptRooms) rooms_.resize(keptRooms);
  roomCount_ = 0;
  roomTable_.clear();
  agenda_.clear();
  edge_.reset();
  clientCount_ = 0;
  exchanges_.clear();
  for (Link& link : links_) link.early.clear();
  links_.clear();
  freeLinks_.clear();
  heldFrames_.clear();
  passages_.clear();
  freePassages_.clear();
  reads_.clear();
  freeReads_.clear();
  callAnswers_.clear();
  freeCallAnswers_.clear();
  watched_.clear();
  uncaught_.clear();
  violations_.clear();
  observers_.clear();
  withheld_.clear();
  admitted_.clear();
  admitsAll_ = true;
  disturbedRepeats_ = false;
  alarmsHeld_ = false;
  pauseAt_.reset();
  paused_ = false;
  chances_.reset(seed, options.recordChoices());
  ranks_.reset(options.ranked(), options.startTime());
  journal_.reset(seed, options.startTime(), options.trace());
  happened_ = 0;
  step_ = 0;
  verbs_ = 0;
  stopping_ = false;
  begun_ = false;
  violated_ = false;
  releasing_ = false;
  orderedAt_ = Time();
  ordersAtTime_ = 0;
}

void WorldCore::addParty(Host::PartyDescriptor party) {
  if (begun_) throw Error("party \"" + party.name + "\" comes too late: this world already has rooms or clients");
  Host::Parties next = parties_;
  next.push_back(std::move(party));
  Host::checkPartyNames(next);
  parties_ = std::move(next);
}

bool WorldCore::step() {
  if (agenda_.empty()) return false;
  const Time at = agenda_.nextTime();
  if (at > now_) now_ = at;
  ++happened_;
  const bool mayChoose = options_.shuffledEvents() || chances_.watched();
  happen(mayChoose ? nextHappening() : agenda_.pop());
  if (violated_) throwViolation();
  return true;
}

void WorldCore::runUntil(Time time) {
  stopping_ = false;
  const bool pauses = pauseAt_ && *pauseAt_ <= time;
  const Time end = pauses ? *pauseAt_ : time;
  while (!stopping_ && !agenda_.empty() && agenda_.nextTime() <= end) step();
  if (stopping_) return;
  if (end > now_) now_ = end;
  if (pauses) pause();
}

void WorldCore::pause() {
  pauseAt_.reset();
  paused_ = stopping_ = true;
}

bool WorldCore::runUntilQuiet(Duration limit) {
  stopping_ = false;
  const Time end = now_ + limit;
  while (!stopping_) {
    if (agenda_.busy() == 0 && quiet()) return true;
    if (agenda_.empty() || agenda_.nextTime() > end) return agenda_.empty();
    if (pauseAt_ && agenda_.nextTime() > *pauseAt_) {
      now_ = std::max(now_, *pauseAt_);
      pause();
    } else {
      step();
    }
  }
  return false;
}

bool WorldCore::quiet() {
  if (agenda_.busy() != 0) return false;
  // A handler that sleeps waits for one of its room's timers; one that waits for nothing that will come is no reason.
  bool waiting = false;
  std::erase_if(watched_, [&](std::uint32_t index) {
    RoomHost& room = *rooms_[index];
    room.watched = room.machine && !room.timers.empty();
    if (room.watched && room.machine->status().handlers != 0) waiting = true;
    return !room.watched;
  });
  return !waiting;
}

void WorldCore::happen(Happening&& happening) {
  switch (happening.kind) {
    case Kind::upMessage:
    case Kind::upClose:
    case Kind::upFailed:
    case Kind::upLost:
    case Kind::downOpen:
    case Kind::downMessage:
    case Kind::downClose:
    case Kind::downDropped:
    case Kind::downAnswered:
    case Kind::closeAnswer:
    case Kind::letGo:
      if (links_[happening.target].generation == happening.generation) onLink(std::move(happening));
      return;
    case Kind::atEdge:
    case Kind::atRoom:
    case Kind::headArrives:
    case Kind::chunkArrives:
    case Kind::endArrives:
    case Kind::answerLost:
    case Kind::abortArrives:
      if (passages_[happening.target].generation == happening.generation) onPassage(std::move(happening));
      return;
    case Kind::edgeTimer:
      edgeEvent({happening.cause}, Host::TimerDue{{happening.value}});
      return;
    default:
      inRoom(std::move(happening));
      return;
  }
}

void WorldCore::inRoom(Happening&& happening) {
  RoomHost& room = *rooms_[happening.target];
  const Host::Cause cause{happening.cause};
  if (happening.kind == Kind::alarmDue) return alarmDue(room, cause, happening.value);
  if (happening.kind == Kind::alarmAbandoned) {
    return abandonAlarm(room, cause, Time(Duration(static_cast<std::int64_t>(happening.value))));
  }
  CallAnswer answer;
  if (happening.kind == Kind::callSettled) {
    const auto slot = static_cast<std::uint32_t>(happening.value);
    answer = std::exchange(callAnswers_[slot], {});
    freeCallAnswers_.push_back(slot);
  }
  ReadAnswer read;
  if (happening.kind == Kind::readDone) {
    const auto slot = static_cast<std::uint32_t>(happening.value);
    read = std::exchange(reads_[slot], {});
    freeReads_.push_back(slot);
  }
  if (room.life != happening.generation || !room.machine) return;  // whom it was meant for is gone
  switch (happening.kind) {
    case Kind::flushDone:
      if (happening.value == room.flushNumber) finishFlush(room);
      return;
    case Kind::readDone:
      deliver(room, cause,
              Host::ReadCompleted{read.operation, std::make_unique<StoredEntries>(std::move(read.entries))});
      return;
    case Kind::callSettled:
      settleCall(room, cause, answer.call, std::move(*answer.outcome));
      return;
    case Kind::timerDue:
      timerDue(room, happening.value);
      return;
    case Kind::alarmRepeated:
      alarmRepeated(room, cause, Time(Duration(static_cast<std::int64_t>(happening.value))));
      return;
    case Kind::idleCheck:
      checkIdle(room);
      return;
    case Kind::flushStarts:
      if (happening.value == room.flushNumber) beginFlush(room);
      return;
    case Kind::roomDies:
      crash(room, cause);
      return;
    case Kind::deployed:
      deployed(room, cause);
      return;
    case Kind::lifeEnds:
      lifeEnds(room, cause, happening.value);
      return;
    default:
      return;
  }
}

void WorldCore::violate(const char* rule, std::uint32_t room, std::string text) {
  if (journal_.on()) journal_.record(Record::violation, now_).number(room).text(rule).text(text);
  violations_.push_back({rule, std::move(text), now_, room});
  violated_ = options_.throwOnViolation();
}

// INV-07: no direction of a link reorders or repeats. `sent` is where the trace has what a client got.
void WorldCore::checkOrderDown(Link& link, std::uint64_t sent) {
  if (journal_.on() && sent < link.lastReceived) {
    violate("INV-07", link.room,
            "a client got message " + std::to_string(sent) + " after " + std::to_string(link.lastReceived));
  }
  link.lastReceived = sent;
}

// INV-07: `number` counts what the client sent on this link.
void WorldCore::checkOrderUp(Link& link, std::uint64_t number) {
  if (number < link.arrivedUp) {
    violate("INV-07", link.room,
            "a room got a client's frame " + std::to_string(number) + " after " + std::to_string(link.arrivedUp));
  }
  link.arrivedUp = number + 1;
}

void WorldCore::throwViolation() {
  violated_ = false;
  throw NeverLegal(violations_.back());
}

RoomHost* WorldCore::findRoom(std::string_view party, std::string_view id) {
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    if (parties_[i].name == party) return lookUp(i, id, RoomTable::keyOf(i, id));
  }
  return nullptr;
}

RoomHost* WorldCore::lookUp(std::size_t party, std::string_view id, std::uint64_t key) {
  const std::uint32_t number =
      roomTable_.find(key, [&](std::uint32_t room) { return rooms_[room]->party == party && rooms_[room]->id == id; });
  return number == RoomTable::none ? nullptr : rooms_[number].get();
}

RoomHost& WorldCore::roomFor(std::size_t party, std::string_view id) {
  begun_ = true;
  const std::uint64_t key = RoomTable::keyOf(party, id);
  if (RoomHost* known = lookUp(party, id, key)) return *known;
  const auto index = static_cast<std::uint32_t>(roomCount_++);
  if (index == rooms_.size()) rooms_.push_back(std::make_unique<RoomHost>());
  RoomHost& room = *rooms_[index];
  room.index = index;
  room.party = party;
  room.id = id;
  room.identity = derive({key}, 0, Derived::room);
  room.lastEvent = now_;
  room.disk.attach(*this, room);
  room.alarm.emplace();
  if (journal_.on()) journal_.record(Record::room, now_).number(index).text(nameOf(index));
  auto report = [this, index](const char* rule, std::string how) { violate(rule, index, std::move(how)); };
  if (index == rules_.size()) {
    rules_.emplace_back(options_.profile(), std::move(report));
  } else {
    rules_[index].reset(options_.profile(), std::move(report));
  }
  roomTable_.insert(key, index);
  return room;
}

RoomHost& WorldCore::roomOfVerb(std::string_view party, std::string_view id) {
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    if (parties_[i].name == party) return roomFor(i, id);
  }
  throw Error("this world has no party \"" + std::string(party) + "\"");
}

std::string WorldCore::nameOf(std::uint32_t room) const {
  return parties_[rooms_[room]->party].name + '/' + rooms_[room]->id;
}

}  // namespace Party::Sim::Detail
