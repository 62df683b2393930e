#pragma once

#include "edge/edge.h"
#include "net/loop.h"
#include "rooms/rooms.h"

#include <cstddef>
#include <functional>
#include <thread>

namespace Party::Serve {

/// One thread with its loop, the rooms that live on it, and the clients that came to it first.
class Shard {
 public:
  Shard(EdgeSetup edge, RoomsSetup rooms, CommittedStore store, Traffic& traffic);
  ~Shard();

  Loop& loop() { return loop_; }
  Rooms& rooms() { return rooms_; }
  Edge& edge() { return edge_; }

  void start();
  /// From any thread: answers what is under way, lets the disk catch up, says goodbye, ends.
  void end();
  void join();

 private:
  void tick(Loop::Timer& timer, std::chrono::milliseconds every, void (Shard::*work)());
  void checkPatience();
  void checkIdle() { rooms_.checkIdle(); }
  void settleThenEnd(SteadyTime latest);
  void flushThenStop(SteadyTime latest);

  Loop loop_;
  Edge edge_;
  Rooms rooms_;
  std::chrono::milliseconds idleCheck_;
  Loop::Timer patienceTimer_ = 0;
  Loop::Timer idleTimer_ = 0;
  std::thread thread_;
};

}  // namespace Party::Serve
