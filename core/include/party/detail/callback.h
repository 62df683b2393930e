#pragma once

#include <party/pending.h>
#include <party/task.h>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

/// Callables that a room keeps and runs later: timers' callbacks, and the bodies of critical sections, whose value
/// their caller gets.

namespace Party::Detail {

/// A callable the room keeps until the work it returned has ended; it never moves while that work runs.
using Callback = std::shared_ptr<std::move_only_function<Task<>()>>;

/// Accepts a callable that returns nothing or a Task<>.
template <class Function>
Callback makeCallback(Function&& function) {
  using Result = std::invoke_result_t<std::decay_t<Function>&>;
  static_assert(std::is_void_v<Result> || std::is_same_v<Result, Task<>>,
                "a callback of the room returns nothing or a Party::Task<>");
  if constexpr (std::is_void_v<Result>) {
    return std::make_shared<std::move_only_function<Task<>()>>(
        [body = std::forward<Function>(function)]() mutable -> Task<> {
          body();
          return {};
        });
  } else {
    return std::make_shared<std::move_only_function<Task<>()>>(std::forward<Function>(function));
  }
}

/// What a section's body gives in the end: the value it returns, or that of the Task or Pending it returns.
template <class Returned>
struct BodyResult {
  using type = Returned;
  static constexpr bool awaited = false;
};
template <class T>
struct BodyResult<Task<T>> {
  using type = T;
  static constexpr bool awaited = true;
};
template <class T>
struct BodyResult<Pending<T>> : BodyResult<Task<T>> {};

template <class Function>
using BodyResultOf = BodyResult<std::invoke_result_t<std::decay_t<Function>&>>;

/// The body of a critical section, and where its value waits until the caller takes it.
template <class T>
struct SectionBody {
  Callback callback;
  std::shared_ptr<std::optional<T>> value = std::make_shared<std::optional<T>>();
};
template <>
struct SectionBody<void> {
  Callback callback;
};

template <class Function>
auto makeSectionBody(Function&& function) {
  using Result = BodyResultOf<Function>;
  using Value = typename Result::type;
  SectionBody<Value> made;
  if constexpr (std::is_void_v<Value> && !std::is_same_v<Result, BodyResult<Pending<void>>>) {
    made.callback = makeCallback(std::forward<Function>(function));
  } else if constexpr (std::is_void_v<Value>) {
    made.callback = makeCallback([body = std::forward<Function>(function)]() mutable -> Task<> { co_await body(); });
  } else if constexpr (Result::awaited) {
    made.callback = makeCallback([value = made.value, body = std::forward<Function>(function)]() mutable -> Task<> {
      value->emplace(co_await body());
    });
  } else {
    made.callback = makeCallback(
        [value = made.value, body = std::forward<Function>(function)]() mutable { value->emplace(body()); });
  }
  return made;
}

/// A section that was asked for: the operation that ends with it, or why there is none.
struct AskedSection {
  RunningHandlers* owner = nullptr;
  std::variant<OperationKey, std::exception_ptr> outcome;
};

template <class T>
Pending<T> pendingSection(AskedSection asked, const SectionBody<T>& body) {
  if (auto* error = std::get_if<std::exception_ptr>(&asked.outcome)) {
    return Pending<T>::failed(*asked.owner, std::move(*error));
  }
  const auto operation = std::get<OperationKey>(asked.outcome);
  if constexpr (std::is_void_v<T>) {
    return Pending<T>::waiting(*asked.owner, operation, [](OperationResult&&) {});
  } else {
    return Pending<T>::waiting(*asked.owner, operation,
                               [value = body.value](OperationResult&&) { return *std::move(*value); });
  }
}

}  // namespace Party::Detail
