#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace Party::Serve {

/// What became of an attempt to read or write.
struct Transfer {
  enum class Outcome { done, wouldBlock, ended };
  Outcome outcome = Outcome::done;
  std::size_t bytes = 0;
};

/// A stream socket that never blocks; closed with this object.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool isOpen() const { return number_ >= 0; }
  void close();

  /// `ended`: the peer has sent its last byte, or the connection is broken.
  Transfer read(std::span<char> into);
  /// Fewer bytes than given means that the rest would block.
  Transfer write(std::string_view bytes);
  /// The peer sees the end of what we send; its own bytes can still be read.
  void endOutput();
  /// Bytes that have arrived and were not read.
  std::size_t unread() const;

 private:
  int number_ = -1;
};

/// The limit of open descriptors, raised as far as this process may; each client takes one.
std::size_t raiseDescriptorLimit();

}  // namespace Party::Serve
