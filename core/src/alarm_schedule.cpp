#include <party/host/alarm_schedule.h>
#include <party/host/chance.h>

#include <algorithm>
#include <utility>

namespace Party::Host {

void AlarmSchedule::committed(std::optional<Time> alarm) {
  scheduled_ = alarm;
  retryAt_ = std::nullopt;
  failures_ = 0;
  setDuringRun_ = running_;
}

bool AlarmSchedule::settled(Time scheduled, bool succeeded, Time now, std::uint64_t jitterDraw,
                            const Profile& profile) {
  running_ = false;
  // Done, or superseded by another that stands, be it set to the same time (ALARM-029, ALARM-046).
  if (std::exchange(setDuringRun_, false) || succeeded || scheduled_ != scheduled) return true;
  if (failures_ == profile.maxAlarmRetries) return false;
  const Duration delay = profile.firstAlarmRetry * (std::int64_t{1} << failures_);
  ++failures_;
  const auto jitter = below(jitterDraw, static_cast<std::uint64_t>(delay.count() / 4) + 1);
  retryAt_ = now + delay + Duration(static_cast<std::int64_t>(jitter));
  return true;
}

std::optional<Time> AlarmSchedule::nextDue() const {
  if (running_ || !scheduled_) return std::nullopt;
  return retryAt_ ? std::max(*retryAt_, *scheduled_) : scheduled_;
}

}  // namespace Party::Host
