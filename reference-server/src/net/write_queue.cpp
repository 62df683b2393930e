#include "net/write_queue.h"

#include <utility>

namespace Party::Serve {

void WriteQueue::push(SharedBytes block, std::size_t skip) {
  if (block.size() == skip) return;
  if (empty()) offset_ = skip;
  bytes_ += block.size() - skip;
  if (front_ > 64 && front_ * 2 > blocks_.size()) {  // a reader that is always a little behind
    blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(front_));
    front_ = 0;
  }
  blocks_.push_back(std::move(block));
}

WriteQueue::Progress WriteQueue::flush(Descriptor& descriptor) {
  while (!empty()) {
    const auto rest = blocks_[front_].view().substr(offset_);
    const Transfer written = descriptor.write(rest);
    if (written.outcome == Transfer::Outcome::ended) return Progress::broken;
    bytes_ -= written.bytes;
    offset_ += written.bytes;
    if (written.outcome == Transfer::Outcome::wouldBlock) return Progress::blocked;
    blocks_[front_++] = {};
    offset_ = 0;
  }
  clear();
  return Progress::drained;
}

std::vector<SharedBytes> WriteQueue::take() { return std::exchange(*this, WriteQueue()).blocks_; }

void WriteQueue::clear() { *this = WriteQueue(); }

}  // namespace Party::Serve
