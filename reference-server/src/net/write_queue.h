#pragma once

#include "net/descriptor.h"

#include <party/shared_bytes.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace Party::Serve {

/// What a socket could not take yet, in order. Blocks are shared: a broadcast to many slow readers is kept once.
class WriteQueue {
 public:
  enum class Progress { drained, blocked, broken };

  bool empty() const { return blocks_.size() == front_; }
  /// Not yet written.
  std::size_t bytes() const { return bytes_; }

  /// Behind everything queued; the first `skip` bytes were written already.
  void push(SharedBytes block, std::size_t skip = 0);
  Progress flush(Descriptor& descriptor);
  void clear();
  /// All blocks, unwritten; only before the first `flush`.
  std::vector<SharedBytes> take();

 private:
  std::vector<SharedBytes> blocks_;
  std::size_t front_ = 0;   // the first block not yet written
  std::size_t offset_ = 0;  // of its first byte not yet written
  std::size_t bytes_ = 0;
};

}  // namespace Party::Serve
