#include <algorithm>
#include <utility>

#include "room_core.h"

/// What follows when a handler ends, and what handlers may ask of the machine itself.

namespace Party::Detail {

void RoomCore::handlerEnded(Handler& handler, std::uint32_t slot) {
  const RunningHandlers::Entered entered(handlers_, handler.context);
  if (setup_.observeHandlers) emit(Host::HandlerEnded{handler.context.kind, slot});
  const std::exception_ptr error = errorOf(handler);
  const Host::HandlerKind kind = handler.context.kind;
  const bool callersToCatch = kind == Host::HandlerKind::onStart || kind == Host::HandlerKind::transaction;
  if (error && !callersToCatch) emit(Host::HandlerFailed{kind, error});
  switch (kind) {
    case Host::HandlerKind::onStart:
      startEnded(error);
      return;
    case Host::HandlerKind::getConnectionTags:
      if (error) {
        refuse(handler.context.connection, error);
      } else {
        auto& task = std::get<Task<std::vector<std::string>>>(handler.task);
        runConnect(handler.context.connection,
                   TaskAccess::hasResult(task) ? TaskAccess::result(task) : std::vector<std::string>());
      }
      return;
    case Host::HandlerKind::onConnect:
      if (error) {
        refuse(handler.context.connection, error);
      } else {
        connected(handler.context.connection);
      }
      return;
    case Host::HandlerKind::onClose:
    case Host::HandlerKind::onError:
      connectionEnded(handler.context.connection);
      return;
    case Host::HandlerKind::onRequest:
      requestEnded(handler);
      return;
    case Host::HandlerKind::onAlarm:
      alarmEnded(!error);
      return;
    case Host::HandlerKind::section:
      sectionEnded(handler);
      return;
    case Host::HandlerKind::transaction:
      transactionEnded(handler);
      return;
    default:
      return;
  }
}

void RoomCore::errorUnawaited(std::exception_ptr error) noexcept {
  if (muted_) return;
  const HandlerContext* running = handlers_.current();
  emit(Host::HandlerFailed{running == nullptr ? Host::HandlerKind::background : running->kind, std::move(error)});
}

void RoomCore::logMuted(std::string_view what) {
  emit(Host::Logged{LogLevel::warning, SharedBytes("a destructor of a discarded instance called " + std::string(what) +
                                                   "; it reached nobody")});
}

bool RoomCore::inConstructor() noexcept {
  const HandlerContext* running = handlers_.current();
  return running != nullptr && running->kind == Host::HandlerKind::constructor;
}

bool RoomCore::inAlarmHandler() noexcept {
  if (profile().alarmHidesIdFromAll && alarm_.running()) return true;
  const HandlerContext* running = handlers_.current();
  return running != nullptr && running->kind == Host::HandlerKind::onAlarm;
}

HandlerContext& RoomCore::context() {
  if (HandlerContext* running = handlers_.current()) return *running;
  if (muted_) return nobody_;  // a destructor that draws must not throw; what it draws reaches nobody
  throw Error("a room can be used only by its own handlers, while they run");
}

std::uint64_t RoomCore::draw(Host::Purpose purpose) {
  HandlerContext& drawing = context();
  const auto number = static_cast<std::uint64_t>(purpose);
  return Host::mix(setup_.seed, number, drawing.cause.value, drawing.draws.at(number)++);
}

Host::Cause RoomCore::childCause() { return causeOfChild(setup_.seed, context()); }

void RoomCore::runInBackground(Task<> work) {
  if (!mayAct("waitUntil")) return;
  const HandlerContext next(Host::HandlerKind::background, childCause(), context().section);
  background_.push_back({next, std::move(work)});
}

void RoomCore::expectWake(std::optional<Time> due, std::string_view what) {
  if (mayAct("expectWakeBy")) expectedWakes_.push_back({SharedBytes(what), due});
}

void RoomCore::log(LogLevel level, std::string_view text) { emit(Host::Logged{level, SharedBytes(text)}); }

}  // namespace Party::Detail
