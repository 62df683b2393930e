#include "net/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

namespace Party::Serve {
namespace asio = boost::asio;
namespace {

int newEpollSet() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::runtime_error("cannot create an epoll set");
  return set;
}

std::uint32_t eventsOf(Interest interest) {
  std::uint32_t events = 0;
  if (interest.read) events |= EPOLLIN;
  if (interest.write) events |= EPOLLOUT;
  if (interest.peerEnd) events |= EPOLLRDHUP | EPOLLET;
  return events;
}

Readiness readinessOf(std::uint32_t events) {
  return {(events & EPOLLIN) != 0, (events & EPOLLOUT) != 0, (events & EPOLLRDHUP) != 0,
          (events & (EPOLLHUP | EPOLLERR)) != 0};
}

}  // namespace

class Loop::Machinery {
 public:
  Machinery() : timer_(context_), descriptors_(context_, newEpollSet()) { awaitDescriptors(); }

  void run() {
    auto guard = asio::make_work_guard(context_);
    context_.run();
  }

  void stop() {
    post([this] { context_.stop(); });
  }

  void post(Work work) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
      if (posted_.size() > 1) return;  // whoever was first has asked for the turn
    }
    asio::post(context_, [this] { doPosted(); });
  }

  void setTurnEnd(Work work) { turnEnd_ = std::move(work); }

  void control(int operation, int descriptor, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = (std::uint64_t{watched_[static_cast<std::size_t>(descriptor)].generation} << 32) |
                     static_cast<std::uint32_t>(descriptor);
    if (::epoll_ctl(descriptors_.native_handle(), operation, descriptor, &event) != 0) {
      throw std::runtime_error("cannot watch a descriptor");
    }
  }

  void watch(int descriptor, Watcher& watcher, Interest interest) {
    const auto index = static_cast<std::size_t>(descriptor);
    if (watched_.size() <= index) watched_.resize(index + 1);
    watched_[index].watcher = &watcher;
    ++watched_[index].generation;
    control(EPOLL_CTL_ADD, descriptor, eventsOf(interest));
  }

  void change(int descriptor, Interest interest) { control(EPOLL_CTL_MOD, descriptor, eventsOf(interest)); }

  void forget(int descriptor) {
    watched_[static_cast<std::size_t>(descriptor)].watcher = nullptr;
    ::epoll_ctl(descriptors_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  }

  Timer at(SteadyTime due, Work work) {
    const Timer timer = ++lastTimer_;
    const auto place = timers_.emplace(std::pair(due, timer), std::move(work)).first;
    dueOf_.emplace(timer, due);
    if (place == timers_.begin()) awaitTimers();
    return timer;
  }

  void cancel(Timer timer) {
    const auto found = dueOf_.find(timer);
    if (found == dueOf_.end()) return;
    timers_.erase({found->second, timer});
    dueOf_.erase(found);
  }

 private:
  struct Watched {
    Watcher* watcher = nullptr;
    std::uint32_t generation = 0;
  };

  void endTurn() {
    if (turnEnd_) turnEnd_();
  }

  void doPosted() {
    std::vector<Work> batch;
    {
      const std::lock_guard lock(mutex_);
      batch.swap(posted_);
    }
    for (Work& work : batch) work();
    endTurn();
  }

  void awaitDescriptors() {
    descriptors_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
      if (error) return;
      serveDescriptors();
      awaitDescriptors();
    });
  }

  void serveDescriptors() {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(descriptors_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const Watched watched = watched_[event.data.u64 & 0xffff'ffffu];
      // Forgotten, or the number of another by now, since the kernel filled this batch.
      if (watched.watcher == nullptr || watched.generation != event.data.u64 >> 32) continue;
      watched.watcher->ready(readinessOf(event.events));
    }
    endTurn();
  }

  void awaitTimers() {
    if (timers_.empty()) return;
    timer_.expires_at(timers_.begin()->first.first);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) serveTimers();
    });
  }

  void serveTimers() {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      auto node = timers_.extract(timers_.begin());
      dueOf_.erase(node.key().second);
      node.mapped()();
    }
    endTurn();
    awaitTimers();
  }

  asio::io_context context_{1};
  asio::steady_timer timer_;
  asio::posix::stream_descriptor descriptors_;
  std::vector<Watched> watched_;  // by descriptor
  std::map<std::pair<SteadyTime, Timer>, Work> timers_;
  std::map<Timer, SteadyTime> dueOf_;
  Timer lastTimer_ = 0;
  Work turnEnd_;
  std::mutex mutex_;
  std::vector<Work> posted_;
};

Loop::Loop() : machinery_(std::make_unique<Machinery>()) {}
Loop::~Loop() = default;
void Loop::run() { machinery_->run(); }
void Loop::stop() { machinery_->stop(); }
void Loop::post(Work work) { machinery_->post(std::move(work)); }
void Loop::setTurnEnd(Work work) { machinery_->setTurnEnd(std::move(work)); }
void Loop::watch(int descriptor, Watcher& watcher, Interest interest) {
  machinery_->watch(descriptor, watcher, interest);
}
void Loop::change(int descriptor, Interest interest) { machinery_->change(descriptor, interest); }
void Loop::forget(int descriptor) { machinery_->forget(descriptor); }
Loop::Timer Loop::at(SteadyTime due, Work work) { return machinery_->at(due, std::move(work)); }
void Loop::cancel(Timer timer) { machinery_->cancel(timer); }

}  // namespace Party::Serve
