#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace Party::Detail {

/// What a block begins with so that handles can count themselves.
struct Counted {
  Counted() = default;
  Counted(const Counted&) noexcept {}  // a copied block starts with a count of its own
  Counted& operator=(const Counted&) = delete;

  std::atomic<std::uint32_t> references = 1;
};

/// An 8-byte handle to a block that is never changed once a second handle exists. The count is atomic, because values
/// travel between rooms on different threads.
template <class Block>
class Handle {
 public:
  explicit Handle(Block* block) noexcept : block_(block) {}
  Handle(const Handle& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Handle(Handle&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Handle& operator=(const Handle& other) noexcept { return *this = Handle(other); }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Handle() {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete block_;
  }

  const Block* operator->() const noexcept { return block_; }
  const Block& operator*() const noexcept { return *block_; }

  /// The block for writing: this handle's own, copied first when others look at it too.
  Block& own() {
    if (block_->references.load(std::memory_order_acquire) != 1) *this = Handle(new Block(*block_));
    return *block_;
  }

 private:
  Block* block_;
};

}  // namespace Party::Detail
