#include <party/error.h>

#include <algorithm>
#include <utility>

#include "room_core.h"

namespace Party::Detail {

void RoomCore::deliverRequest(const Host::RequestReceived& received, Host::Cause cause) {
  if (!setup_.party->overrides.onRequest) {
    answer(received.key, Response("Invalid onRequest handler", 500));  // REQUEST-27: past the edge
    return;
  }
  startHandler(HandlerContext(Host::HandlerKind::onRequest, cause, received.key),
               [&](Handler&) { return party_->onRequest(received.request); });
}

void RoomCore::requestEnded(Handler& handler) {
  const Host::RequestKey key = handler.context.request;
  const std::exception_ptr error = errorOf(handler);
  if (!error) {
    auto& task = std::get<Task<Response>>(handler.task);
    if (TaskAccess::hasResult(task)) {
      answer(key, TaskAccess::result(task));
    } else {
      answer(key, Response("Incorrect type for Promise: the Promise did not resolve to 'Response'.", 500));
    }
    return;
  }
  answer(key, errorResponse(error));
}

// REQUEST-12, REQUEST-15
Response RoomCore::errorResponse(const std::exception_ptr& error) const {
  std::string text = textOf(error);
  if (text.empty()) text = "Uncaught exception when making a request";
  const int code = codeOf(error).value_or(500);
  if (profile().anyErrorCodeIsStatus) {
    try {
      return Response(text, code);
    } catch (const Error& unfit) {
      return Response(unfit.message(), 500);
    }
  }
  return Response(text, code >= 400 && code <= 599 ? code : 500);  // D-17
}

void RoomCore::answer(Host::RequestKey key, Response response) {
  if (streamOf(response) != 0) return answerByStream(key, std::move(response));
  output(Host::ResponseHead{key, std::move(response), true});
}

void RoomCore::deliverAlarm(const Host::AlarmDue& due, Host::Cause cause) {
  if (due.early || alarm_.running()) return;  // joins the run under way (ALARM-024)
  if (!alarm_.begin(due.scheduled, due.repeat)) {
    // Superseded. Said once what superseded it is durable, so that nobody asks again before.
    output(Host::AlarmSettled{due.scheduled, true});
    return;
  }
  HandlerContext context(Host::HandlerKind::onAlarm, cause);
  if (!setup_.party->overrides.onAlarm) {
    const RunningHandlers::Entered entered(handlers_, context);
    alarmEnded(true);  // ALARM-009
    return;
  }
  startHandler(context, [this](Handler&) { return party_->onAlarm(); });
  if (alarm_.running()) startTimer(profile().alarmLimit, AlarmLimit());
}

void RoomCore::alarmEnded(bool succeeded) {
  if (const auto limit = timers_.takeAlarmLimit()) emit(Host::TimerCleared{{limit->id}});
  const Time scheduled = *alarm_.running();
  if (!succeeded) {
    alarm_.fail();
  } else if (alarm_.succeed()) {
    removeAlarm();  // ALARM-027
  }
  output(Host::AlarmSettled{scheduled, succeeded});
}

// By the machine itself: no transaction takes it back.
void RoomCore::removeAlarm() {
  openUnit(true).alarm.emplace(std::nullopt);
  alarm_.set(std::nullopt);
}

std::uint64_t RoomCore::startTimer(Duration delay, TimerMeaning what) {
  SectionId section = handlers_.current() == nullptr ? gate_.section() : handlers_.current()->section;
  if (const auto* limit = std::get_if<SectionLimit>(&what)) section = limit->section;
  const Time due = now_ + std::clamp(delay, Duration(0), Time::max() - now_);
  const Timer& timer = timers_.add(section, due, std::move(what));
  emit(Host::TimerSet{{timer.id}, timer.due});
  return timer.id;
}

void RoomCore::clearTimer(std::uint64_t id) {
  const Timer* timer = timers_.find(id);
  if (timer == nullptr || !std::holds_alternative<CallbackTimer>(timer->what)) return;
  timers_.take(id);
  emit(Host::TimerCleared{{id}});
}

void RoomCore::deliverTimer(std::uint64_t id, Host::Cause cause) {
  auto timer = timers_.take(id);
  if (!timer) return;
  if (const auto* sleep = std::get_if<SleepTimer>(&timer->what)) {
    handlers_.settle(sleep->operation, std::monostate());
    return;
  }
  auto& callback = std::get<CallbackTimer>(timer->what);
  const HandlerContext context(Host::HandlerKind::timer, cause, timer->section);
  if (callback.period.count() == 0) {
    startHandler(context, [&](Handler& handler) {
      handler.callback = std::move(callback.callback);
      return (*handler.callback)();
    });
    return;
  }
  // An interval's next turn is set before this one runs, so that its body may clear it.
  const Callback body = callback.callback;
  const Time due = timer->due + callback.period;
  const Timer& next = timers_.restore(std::move(*timer), std::max(due, now_));
  emit(Host::TimerSet{{next.id}, next.due});
  startHandler(context, [&](Handler& handler) {
    handler.callback = body;
    return (*body)();
  });
}

AskedSection RoomCore::askForSection(std::string_view what, Callback body,
                                     std::shared_ptr<TransactionState> transaction) {
  const auto refused = [this](Error error) { return AskedSection{&handlers_, std::make_exception_ptr(error)}; };
  if (!mayAct(what)) return refused(Error("Durable Object storage is no longer accessible."));  // STORE-090
  if (gate_.sectionDepth() >= profile().maxSectionDepth) {                                      // GATE-024
    return refused(Error("blockConcurrencyWhile() calls are nested too deeply.", std::nullopt,
                         "at most " + std::to_string(profile().maxSectionDepth) + " may stand inside each other"));
  }
  const OperationKey settles = handlers_.open(false);
  pendingSections_.push_back({context().section, std::move(body), settles, childCause(), std::move(transaction)});
  return {&handlers_, settles};
}

// Waiting sections come before waiting events (GATE-020); those asked for together run in the order asked (CP-13).
bool RoomCore::startPendingSection() {
  if (gate_.shut() || life_.absent()) return false;
  const auto at = std::ranges::find(pendingSections_, gate_.section(), &PendingSection::parent);
  if (at == pendingSections_.end()) return false;
  PendingSection pending = std::move(*at);
  pendingSections_.erase(at);
  const auto kind = pending.transaction ? Host::HandlerKind::transaction : Host::HandlerKind::section;
  HandlerContext context(kind, pending.cause, gate_.enterSection());
  context.settles = pending.settles;
  if (pending.transaction) beginTransaction(std::move(pending.transaction), context.section);
  turnCause_ = pending.cause;
  startTimer(profile().sectionLimit, SectionLimit{context.section});
  startHandler(context, [&](Handler& handler) {
    handler.callback = std::move(pending.body);
    return (*handler.callback)();
  });
  return true;
}

void RoomCore::sectionEnded(Handler& handler) {
  if (const auto error = errorOf(handler)) {
    askForReset({.reason = textOf(error), .ofParty = true});  // GATE-023: the caller never resumes
    return;
  }
  endSection(handler.context.section);
  handlers_.settle(handler.context.settles, std::monostate());
}

void RoomCore::endSection(SectionId section) {
  if (const auto limit = timers_.takeLimit(section)) emit(Host::TimerCleared{{limit->id}});
  leaveSection();
}

}  // namespace Party::Detail
