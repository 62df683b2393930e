#include "server.h"

#include "log.h"

#include <party/host/chance.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <utility>

namespace Party::Serve {
namespace {

std::uint64_t drawnSeed() {
  std::random_device device;
  const std::uint64_t high = device();
  return (high << 32) | device();
}

// Which shard's loop this thread runs.
thread_local const Shard* shardOfThisThread = nullptr;

}  // namespace

/// SIGTERM and SIGINT as readiness of a descriptor; no handler ever interrupts a thread.
class Server::Signals final : public Watcher {
 public:
  Signals(Loop& loop, Server& server) : loop_(loop), server_(server) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set, &former_);
    descriptor_ = Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    loop_.watch(descriptor_.number(), *this, {.read = true});
  }
  ~Signals() {
    loop_.forget(descriptor_.number());
    ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
  }
  void ready(Readiness) override {
    signalfd_siginfo information{};
    while (::read(descriptor_.number(), &information, sizeof information) > 0) server_.stop();
  }

 private:
  Loop& loop_;
  Server& server_;
  Descriptor descriptor_;
  sigset_t former_{};
};

Server::Server(const Options& options, const Host::Parties& parties) : data_(options.data) {
  if (!options.files.empty()) files_.emplace(options.files);
  UnitWriter writer(data_.openForWriting(options.durability));
  const auto alarms = writer.alarms();
  const std::uint64_t seed = drawnSeed();
  for (std::size_t index = 0; index < options.shards; ++index) {
    const std::uint64_t shardSeed = Host::mix(seed, 0, index, 0);
    EdgeSetup edge{parties, options.http, options.patience, files_ ? &*files_ : nullptr, shardSeed, index};
    RoomsSetup rooms{parties,
                     options.profile,
                     options.webSocket,
                     Host::scramble(shardSeed),
                     [this, index](std::vector<UnitJob> jobs) { storage_->submit(index, std::move(jobs)); },
                     index,
                     &address_,
                     options.watchRules};
    CommittedStore store(data_.openForReading(), options.cacheBytes / options.shards);
    shards_.push_back(std::make_unique<Shard>(edge, std::move(rooms), std::move(store), *this));
  }
  for (const StoredAlarm& alarm : alarms) shards_[homeOf(alarm.room)]->rooms().knowAlarm(alarm);
  listener_ = std::make_unique<Listener>(loop_, options.host, options.port,
                                         [this](Descriptor client) { adopt(std::move(client)); });
  port_ = listener_->port();
  address_ = (options.host.contains(':') ? "[" + options.host + "]" : options.host) + ":" + std::to_string(port_);
  signals_ = std::make_unique<Signals>(loop_, *this);
  storage_ = std::make_unique<StorageThread>(
      std::move(writer), options.shards, [this](std::size_t shard, std::vector<UnitOutcome> outcomes) {
        shards_[shard]->loop().post([rooms = &shards_[shard]->rooms(), outcomes = std::move(outcomes)]() mutable {
          rooms->settled(std::move(outcomes));
        });
      });
}

Server::~Server() = default;

void Server::run() {
  for (auto& shard : shards_) {
    shard->loop().post([known = shard.get()] { shardOfThisThread = known; });
    shard->start();
  }
  loop_.run();
  for (auto& shard : shards_) shard->join();
  storage_.reset();  // writes what was submitted last
}

void Server::stop() {
  loop_.post([this] {
    if (std::exchange(stopping_, true)) return;
    Log::line(Level::info, "ending: no new clients, finishing what is under way");
    listener_.reset();
    for (auto& shard : shards_) shard->end();
    loop_.stop();
  });
}

void Server::adopt(Descriptor client) {
  const std::size_t index = nextShard_++ % shards_.size();
  shards_[index]->loop().post(
      [edge = &shards_[index]->edge(), client = std::move(client)]() mutable { edge->adopt(std::move(client)); });
}

template <class Work>
void Server::on(std::size_t shard, Work work) {
  if (shardOfThisThread == shards_[shard].get()) {
    work(*shards_[shard]);
  } else {
    post(shard, std::move(work));
  }
}

template <class Work>
void Server::post(std::size_t shard, Work work) {
  shards_[shard]->loop().post([target = shards_[shard].get(), work = std::move(work)]() mutable { work(*target); });
}

void Server::toRoom(RoomRequest request) {
  const std::size_t home = homeOf(request.room);
  on(home, [request = std::move(request)](Shard& shard) mutable { shard.rooms().request(std::move(request)); });
}

void Server::toRoom(RoomUpgrade upgrade) {
  const std::size_t home = homeOf(upgrade.room);
  on(home, [upgrade = std::move(upgrade)](Shard& shard) mutable { shard.rooms().connect(std::move(upgrade)); });
}

void Server::toRoom(RoomAbort abort) {
  const std::size_t home = homeOf(abort.room);
  on(home, [abort = std::move(abort)](Shard& shard) { shard.rooms().aborted(abort); });
}

void Server::toRoom(LinkRequest request) {
  const std::size_t home = homeOf(request.room);
  post(home, [request = std::move(request)](Shard& shard) mutable { shard.rooms().connect(std::move(request)); });
}

void Server::toRoom(LinkUp up) {
  const std::size_t home = homeOf(up.room);
  post(home, [up = std::move(up)](Shard& shard) mutable { shard.rooms().cameUp(std::move(up)); });
}

void Server::toCaller(LinkDown down) {
  const std::size_t home = Serve::shardOf(down.key);
  post(home, [down = std::move(down)](Shard& shard) mutable { shard.rooms().cameDown(std::move(down)); });
}

template <class Answer>
void Server::toClientOf(Answer answer) {
  const std::size_t shard = Serve::shardOf(answer.key);
  if (isFromRoom(answer.key)) {
    on(shard, [answer = std::move(answer)](Shard& target) mutable { target.rooms().called(std::move(answer)); });
  } else {
    on(shard, [answer = std::move(answer)](Shard& target) mutable { target.edge().answer(std::move(answer)); });
  }
}

}  // namespace Party::Serve
