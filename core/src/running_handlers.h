#pragma once

#include <party/host/chance.h>
#include <party/host/effect.h>
#include <party/host/keys.h>
#include <party/http.h>
#include <party/pending.h>
#include <party/room.h>
#include <party/task.h>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "queue.h"

/// The handlers that have begun and not ended, and the operations they began: the part that room and edge share.
///
/// User code runs in two places only: `start`, and `runReady`, which resumes what an operation's end made ready. So
/// the order of user code is a function of events alone.

namespace Party::Detail {

/// Critical sections are numbered; 0 is the room outside of any.
using SectionId = std::uint32_t;

/// What is known about a handler while its code runs; draws and effects are keyed by it.
struct HandlerContext {
  HandlerContext() = default;
  HandlerContext(Host::HandlerKind what, Host::Cause setOff, SectionId within = 0)
      : kind(what), cause(setOff), section(within) {}
  HandlerContext(Host::HandlerKind what, Host::Cause setOff, Host::ConnectionKey whose)
      : kind(what), cause(setOff), connection(whose) {}
  HandlerContext(Host::HandlerKind what, Host::Cause setOff, Host::RequestKey whose)
      : kind(what), cause(setOff), request(whose) {}

  Host::HandlerKind kind = Host::HandlerKind::background;
  Host::Cause cause;
  SectionId section = 0;
  Host::ConnectionKey connection;
  Host::RequestKey request;
  OperationKey settles;                  // a section's: what its caller awaits
  std::uint32_t ordinal = 0;             // effects asked for so far
  std::uint32_t children = 0;            // sections and background work asked for so far
  std::array<std::uint32_t, 4> draws{};  // by purpose
};

/// What sets off work that a handler begins beside itself. It draws and asks as a cause of its own, so that neither
/// repeats its maker's draws nor those of any other event.
inline Host::Cause causeOfChild(std::uint64_t seed, HandlerContext& maker) {
  const auto purpose = static_cast<std::uint64_t>(Host::Purpose::childCause);
  return {Host::mix(seed, purpose, maker.cause.value, maker.children++)};
}

using HandlerTask = std::variant<Task<>, Task<Response>, Task<std::vector<std::string>>, Task<RequestOrResponse>,
                                 Task<std::optional<Response>>>;

struct Handler {
  HandlerContext context;
  HandlerTask task;
  Callback callback;          // a lambda's captures live here while its coroutine runs
  std::exception_ptr thrown;  // by a handler that is no coroutine, or before its first await
  std::uint64_t began = 0;
};

/// The machine that owns the handlers.
class HandlerOwner {
 public:
  /// `handler.task` is done; its slot is free when this returns.
  virtual void handlerEnded(Handler& handler, std::uint32_t slot) = 0;
  virtual void errorUnawaited(std::exception_ptr error) noexcept = 0;
  /// An operation that held the gate has ended.
  virtual void gateHolderGone() noexcept = 0;

 protected:
  ~HandlerOwner() = default;
};

class RunningHandlers {
 public:
  explicit RunningHandlers(HandlerOwner& owner, std::uint32_t nextGeneration = 1)
      : owner_(owner), nextGeneration_(nextGeneration) {}

  /// Calls `make()` for the task and runs its first part, both within `context`. If it ends there, the owner hears of
  /// it before this returns. Never nested.
  template <class Make>
  void start(const HandlerContext& context, Make&& make) {
    const std::uint32_t slot = claim(context);
    Handler& handler = *handlers_[slot];
    {
      const Entered entered(*this, handler.context);
      const std::uint32_t before = std::exchange(currentSlot_, slot);
      try {
        handler.task = make(handler);
        resumeFirst(handler);
      } catch (...) {
        handler.thrown = std::current_exception();
      }
      currentSlot_ = before;
    }
    endIfDone(slot);
  }
  /// Resumes what is ready until nothing is, or `stop` says so. True when anything ran.
  template <class Stop>
  bool runReady(Stop stop) {
    bool ran = false;
    while (!ready_.empty() && !stop()) {
      resumeNext();
      ran = true;
    }
    return ran;
  }

