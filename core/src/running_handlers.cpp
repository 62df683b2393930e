#include "running_handlers.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "utf8.h"

namespace Party::Detail {
namespace {

bool isDone(const HandlerTask& task) {
  return std::visit([](const auto& held) { return TaskAccess::done(held); }, task);
}

void resume(const HandlerTask& task) {
  std::visit([](const auto& held) { TaskAccess::resume(held); }, task);
}

}  // namespace

std::uint32_t RunningHandlers::claim(const HandlerContext& context) {
  std::uint32_t slot = 0;
  if (freeHandlers_.empty()) {
    slot = static_cast<std::uint32_t>(handlers_.size());
    handlers_.push_back(nullptr);
  } else {
    slot = freeHandlers_.back();
    freeHandlers_.pop_back();
  }
  handlers_[slot] = spare_ ? std::move(spare_) : std::make_unique<Handler>();
  handlers_[slot]->context = context;
  handlers_[slot]->began = ++began_;
  ++running_;
  return slot;
}

void RunningHandlers::resumeFirst(const Handler& handler) {
  if (!isDone(handler.task)) resume(handler.task);
}

void RunningHandlers::resumeNext() {
  const OperationKey key = ready_.front();
  ready_.pop_front();
  Operation* operation = find(key);
  if (operation == nullptr || !operation->awaiting) return;
  const std::uint32_t slot = operation->handler;
  const auto awaiting = std::exchange(operation->awaiting, nullptr);
  {
    const Entered entered(*this, handlers_[slot]->context);
    const std::uint32_t before = std::exchange(currentSlot_, slot);
    awaiting.resume();
    currentSlot_ = before;
  }
  endIfDone(slot);
}

void RunningHandlers::endIfDone(std::uint32_t slot) {
  if (!handlers_[slot] || !isDone(handlers_[slot]->task)) return;
  std::unique_ptr<Handler> ended = std::move(handlers_[slot]);
  freeHandlers_.push_back(slot);
  --running_;
  owner_.handlerEnded(*ended, slot);
  ended->task.emplace<Task<>>();
  ended->callback = nullptr;
  ended->thrown = nullptr;
  spare_ = std::move(ended);
}

OperationKey RunningHandlers::nextKey() {
  if (freeOperations_.empty()) {
    freeOperations_.push_back(static_cast<std::uint32_t>(operations_.size()));
    operations_.emplace_back();
  }
  return {freeOperations_.back(), nextGeneration_};
}

OperationKey RunningHandlers::open(bool holdsGate) {
  const OperationKey key = nextKey();
  freeOperations_.pop_back();
  ++nextGeneration_;
  Operation& operation = operations_[key.index];
  operation.generation = key.generation;
  operation.state = Operation::State::pending;
  operation.holdsGate = holdsGate;
  operation.forgotten = false;
  ++pendingOperations_;
  return key;
}

void RunningHandlers::settle(OperationKey key, OperationResult result) {
  Operation* operation = find(key);
  if (operation == nullptr || operation->state != Operation::State::pending) return;
  operation->state = Operation::State::settled;
  --pendingOperations_;
  if (operation->holdsGate) owner_.gateHolderGone();
  if (operation->forgotten) {
    if (auto* error = std::get_if<std::exception_ptr>(&result)) owner_.errorUnawaited(*error);
    release(key);
    return;
  }
  operation->result = std::move(result);
  if (operation->awaiting) ready_.push_back(key);
}

bool RunningHandlers::isPending(OperationKey key) const noexcept {
  return key.index < operations_.size() && operations_[key.index].generation == key.generation &&
         operations_[key.index].state == Operation::State::pending;
}

void RunningHandlers::adopt(SectionId from, SectionId to) noexcept {
  for (const auto& handler : handlers_) {
    if (handler && handler->context.section == from) handler->context.section = to;
  }
}

void RunningHandlers::destroyAll() noexcept {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < handlers_.size(); ++slot) {
    if (handlers_[slot]) slots.push_back(slot);
  }
  std::ranges::sort(slots, std::ranges::greater(), [this](std::uint32_t slot) { return handlers_[slot]->began; });
  ready_.clear();
  for (const std::uint32_t slot : slots) {
    handlers_[slot]->task = HandlerTask();  // before the captures its frame may use
    handlers_[slot].reset();
    --running_;
  }
  handlers_.clear();
  handlers_.shrink_to_fit();
  freeHandlers_.clear();
  freeHandlers_.shrink_to_fit();
  spare_.reset();
}

void RunningHandlers::forgetOperations() noexcept {
  // Slots may be given back: generations are never used twice, so a key of an earlier life finds nothing.
  operations_.clear();
  operations_.shrink_to_fit();
  freeOperations_.clear();
  freeOperations_.shrink_to_fit();
  ready_ = {};
  pendingOperations_ = 0;
}

RunningHandlers::Operation* RunningHandlers::find(OperationKey key) noexcept {
  if (key.index >= operations_.size()) return nullptr;
  Operation& operation = operations_[key.index];
  return operation.generation == key.generation && operation.state != Operation::State::free ? &operation : nullptr;
}

void RunningHandlers::release(OperationKey key) noexcept {
  Operation& operation = operations_[key.index];
  operation.state = Operation::State::free;
  operation.awaiting = nullptr;
  operation.result = std::monostate();
  freeOperations_.push_back(key.index);
}

bool isSettled(const RunningHandlers& owner, OperationKey key) noexcept { return !owner.isPending(key); }

void park(RunningHandlers& owner, OperationKey key, std::coroutine_handle<> awaiting) {
  auto* operation = owner.find(key);
  if (operation == nullptr || owner.current_ == nullptr) {
    throw std::logic_error("a Pending can be awaited only by a handler of the room that gave it");
  }
  operation->awaiting = awaiting;
  operation->handler = owner.currentSlot_;
}

OperationResult takeResult(RunningHandlers& owner, OperationKey key) {
  auto* operation = owner.find(key);
  if (operation == nullptr) throw std::logic_error("a Pending was awaited after its room had been reset");
  OperationResult result = std::move(operation->result);
  owner.release(key);
  return result;
}

void forget(RunningHandlers& owner, OperationKey key) noexcept {
  auto* operation = owner.find(key);
  if (operation == nullptr) return;
  if (operation->state == RunningHandlers::Operation::State::settled) {
    if (auto* error = std::get_if<std::exception_ptr>(&operation->result)) owner.owner_.errorUnawaited(*error);
    owner.release(key);
    return;
  }
  operation->forgotten = true;
  operation->awaiting = nullptr;
}

void reportUnawaited(RunningHandlers& owner, std::exception_ptr error) noexcept {
  owner.owner_.errorUnawaited(std::move(error));
}

std::exception_ptr errorOf(const Handler& handler) noexcept {
  if (handler.thrown) return handler.thrown;
  return std::visit([](const auto& held) { return TaskAccess::error(held); }, handler.task);
}

// The text may end as a close reason, which must be UTF-8, whatever an exception of the user's says.
std::string textOf(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return toValidUtf8(known.what());
  } catch (const std::string& text) {
    return toValidUtf8(text);
  } catch (const char* text) {
    return toValidUtf8(text);
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

std::optional<int> codeOf(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.code();
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace Party::Detail
