#include "shard.h"

#include <algorithm>
#include <utility>

namespace Party::Serve {
namespace {

// How long a server that was told to end waits for handlers and the disk, and then for its last words to leave.
constexpr auto longestSettling = std::chrono::seconds(5);
constexpr auto longestFlush = std::chrono::seconds(1);

}  // namespace

Shard::Shard(EdgeSetup edge, RoomsSetup rooms, CommittedStore store, Traffic& traffic)
    : edge_(loop_, edge, traffic),
      rooms_(loop_, rooms, std::move(store), traffic),
      idleCheck_(std::clamp(std::chrono::floor<std::chrono::milliseconds>(rooms.profile.idleBeforeHibernation / 4),
                            std::chrono::milliseconds(10), std::chrono::milliseconds(1'000))) {
  loop_.setTurnEnd([this] {
    edge_.endTurn();
    rooms_.endTurn();
  });
}

Shard::~Shard() { join(); }

void Shard::start() {
  tick(patienceTimer_, std::chrono::milliseconds(1'000), &Shard::checkPatience);
  tick(idleTimer_, idleCheck_, &Shard::checkIdle);
  thread_ = std::thread([this] { loop_.run(); });
}

void Shard::tick(Loop::Timer& timer, std::chrono::milliseconds every, void (Shard::*work)()) {
  timer = loop_.at(std::chrono::steady_clock::now() + every, [this, &timer, every, work] {
    (this->*work)();
    tick(timer, every, work);
  });
}

void Shard::checkPatience() {
  edge_.checkPatience();
  rooms_.checkPatience();
}

void Shard::end() {
  loop_.post([this] {
    edge_.retire();
    rooms_.pauseAll();
    settleThenEnd(std::chrono::steady_clock::now() + longestSettling);
  });
}

void Shard::settleThenEnd(SteadyTime latest) {
  const auto now = std::chrono::steady_clock::now();
  if ((edge_.isQuiet() && rooms_.isQuiet()) || now >= latest) {
    rooms_.sayGoodbye();
    return flushThenStop(now + longestFlush);
  }
  loop_.at(now + std::chrono::milliseconds(5), [this, latest] { settleThenEnd(latest); });
}

void Shard::flushThenStop(SteadyTime latest) {
  const auto now = std::chrono::steady_clock::now();
  if (rooms_.openSockets() == 0 || now >= latest) return loop_.stop();
  loop_.at(now + std::chrono::milliseconds(5), [this, latest] { flushThenStop(latest); });
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace Party::Serve
