#pragma once

#include "storage/unit_writer.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace Party::Serve {

/// The one thread that writes. While a transaction is on its way to the disk, the units of all shards gather for the
/// next: that is the whole of group commit.
class StorageThread {
 public:
  /// Called on the storage thread with the outcomes of a shard's units, in the order they were submitted.
  using Deliver = std::function<void(std::size_t shard, std::vector<UnitOutcome>)>;

  StorageThread(UnitWriter writer, std::size_t shards, Deliver deliver);
  /// Writes what was submitted, then ends.
  ~StorageThread();

  /// From any thread. The queue has no limit of its own: a shard stops reading from its clients before it grows long.
  void submit(std::size_t shard, std::vector<UnitJob> jobs);

 private:
  /// A round longer than this makes the first unit of it wait for no gain: throughput is flat from some hundreds on.
  static constexpr std::size_t mostUnitsInARound = 4'096;

  struct Submitted {
    std::size_t shard;
    UnitJob job;
  };
  void run();
  void commitRound(std::vector<Submitted> round);

  UnitWriter writer_;
  std::size_t shards_;
  Deliver deliver_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Submitted> queue_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace Party::Serve
