#pragma once

#include <atomic>
#include <cstdint>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace Party::Detail {

/// How many hold a block: 1 at first. Values travel between rooms on different threads, so the count is atomic; but as
/// with std::shared_ptr, only once the process has a second thread, because a simulation spends a fifth of its time in
/// nothing else.
class ReferenceCount {
 public:
  ReferenceCount() noexcept = default;
  ReferenceCount(const ReferenceCount&) noexcept {}  // a copied block starts with a count of its own
  ReferenceCount& operator=(const ReferenceCount&) = delete;

  void add() noexcept {
    if (singleThreaded()) {
      count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      count_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  /// True when nobody holds the block any more.
  bool drop() noexcept {
    if (!singleThreaded()) return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    const std::uint32_t left = count_.load(std::memory_order_relaxed) - 1;
    count_.store(left, std::memory_order_relaxed);
    return left == 0;
  }
  bool isOne() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

 private:
  static bool singleThreaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
  }

  std::atomic<std::uint32_t> count_ = 1;
};

}  // namespace Party::Detail