  /// The slot the next `start` takes.
  std::uint32_t nextSlot() const noexcept {
    return freeHandlers_.empty() ? static_cast<std::uint32_t>(handlers_.size()) : freeHandlers_.back();
  }

  /// The handler whose code runs now; null between handlers.
  HandlerContext* current() noexcept { return current_; }
  /// Lends a context to code that is no coroutine: a constructor.
  class Entered {
   public:
    Entered(RunningHandlers& handlers, HandlerContext& context)
        : handlers_(handlers), before_(std::exchange(handlers.current_, &context)) {}
    ~Entered() { handlers_.current_ = before_; }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    RunningHandlers& handlers_;
    HandlerContext* before_;
  };

  OperationKey open(bool holdsGate);
  /// The key that the next `open` will give: a read may turn out to need no operation.
  OperationKey nextKey();
  /// Ends an operation; a key that names none is ignored. Who waits for it runs in the next `runReady`.
  void settle(OperationKey key, OperationResult result);
  bool isPending(OperationKey key) const noexcept;
  /// No operation had this number yet, nor a later one.
  std::uint32_t nextGeneration() const noexcept { return nextGeneration_; }

  std::size_t running() const noexcept { return running_; }
  std::size_t operations() const noexcept { return pendingOperations_; }
  bool hasReady() const noexcept { return !ready_.empty(); }
  /// What began in a section that has ended belongs to its parent (GATE-026).
  void adopt(SectionId from, SectionId to) noexcept;

  /// Ends every handler without a word, youngest first: frames go, destructors run, no line after an await does.
  void destroyAll() noexcept;
  /// After destroyAll, once nobody holds a Pending any more: forgets the operations too.
  void forgetOperations() noexcept;

 private:
  friend bool isSettled(const RunningHandlers&, OperationKey) noexcept;
  friend void park(RunningHandlers&, OperationKey, std::coroutine_handle<>);
  friend OperationResult takeResult(RunningHandlers&, OperationKey);
  friend void forget(RunningHandlers&, OperationKey) noexcept;
  friend void reportUnawaited(RunningHandlers&, std::exception_ptr) noexcept;

  struct Operation {
    std::uint32_t generation = 0;
    enum class State : std::uint8_t { free, pending, settled } state = State::free;
    bool holdsGate = false;
    bool forgotten = false;
    std::uint32_t handler = 0;
    std::coroutine_handle<> awaiting;
    OperationResult result;
  };

  std::uint32_t claim(const HandlerContext& context);
  static void resumeFirst(const Handler& handler);
  Operation* find(OperationKey key) noexcept;
  void release(OperationKey key) noexcept;
  void resumeNext();
  void endIfDone(std::uint32_t slot);

  HandlerOwner& owner_;
  HandlerContext* current_ = nullptr;
  std::uint32_t currentSlot_ = 0;
  std::vector<std::unique_ptr<Handler>> handlers_;  // null: a free slot
  std::unique_ptr<Handler> spare_;                  // the last that ended, for the next that begins
  std::vector<std::uint32_t> freeHandlers_;
  std::vector<Operation> operations_;
  std::vector<std::uint32_t> freeOperations_;
  Queue<OperationKey> ready_;
  std::size_t running_ = 0;
  std::size_t pendingOperations_ = 0;
  std::uint64_t began_ = 0;
  std::uint32_t nextGeneration_;
};

/// What the handler ended with, when it was an exception.
std::exception_ptr errorOf(const Handler& handler) noexcept;

/// An exception that is not `Party::Error` shows its text all the same; a thrown string is its own text.
std::string textOf(const std::exception_ptr& error);
/// The HTTP status an exception asks for, when it may (D-17).
std::optional<int> codeOf(const std::exception_ptr& error);

}  // namespace Party::Detail
