#include <algorithm>
#include <string>
#include <utility>

#include "error_text.h"
#include "world_core.h"

/// Calls between rooms, which are requests that pass the edge by, and to scripted peers.

namespace Party::Sim::Detail {
namespace {

constexpr const char* connectionLost = "Network connection lost.";

std::string_view originOf(std::string_view url) { return url.substr(0, url.find('/', url.find("://") + 3)); }

}  // namespace

void WorldCore::startCall(RoomHost& caller, Host::Cause cause, Host::CallStarted& call) {
  // A wake that costs no time asks for none either: what onStart fetches is there at once.
  const bool waking = caller.waking;
  Duration there =
      waking ? Duration(0) : pace(Choice::latencyUp, cause, 0, options_.callLatency(), cause, Strand::call);
  if (releasing_) there += releaseDelay(cause, 0);
  // CP-92: what is lost is the question or the answer; whoever asked cannot tell.
  const CallEnd end = waking ? CallEnd::answered : callEnd(cause);
  const bool lost = end != CallEnd::answered;
  const bool silent = end == CallEnd::never;
  const bool arrives = !lost || chances_.draw(Choice::callOutcome, cause, 1, 0, 1) != 0;
  if (arrives && call.room) {
    const std::uint32_t callee = roomFor(call.room->party, call.room->id).index;
    std::uint32_t index = none;
    Passage& passage = newPassage(index);
    passage.state = Passage::State::toRoom;
    passage.cause = cause;
    passage.request = std::move(call.request);
    passage.room = callee;
    if (!silent) passage.caller = caller.index;
    passage.callerLife = caller.life;
    passage.call = call.call;
    passage.answerLost = lost;
    plan(now_ + there, {.kind = Kind::atRoom, .target = index, .generation = passage.generation, .cause = cause.value});
    return;
  }
  Host::CallOutcome outcome{connectionLost};
  if (arrives) outcome = askPeer(call.request);
  if (silent) return;
  if (lost) outcome.result = connectionLost;
  const Host::Cause answer = derive(cause, 0, Derived::effect);
  if (waking) return void(caller.wakeAnswers.push_back({call.call, answer, std::move(outcome)}));
  const Duration back = pace(Choice::latencyDown, answer, 0, options_.callLatency(), cause, Strand::call);
  std::uint32_t slot = static_cast<std::uint32_t>(callAnswers_.size());
  if (freeCallAnswers_.empty()) {
    callAnswers_.emplace_back();
  } else {
    slot = freeCallAnswers_.back();
    freeCallAnswers_.pop_back();
  }
  callAnswers_[slot] = {call.call, std::make_unique<Host::CallOutcome>(std::move(outcome))};
  plan(now_ + there + back, {.kind = Kind::callSettled,
                             .target = caller.index,
                             .generation = caller.life,
                             .cause = answer.value,
                             .value = slot});
}

/// CP-92
WorldCore::CallEnd WorldCore::callEnd(Host::Cause cause) {
  const auto weighed = [&](std::uint64_t n, Ratio often) {
    return often.chances != 0 && Host::below(chances_.bits(Choice::callOutcome, cause, n), often.outOf) < often.chances;
  };
  CallEnd end = CallEnd::answered;
  if (weighed(0, options_.callFailures())) {
    end = CallEnd::lost;
  } else if (weighed(2, options_.unansweredCalls())) {
    end = CallEnd::never;
  }
  const auto most = static_cast<std::uint64_t>(CallEnd::never);
  return static_cast<CallEnd>(chances_.settle(Choice::callOutcome, cause, 0, static_cast<std::uint64_t>(end), most));
}

Host::CallOutcome WorldCore::askPeer(const Request& request) const {
  const std::string origin(originOf(request.url()));
  const auto peer = peers_.find(origin);
  if (peer == peers_.end()) {
    return {"nobody answers at " + origin + ": this world has no such peer, give it one with World::peer()"};
  }
  try {
    return {peer->second(request)};
  } catch (...) {
    return {errorText(std::current_exception())};
  }
}

/// Head, pieces or end of a room's answer has come back to the room that called.
void WorldCore::callAnswered(std::uint32_t index, Happening& happening) {
  Passage& passage = passages_[index];
  RoomHost& caller = *rooms_[passage.caller];
  const Host::Cause cause{happening.cause};
  const Host::CallKey call = passage.call;
  if (caller.life != passage.callerLife || !caller.machine) return freePassage(index);
  if (happening.kind == Kind::chunkArrives) {
    if (passage.answerLost) return;
    deliver(caller, cause, Host::CallChunk{call, SharedBytes(happening.content.content())});
    return;
  }
  if (happening.kind == Kind::headArrives && !passage.complete) return;
  if (passage.answerLost || passage.cutOff) return losePassage(index, cause);
  Host::CallOutcome outcome{*passage.response};
  if (passage.reset) outcome.result = std::string(passage.response->body());  // EVICT-012
  freePassage(index);
  settleCall(caller, cause, call, std::move(outcome));
}

/// One that was cancelled meanwhile has nobody waiting for it.
void WorldCore::settleCall(RoomHost& caller, Host::Cause cause, Host::CallKey call, Host::CallOutcome outcome) {
  if (std::erase(caller.calls, call.value) == 0) return;
  deliver(caller, cause, Host::CallSettled{call, std::make_unique<Host::CallOutcome>(std::move(outcome))});
}

void WorldCore::callLost(std::uint32_t index, Host::Cause cause) {
  const Passage& passage = passages_[index];
  RoomHost& caller = *rooms_[passage.caller];
  const bool waits = caller.life == passage.callerLife && caller.machine;
  const Host::CallKey call = passage.call;
  freePassage(index);
  if (waits) settleCall(caller, derive(cause, call.value, Derived::call), call, {connectionLost});
}

/// As when a client gives up: what has not reached the room never does.
void WorldCore::cancelCall(const RoomHost& caller, Host::Cause cause, Host::CallKey call) {
  const auto passage = std::ranges::find_if(passages_, [&](const Passage& one) {
    return one.state != Passage::State::free && one.caller == caller.index && one.callerLife == caller.life &&
           one.call == call;
  });
  if (passage == passages_.end()) return;
  const auto index = static_cast<std::uint32_t>(passage - passages_.begin());
  passage->caller = none;
  if (passage->state != Passage::State::inRoom) return freePassage(index);
  const Host::Cause abort = derive(cause, call.value, Derived::call);
  plan(now_ + chances_.draw(Choice::latencyUp, abort, 0, options_.latency()),
       {.kind = Kind::abortArrives, .target = index, .generation = passage->generation, .cause = abort.value});
}

}  // namespace Party::Sim::Detail
