#include <party/task.h>

#include <array>
#include <new>
#include <utility>

// Under AddressSanitizer frames must come from its own allocator, or a frame used after its end would go unseen.
#if defined(__SANITIZE_ADDRESS__)
#define PARTY_PLAIN_FRAMES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define PARTY_PLAIN_FRAMES 1
#endif
#endif

namespace Party::Detail {

#ifdef PARTY_PLAIN_FRAMES

void* allocateFrame(std::size_t size) { return ::operator new(size); }
void freeFrame(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#else

namespace {

constexpr std::size_t classBytes = 64;
constexpr std::size_t classes = 16;  // frames above 1 KiB are rare and go to the heap
constexpr std::size_t keptPerClass = 256;

struct FreeFrame {
  FreeFrame* next;
};

struct FreeFrames {
  std::array<FreeFrame*, classes> first{};
  std::array<std::size_t, classes> count{};

  ~FreeFrames() {
    for (FreeFrame*& list : first) {
      while (list != nullptr) ::operator delete(std::exchange(list, list->next));
    }
  }
};

thread_local FreeFrames freeFrames;

constexpr std::size_t classOf(std::size_t size) { return (size - 1) / classBytes; }

}  // namespace

void* allocateFrame(std::size_t size) {
  const std::size_t index = classOf(size);
  if (index >= classes) return ::operator new(size);
  FreeFrame*& list = freeFrames.first[index];
  if (list == nullptr) return ::operator new((index + 1) * classBytes);
  --freeFrames.count[index];
  return std::exchange(list, list->next);
}

void freeFrame(void* frame, std::size_t size) noexcept {
  const std::size_t index = classOf(size);
  if (index >= classes || freeFrames.count[index] >= keptPerClass) {
    ::operator delete(frame);
    return;
  }
  freeFrames.first[index] = new (frame) FreeFrame{freeFrames.first[index]};
  ++freeFrames.count[index];
}

#endif

}  // namespace Party::Detail
