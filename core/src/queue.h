#pragma once

#include <cstddef>
#include <utility>
#include <vector>

/// A first-in-first-out queue in one block of memory, with the names of std::deque.
///
/// An empty std::deque takes 576 bytes and two allocations, an empty Queue none: a sleeping room has several. Taken
/// items leave a gap at the front, which is closed when half of the block is gap; so each item moves once at most per
/// doubling.

namespace Party::Detail {

template <class T>
class Queue {
 public:
  using iterator = typename std::vector<T>::iterator;

  Queue() = default;
  Queue(Queue&& other) noexcept : items_(std::move(other.items_)), gap_(std::exchange(other.gap_, 0)) {}
  Queue& operator=(Queue&& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(gap_, other.gap_);
    return *this;
  }

  bool empty() const noexcept { return items_.size() == gap_; }
  std::size_t size() const noexcept { return items_.size() - gap_; }
  iterator begin() noexcept { return items_.begin() + static_cast<std::ptrdiff_t>(gap_); }
  iterator end() noexcept { return items_.end(); }

  T& front() noexcept { return items_[gap_]; }
  void push_back(T item) { items_.push_back(std::move(item)); }
  void push_front(T item) {
    if (gap_ == 0) {
      items_.insert(items_.begin(), std::move(item));
    } else {
      items_[--gap_] = std::move(item);
    }
  }
  template <class... Arguments>
  void emplace_back(Arguments&&... arguments) {
    items_.emplace_back(std::forward<Arguments>(arguments)...);
  }
  /// What the item owned stays until the gap is closed, so move it out first.
  void pop_front() noexcept {
    ++gap_;
    if (empty()) {
      clear();
    } else if (gap_ >= smallestGap && gap_ >= items_.size() / 2) {
      items_.erase(items_.begin(), begin());
      gap_ = 0;
    }
  }
  void erase(iterator at) {
    if (at == begin()) {
      pop_front();
    } else {
      items_.erase(at);
    }
  }
  /// Keeps the memory; assign an empty Queue to give it back.
  void clear() noexcept {
    items_.clear();
    gap_ = 0;
  }

 private:
  static constexpr std::size_t smallestGap = 32;

  std::vector<T> items_;
  std::size_t gap_ = 0;
};

}  // namespace Party::Detail
