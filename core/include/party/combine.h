#pragma once

#include <party/pending.h>
#include <party/task.h>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

/// Waiting for several things at once: `all` and `race`, for any mixture of Task and Pending.

namespace Party {
namespace Detail {

template <class Awaited>
struct AwaitedValue;
template <class T>
struct AwaitedValue<Task<T>> {
  using Raw = T;
  using type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
};
template <class T>
struct AwaitedValue<Pending<T>> : AwaitedValue<Task<T>> {};

/// What the members of one `all` or `race` share: it lives in the frame of that call.
struct Group {
  std::size_t running = 0;
  std::size_t first = static_cast<std::size_t>(-1);  // who ended the wait
  std::exception_ptr error;
  std::coroutine_handle<> waiting;
  bool over = false;

  // A race is over with the first that ends; all are over with the last, or the first that throws.
  std::coroutine_handle<> ended(std::size_t index, std::exception_ptr thrown, bool race) noexcept {
    --running;
    if (over || (!race && !thrown && running > 0)) return std::noop_coroutine();
    over = true;
    first = index;
    error = std::move(thrown);
    return waiting ? waiting : std::noop_coroutine();
  }
};

/// Runs one of them. Destroying it cancels a Task and forgets the answer of a Pending.
class GroupMember {
 public:
  struct promise_type : PromiseBase {
    Group* group = nullptr;
    std::size_t index = 0;
    bool race = false;

    struct Ended {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> member) const noexcept {
        auto& promise = member.promise();
        return promise.group->ended(promise.index, std::move(promise.error), promise.race);
      }
      void await_resume() const noexcept {}
    };
    GroupMember get_return_object() noexcept {
      return GroupMember(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    Ended final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
  };

  explicit GroupMember(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  GroupMember(GroupMember&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  GroupMember& operator=(GroupMember&&) = delete;
  ~GroupMember() {
    if (frame_) frame_.destroy();
  }

  void start(Group& group, std::size_t index, bool race) {
    auto& promise = frame_.promise();
    promise.group = &group;
    promise.index = index;
    promise.race = race;
    ++group.running;
    frame_.resume();
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

template <class Awaited>
GroupMember runMember(Awaited awaited, std::optional<typename AwaitedValue<Awaited>::type>& value) {
  if constexpr (std::is_void_v<typename AwaitedValue<Awaited>::Raw>) {
    co_await std::move(awaited);
    value.emplace();
  } else {
    value.emplace(co_await std::move(awaited));
  }
}

/// Starts every member, in order, and waits until the group is over.
class [[nodiscard]] GroupAwaiter {
 public:
  template <std::size_t count>
  GroupAwaiter(Group& group, GroupMember (&members)[count], bool race)
      : group_(&group), members_(members), count_(count), race_(race) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    ++group_->running;  // this call's own share: nobody ends the wait for all while some are still to be started
    for (std::size_t index = 0; index < count_ && !group_->over; ++index) members_[index].start(*group_, index, race_);
    --group_->running;
    if (group_->over || group_->running == 0) return false;
    group_->waiting = waiting;
    return true;
  }
  void await_resume() const {
    if (group_->error) std::rethrow_exception(group_->error);
  }

 private:
  Group* group_;
  GroupMember* members_;
  std::size_t count_;
  bool race_;
};

/// The values, the members that fill them, and what they share; in the frame of one `all` or `race`.
template <class... Awaited>
struct GroupState {
  explicit GroupState(Awaited&... awaited) : GroupState(std::index_sequence_for<Awaited...>(), awaited...) {}
  template <std::size_t... index>
  GroupState(std::index_sequence<index...>, Awaited&... awaited)
      : members{runMember<Awaited>(std::move(awaited), std::get<index>(values))...} {}
  GroupState(const GroupState&) = delete;
  GroupState& operator=(const GroupState&) = delete;

  template <class Winner, std::size_t... index>
  Winner winner(std::index_sequence<index...>) {
    std::optional<Winner> result;
    ((group.first == index ? void(result.emplace(std::in_place_index<index>, *std::move(std::get<index>(values))))
                           : void()),
     ...);
    return *std::move(result);
  }

  std::tuple<std::optional<typename AwaitedValue<Awaited>::type>...> values;
  Group group;
  GroupMember members[sizeof...(Awaited)];
};

}  // namespace Detail

/// Waits for all of them, which run at the same time, and gives their values in order; nothing becomes monostate. The
/// first that throws ends the wait with its exception; tasks among the others are then cancelled.
template <class... Awaited>
  requires(sizeof...(Awaited) > 0)
Task<std::tuple<typename Detail::AwaitedValue<Awaited>::type...>> all(Awaited... awaited) {
  Detail::GroupState<Awaited...> state(awaited...);
  co_await Detail::GroupAwaiter(state.group, state.members, false);
  co_return std::apply([](auto&... value) { return std::tuple(std::move(*value)...); }, state.values);
}

/// Waits for the first of them to end, by value or by exception; `index()` of the result says which it was. Tasks among
/// the others are then cancelled; operations go on and their answers are forgotten.
template <class... Awaited>
  requires(sizeof...(Awaited) > 0)
Task<std::variant<typename Detail::AwaitedValue<Awaited>::type...>> race(Awaited... awaited) {
  using Winner = std::variant<typename Detail::AwaitedValue<Awaited>::type...>;
  Detail::GroupState<Awaited...> state(awaited...);
  co_await Detail::GroupAwaiter(state.group, state.members, true);
  co_return state.template winner<Winner>(std::index_sequence_for<Awaited...>());
}

}  // namespace Party
