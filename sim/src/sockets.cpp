#include <algorithm>
#include <string_view>
#include <utility>

#include "world_core.h"

/// WebSockets between rooms: links whose lower end is a room. Each direction has its latency and keeps its order.

namespace Party::Sim::Detail {
namespace {

constexpr std::string_view connectionLost = "Network connection lost.";
constexpr std::uint64_t latestLoss = 3;  // frames down before it; the 101 is the first

}  // namespace

// CP-92: what is lost is the upgrade, or the connection some frames later.
void WorldCore::openSocket(RoomHost& caller, Host::Cause cause, Host::SocketRequested& asked) {
  const std::uint32_t index = newLink(none, cause, options_.latency());
  Link& link = links_[index];
  link.caller = caller.index;
  link.socket = asked.socket;
  caller.sockets.push_back(index);
  Duration there = pace(Choice::latencyUp, cause, 0, link.latency, link.identity, Strand::up);
  if (releasing_) there += releaseDelay(cause, 0);
  const bool lost = chances_.happens(Choice::callOutcome, cause, 0, options_.callFailures());
  if (lost && chances_.draw(Choice::callOutcome, cause, 1, 0, 1) == 0) {
    link.lostBefore = true;
    const Host::Cause notice = derive(cause, 0, Derived::effect);
    const Duration back = chances_.draw(Choice::latencyDown, notice, 0, link.latency);
    plan(now_ + there + back, {.kind = Kind::downDropped,
                               .target = index,
                               .generation = link.generation,
                               .cause = notice.value,
                               .content = noContent});
    return;
  }
  if (lost) link.framesToLoss = chances_.draw(Choice::callOutcome, cause, 2, 0, latestLoss);
  std::uint32_t number = none;
  Passage& passage = newPassage(number);
  passage.state = Passage::State::toRoom;
  passage.cause = cause;
  passage.link = index;
  passage.linkGeneration = link.generation;
  passage.request = std::move(asked.request);
  passage.room = roomFor(asked.room->party, asked.room->id).index;
  plan(now_ + there, {.kind = Kind::atRoom, .target = number, .generation = passage.generation, .cause = cause.value});
}

std::uint32_t WorldCore::socketOf(const RoomHost& caller, Host::SocketKey socket) const {
  return *std::ranges::find(caller.sockets, socket, [this](std::uint32_t link) { return links_[link].socket; });
}

/// Behind what it has sent the other room sees its end, unless that has been told already.
void WorldCore::releaseSocket(RoomHost& caller, Host::SocketKey socket) {
  const std::uint32_t index = socketOf(caller, socket);
  std::erase(caller.sockets, index);
  Link& link = links_[index];
  link.clientListens = false;
  sendUp(index, {.kind = Kind::upLost, .cause = derive(link.identity, 0, Derived::abandon).value});
  freeLink(index);
}

/// Its caller is gone without a word: what is on the way up may be lost, a suffix.
void WorldCore::loseUp(std::uint32_t index, Host::Cause cause) {
  Link& link = links_[index];
  link.clientListens = false;
  plan(now_ + chances_.draw(Choice::lossNotice, cause, link.identity.value, link.latency),
       {.kind = Kind::upLost, .target = index, .generation = link.generation, .cause = cause.value});
  freeLink(index);
}

/// False when it does not, because the connection breaks here or has broken before.
bool WorldCore::comesDownToRoom(std::uint32_t index, Happening& happening) {
  Link& link = links_[index];
  if (link.broken) return false;
  // A broadcast has one cause for all, and may go to several sockets of one room.
  happening.cause = derive({happening.cause}, link.identity.value, Derived::call).value;
  if (!link.framesToLoss || (*link.framesToLoss)-- != 0) return true;
  link.broken = true;
  const Host::Cause breaking = derive(link.identity, 1, Derived::abandon);
  const Duration back = chances_.draw(Choice::latencyDown, breaking, link.identity.value, link.latency);
  plan(std::max(now_ + back, link.lastDown), {.kind = Kind::downDropped,
                                              .target = index,
                                              .generation = link.generation,
                                              .cause = breaking.value,
                                              .content = noContent});
  return false;
}

void WorldCore::atCaller(std::uint32_t index, Happening& happening) {
  Link& link = links_[index];
  if (!link.clientListens) return;
  RoomHost& caller = *rooms_[link.caller];
  const Host::Cause cause{happening.cause};
  const Host::SocketKey socket = link.socket;
  switch (happening.kind) {
    case Kind::downOpen:
      link.opened = true;
      return deliver(caller, cause, Host::SocketOpened{socket});
    case Kind::downMessage:
      checkOrderDown(link, happening.value);
      return deliver(caller, cause, Host::SocketMessageReceived{socket, std::move(happening.content)});
    case Kind::downClose: {
      const std::uint16_t code = happening.code == 0 ? std::uint16_t{1005} : happening.code;
      const SharedBytes reason =
          happening.content.size() == 0 ? SharedBytes() : SharedBytes(happening.content.content());
      return deliver(caller, cause, Host::SocketCloseReceived{socket, code, reason});
    }
    case Kind::downAnswered: {
      const Response response = *std::exchange(link.answer, std::nullopt);
      if (!link.reset) return deliver(caller, cause, Host::SocketAnswered{socket, response});
      return deliver(caller, cause, Host::SocketLost{socket, SharedBytes(response.body())});  // EVICT-012
    }
    default:
      return deliver(caller, cause, Host::SocketLost{socket, SharedBytes(connectionLost)});
  }
}

}  // namespace Party::Sim::Detail
