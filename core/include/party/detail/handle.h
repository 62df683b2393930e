#pragma once

#include <party/detail/reference_count.h>

#include <utility>

namespace Party::Detail {

/// What a block begins with so that handles can count themselves.
struct Counted {
  ReferenceCount references;
};

/// An 8-byte handle to a block that is never changed once a second handle exists.
template <class Block>
class Handle {
 public:
  explicit Handle(Block* block) noexcept : block_(block) {}
  Handle(const Handle& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.add();
  }
  Handle(Handle&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Handle& operator=(const Handle& other) noexcept { return *this = Handle(other); }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Handle() {
    if (block_ != nullptr && block_->references.drop()) delete block_;
  }

  const Block* operator->() const noexcept { return block_; }
  const Block& operator*() const noexcept { return *block_; }

  /// The block for writing: this handle's own, copied first when others look at it too.
  Block& own() {
    if (!block_->references.isOne()) *this = Handle(new Block(*block_));
    return *block_;
  }

 private:
  Block* block_;
};

}  // namespace Party::Detail
