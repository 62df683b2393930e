#include <party/error.h>
#include <party/shared_bytes.h>

#include <cstring>
#include <new>
#include <string>

namespace Party {

SharedBytes SharedBytes::allocate(std::size_t size, std::size_t headroom, std::uint8_t tag) {
  if (size > maxSize) {
    throw Error("a buffer of " + std::to_string(size) + " bytes is larger than the limit of " +
                std::to_string(maxSize));
  }
  void* memory = ::operator new(16 + headroom + size);
  auto* block = new (memory) Block{.references = 1,
                                   .size = static_cast<std::uint32_t>(size),
                                   .headroom = static_cast<std::uint16_t>(headroom),
                                   .tag = tag};
  return SharedBytes(block);
}

SharedBytes SharedBytes::make(std::string_view bytes, std::size_t headroom, std::uint8_t tag) {
  SharedBytes result = allocate(bytes.size(), headroom, tag);
  if (!bytes.empty()) std::memcpy(result.mutableData(), bytes.data(), bytes.size());
  return result;
}

void SharedBytes::destroy(Block* block) noexcept {
  block->~Block();
  ::operator delete(block);
}

}  // namespace Party
