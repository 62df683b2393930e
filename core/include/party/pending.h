#pragma once

#include <party/http.h>
#include <party/shared_bytes.h>
#include <party/task.h>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace Party {

/// Keys and values as the storage keeps them, in the order a listing gives.
using StoredEntries = std::vector<std::pair<std::string, SharedBytes>>;

/// Names one operation under way in a room; the generation tells a slot's tenants apart.
struct OperationKey {
  static constexpr std::uint32_t none = 0xffff'ffff;
  std::uint32_t index = none;
  std::uint32_t generation = 0;
  friend bool operator==(const OperationKey&, const OperationKey&) = default;
};

namespace Detail {

class RunningHandlers;

/// What an operation may end with before it is given its type.
using OperationResult = std::variant<std::monostate, StoredEntries, Response, std::exception_ptr>;

bool isSettled(const RunningHandlers& owner, OperationKey key) noexcept;
void park(RunningHandlers& owner, OperationKey key, std::coroutine_handle<> awaiting);
OperationResult takeResult(RunningHandlers& owner, OperationKey key);
void forget(RunningHandlers& owner, OperationKey key) noexcept;
/// An error that nobody awaited: logged, and an uncaught error to the simulator.
void reportUnawaited(RunningHandlers& owner, std::exception_ptr error) noexcept;

}  // namespace Detail

/// An operation that the room has already begun: storage, a timer, a fetch.
///
/// When the call that gave it returns, the operation has been issued, in call order, its arguments copied. Dropping a
/// Pending forgets the answer, never the operation. It may be awaited once; awaiting one that is ready does not end
/// the turn (STORE-081). An error that nobody awaited is logged.
template <class T>
class Pending {
 public:
  using Convert = std::move_only_function<T(Detail::OperationResult&&)>;
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  static Pending ready(Detail::RunningHandlers& owner, Value value = Value()) {
    Pending result(owner);
    result.outcome_.template emplace<1>(std::move(value));
    return result;
  }
  static Pending failed(Detail::RunningHandlers& owner, std::exception_ptr error) {
    Pending result(owner);
    result.outcome_.template emplace<2>(std::move(error));
    return result;
  }
  static Pending waiting(Detail::RunningHandlers& owner, OperationKey key, Convert convert) {
    Pending result(owner);
    result.key_ = key;
    result.convert_ = std::move(convert);
    return result;
  }

  Pending(Pending&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)),
        key_(std::exchange(other.key_, OperationKey())),
        outcome_(std::move(other.outcome_)),
        convert_(std::move(other.convert_)) {
    other.outcome_.template emplace<0>();
  }
  Pending& operator=(Pending&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(key_, other.key_);
    std::swap(outcome_, other.outcome_);
    std::swap(convert_, other.convert_);
    return *this;
  }
  ~Pending() {
    if (owner_ == nullptr) return;
    if (key_ != OperationKey()) Detail::forget(*owner_, key_);
    if (outcome_.index() == 2) Detail::reportUnawaited(*owner_, std::get<2>(outcome_));
  }

 private:
  friend Detail::PendingAwaiter<T>;
  explicit Pending(Detail::RunningHandlers& owner) noexcept : owner_(&owner) {}

  Detail::RunningHandlers* owner_;
  OperationKey key_;
  std::variant<std::monostate, Value, std::exception_ptr> outcome_;
  Convert convert_;
};

namespace Detail {

template <class T>
class [[nodiscard]] PendingAwaiter {
 public:
  explicit PendingAwaiter(Pending<T>&& pending) noexcept : pending_(std::move(pending)) {}

  bool await_ready() const noexcept {
    return pending_.outcome_.index() != 0 || isSettled(*pending_.owner_, pending_.key_);
  }
  void await_suspend(std::coroutine_handle<> awaiting) { park(*pending_.owner_, pending_.key_, awaiting); }

  T await_resume() {
    if (pending_.outcome_.index() == 2) {
      auto error = std::get<2>(std::exchange(pending_.outcome_, {}));
      std::rethrow_exception(std::move(error));
    }
    if (pending_.outcome_.index() == 1) {
      if constexpr (std::is_void_v<T>) {
        return;
      } else {
        return std::get<1>(std::move(pending_.outcome_));
      }
    }
    OperationResult result = takeResult(*pending_.owner_, std::exchange(pending_.key_, OperationKey()));
    if (auto* error = std::get_if<std::exception_ptr>(&result)) std::rethrow_exception(std::move(*error));
    return pending_.convert_(std::move(result));
  }

 private:
  Pending<T> pending_;
};

}  // namespace Detail
}  // namespace Party
