#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace Party {

/// An immutable run of bytes that many may hold: copying the handle copies nothing.
///
/// One heap block: a header of 16 bytes, optional headroom, the bytes. A stored value is one such block from `put` to
/// the disk, a message one from the handler to every socket. The handle is 8 bytes. The count is atomic, because a
/// message may travel between rooms on different threads.
class SharedBytes {
 public:
  /// Free space in front of a message's bytes: a server's frame header needs at most 10 (RFC 6455, 5.2: unmasked).
  static constexpr std::size_t messageHeadroom = 16;
  /// Sizes are kept in 32 bits; larger requests throw `Party::Error`.
  static constexpr std::size_t maxSize = 0x7fff'ffff;

  SharedBytes() noexcept = default;
  explicit SharedBytes(std::string_view bytes) : SharedBytes(make(bytes, 0, 0)) {}
  explicit SharedBytes(std::span<const std::byte> bytes)
      : SharedBytes(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {}

  SharedBytes(const SharedBytes& other) noexcept : block_(other.block_) { retain(); }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(const SharedBytes& other) noexcept { return *this = SharedBytes(other); }
  SharedBytes& operator=(SharedBytes&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() { release(); }

  /// Allocates a block whose bytes the caller fills before sharing it: `headroom` free bytes, then `size` bytes.
  /// `tag` is one byte of the owner's choice, kept beside the bytes.
  static SharedBytes allocate(std::size_t size, std::size_t headroom, std::uint8_t tag);
  static SharedBytes make(std::string_view bytes, std::size_t headroom, std::uint8_t tag);

  std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
  bool empty() const noexcept { return size() == 0; }
  /// Null for a default-constructed handle.
  const char* data() const noexcept { return block_ == nullptr ? nullptr : bytesOf(block_); }
  std::string_view view() const noexcept { return {data(), size()}; }
  std::span<const std::byte> span() const noexcept { return {reinterpret_cast<const std::byte*>(data()), size()}; }
  std::uint8_t tag() const noexcept { return block_ == nullptr ? std::uint8_t{0} : block_->tag; }
  std::size_t headroom() const noexcept { return block_ == nullptr ? 0 : block_->headroom; }

  /// Writable only between `allocate` and the first copy.
  char* mutableData() noexcept { return block_ == nullptr ? nullptr : bytesOf(block_); }

  /// True when both are the same block, or hold equal bytes.
  friend bool operator==(const SharedBytes& a, const SharedBytes& b) noexcept {
    return a.block_ == b.block_ || a.view() == b.view();
  }

 private:
  struct Block {
    std::atomic<std::uint32_t> references;
    std::uint32_t size;
    std::uint16_t headroom;
    std::uint8_t tag;
  };
  static_assert(sizeof(Block) <= 16);

  explicit SharedBytes(Block* block) noexcept : block_(block) {}
  static char* bytesOf(Block* block) noexcept { return reinterpret_cast<char*>(block) + 16 + block->headroom; }
  void retain() noexcept {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(block_);
  }
  static void destroy(Block* block) noexcept;

  Block* block_ = nullptr;
};

}  // namespace Party
