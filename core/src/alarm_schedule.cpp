#include <party/host/alarm_schedule.h>
#include <party/host/chance.h>

#include <algorithm>
#include <utility>

namespace Party::Host {

void AlarmSchedule::committed(std::optional<Time> alarm) {
  scheduled_ = alarm;
  retryAt_ = std::nullopt;
  attempts_ = 0;
  failures_ = 0;
  losses_ = 0;
  setDuringRun_ = running_;
}

bool AlarmSchedule::settled(const AlarmSettled& run, Time now, std::uint64_t jitterDraw, const Profile& profile) {
  running_ = false;
  // Done, or superseded by another that stands, be it set to the same time (ALARM-029, ALARM-046).
  if (std::exchange(setDuringRun_, false) || run.succeeded || scheduled_ != run.scheduled) return true;
  if (run.counted && failures_ == profile.maxAlarmRetries) return false;
  const std::uint32_t doublings = std::min(run.counted ? failures_ : losses_, 20u);
  const Duration delay = std::min(profile.firstAlarmRetry * (std::int64_t{1} << doublings), profile.maxAlarmRetryDelay);
  ++attempts_;
  if (run.counted) {
    ++failures_;
    losses_ = 0;
  } else {
    ++losses_;
  }
  const auto jitter = below(jitterDraw, static_cast<std::uint64_t>(delay.count() / 4) + 1);
  retryAt_ = now + delay + Duration(static_cast<std::int64_t>(jitter));
  return true;
}

std::optional<Time> AlarmSchedule::nextDue() const {
  if (running_ || !scheduled_) return std::nullopt;
  return retryAt_ ? std::max(*retryAt_, *scheduled_) : scheduled_;
}

}  // namespace Party::Host
