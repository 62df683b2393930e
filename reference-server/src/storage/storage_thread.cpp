#include "storage/storage_thread.h"

#include <algorithm>
#include <iterator>

namespace Party::Serve {

StorageThread::StorageThread(UnitWriter writer, std::size_t shards, Deliver deliver)
    : writer_(std::move(writer)), shards_(shards), deliver_(std::move(deliver)), thread_([this] { run(); }) {}

StorageThread::~StorageThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StorageThread::submit(std::size_t shard, std::vector<UnitJob> jobs) {
  {
    const std::lock_guard lock(mutex_);
    for (UnitJob& job : jobs) queue_.push_back({shard, std::move(job)});
  }
  wake_.notify_one();
}

void StorageThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), mostUnitsInARound));
    std::vector<Submitted> round(std::move_iterator(queue_.begin()), std::move_iterator(queue_.begin() + count));
    queue_.erase(queue_.begin(), queue_.begin() + count);
    lock.unlock();
    commitRound(std::move(round));
    lock.lock();
  }
}

void StorageThread::commitRound(std::vector<Submitted> round) {
  std::vector<std::size_t> shardOf;
  std::vector<UnitJob> jobs;
  for (Submitted& submitted : round) {
    shardOf.push_back(submitted.shard);
    jobs.push_back(std::move(submitted.job));
  }
  std::vector<UnitOutcome> outcomes = writer_.commit(std::move(jobs));
  std::vector<std::vector<UnitOutcome>> perShard(shards_);
  for (std::size_t i = 0; i < outcomes.size(); ++i) perShard[shardOf[i]].push_back(std::move(outcomes[i]));
  for (std::size_t shard = 0; shard < shards_; ++shard) {
    if (!perShard[shard].empty()) deliver_(shard, std::move(perShard[shard]));
  }
}

}  // namespace Party::Serve
