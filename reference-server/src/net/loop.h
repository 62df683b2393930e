#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace Party::Serve {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Which readiness of a descriptor is waited for. That the other side has gone is always told.
struct Interest {
  bool read = false;
  bool write = false;
  /// The peer has ended its output (a half-open connection): told once per change of interest.
  bool peerEnd = false;
  friend bool operator==(const Interest&, const Interest&) = default;
};

struct Readiness {
  bool readable = false;
  bool writable = false;
  bool peerEnded = false;
  bool hungUp = false;  // both directions are gone
};

/// Who is told of a descriptor. It may forget itself, and others, while it is told.
class Watcher {
 public:
  virtual void ready(Readiness readiness) = 0;

 protected:
  ~Watcher() = default;
};

/// One thread's loop: descriptors, timers, and work from other threads. All but `post` and `stop` belong to the thread
/// that runs it.
///
/// Asio runs the loop, but descriptors are in an epoll set of our own that Asio watches as one: a wait on each of ten
/// thousand sockets costs a system call and a kilobyte apiece, this costs neither.
class Loop {
 public:
  using Work = std::move_only_function<void()>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until `stop`. What was posted before it is done first.
  void run();
  void stop();
  void post(Work work);
  /// Done whenever a batch of readiness, timers or posted work has been served.
  void setTurnEnd(Work work);

  void watch(int descriptor, Watcher& watcher, Interest interest);
  void change(int descriptor, Interest interest);
  /// Before the descriptor is closed.
  void forget(int descriptor);

  /// Never 0, never used twice.
  using Timer = std::uint64_t;
  Timer at(SteadyTime due, Work work);
  void cancel(Timer timer);

 private:
  class Machinery;
  std::unique_ptr<Machinery> machinery_;
};

}  // namespace Party::Serve
