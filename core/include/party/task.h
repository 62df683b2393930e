#pragma once

#include <party/error.h>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace Party {

template <class T = void>
class Task;
template <class T>
class Pending;

namespace Detail {

template <class T>
class TaskAwaiter;
template <class T>
class PendingAwaiter;
class GroupAwaiter;
struct TaskAccess;

template <class>
inline constexpr bool alwaysFalse = false;

/// Coroutine frames come from a free list per thread: a handler call costs a pop and a push (toolchain: 2-3 x malloc).
void* allocateFrame(std::size_t size);
void freeFrame(void* frame, std::size_t size) noexcept;

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::exception_ptr error;

  static void* operator new(std::size_t size) { return allocateFrame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { freeFrame(frame, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
      const auto next = finished.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { error = std::current_exception(); }

  template <class T>
  TaskAwaiter<T> await_transform(Task<T>&& task) {
    return TaskAwaiter<T>(std::move(task));
  }
  template <class T>
  PendingAwaiter<T> await_transform(Pending<T>&& pending) {
    return PendingAwaiter<T>(std::move(pending));
  }
  GroupAwaiter&& await_transform(GroupAwaiter&& group) noexcept { return static_cast<GroupAwaiter&&>(group); }
  template <class T>
  void await_transform(Task<T>&) {
    static_assert(alwaysFalse<T>, "a Task is awaited once, so give it away: co_await std::move(task)");
  }
  template <class T>
  void await_transform(Pending<T>&) {
    static_assert(alwaysFalse<T>, "a Pending is awaited once, so give it away: co_await std::move(pending)");
  }
  template <class Other>
  void await_transform(Other&&) {
    static_assert(
        alwaysFalse<Other>,
        "a handler can await a Party::Task or a Party::Pending only: ask the room for what is outside, so that "
        "the simulator can answer");
  }
};

template <class T>
struct Promise final : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U = T>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> final : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
};

}  // namespace Detail

/// What a handler returns: work that begins when it is awaited.
///
/// Lazy: nothing runs before `co_await` (or before the room starts a handler). Move-only, awaited once, destroying it
/// cancels it: its frame goes, destructors run, no line after an await and no catch block does. A default-constructed
/// Task<> is work already done and costs no frame. A Task<T> can be made from a T, which costs no frame either.
/// Only a Task or a Pending may be awaited inside one. Never keep a Task beyond the room it came from.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = Detail::Promise<T>;

  Task() noexcept = default;
  template <class U = T>
    requires(!std::is_same_v<std::remove_cvref_t<U>, Task> && std::is_convertible_v<U &&, T>)
  Task(U&& value) : ready_(std::in_place, std::forward<U>(value)) {}

  Task(Task&& other) noexcept
      : frame_(std::exchange(other.frame_, nullptr)), ready_(std::exchange(other.ready_, std::nullopt)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    std::swap(ready_, other.ready_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

 private:
  friend promise_type;
  friend Detail::TaskAccess;
  using Frame = std::coroutine_handle<promise_type>;
  explicit Task(Frame frame) noexcept : frame_(frame) {}

  Frame frame_;
  std::optional<T> ready_;
};

template <>
class [[nodiscard]] Task<void> {
 public:
  using promise_type = Detail::Promise<void>;

  Task() noexcept = default;
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

 private:
  friend promise_type;
  friend Detail::TaskAccess;
  using Frame = std::coroutine_handle<promise_type>;
  explicit Task(Frame frame) noexcept : frame_(frame) {}

  Frame frame_;
};

namespace Detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

/// How the machines drive a task; not for users.
struct TaskAccess {
  template <class T>
  static bool hasFrame(const Task<T>& task) noexcept {
    return static_cast<bool>(task.frame_);
  }
  template <class T>
  static bool done(const Task<T>& task) noexcept {
    return !task.frame_ || task.frame_.done();
  }
  template <class T>
  static void resume(const Task<T>& task) {
    task.frame_.resume();
  }
  template <class T>
  static void continueWith(const Task<T>& task, std::coroutine_handle<> next) noexcept {
    task.frame_.promise().continuation = next;
  }
  template <class T>
  static std::exception_ptr error(const Task<T>& task) noexcept {
    return task.frame_ ? task.frame_.promise().error : nullptr;
  }
  template <class T>
  static bool hasResult(const Task<T>& task) noexcept {
    return task.frame_ ? task.frame_.promise().value.has_value() : task.ready_.has_value();
  }
  /// The result of a task that is done; rethrows what it ended with.
  template <class T>
  static T result(Task<T>& task) {
    if (auto failure = error(task)) std::rethrow_exception(failure);
    if constexpr (!std::is_void_v<T>) {
      auto& slot = task.frame_ ? task.frame_.promise().value : task.ready_;
      if (!slot) throw Error("an empty Task has no result: return a value or co_return one");
      return *std::move(slot);
    }
  }
};

template <class T>
class [[nodiscard]] TaskAwaiter {
 public:
  explicit TaskAwaiter(Task<T>&& task) noexcept : task_(std::move(task)) {}
  bool await_ready() const noexcept { return !TaskAccess::hasFrame(task_); }
  // The child runs inside its parent's await and only then gets a continuation: a loop over children that never
  // suspend needs no stack, with or without tail calls (g++ makes none at -O0 and under sanitizers).
  bool await_suspend(std::coroutine_handle<> parent) {
    TaskAccess::resume(task_);
    if (TaskAccess::done(task_)) return false;
    TaskAccess::continueWith(task_, parent);
    return true;
  }
  T await_resume() { return TaskAccess::result(task_); }

 private:
  Task<T> task_;
};

}  // namespace Detail
}  // namespace Party
