#include <gtest/gtest.h>
#include <party/host/alarm_schedule.h>

#include <vector>

#include "alarm.h"

namespace Party::Host {
namespace {

using namespace std::chrono_literals;

constexpr Time start{1'700'000'000s};
constexpr Time later = start + 1h;
const Profile profile = Profile::documented();

/// One run that is due now, fails at once, and leaves its delay.
Duration failAt(AlarmSchedule& schedule, Time now, std::uint64_t draw) {
  schedule.started();
  EXPECT_EQ(schedule.nextDue(), std::nullopt) << "not while it runs";
  EXPECT_TRUE(schedule.settled({*schedule.scheduled(), false}, now, draw, profile));
  return *schedule.nextDue() - now;
}

// ALARM-020, ALARM-022
TEST(AlarmSchedule, IsDueAtItsTimeAndNotWithoutOne) {
  EXPECT_EQ(AlarmSchedule().nextDue(), std::nullopt);
  AlarmSchedule schedule(start);
  EXPECT_EQ(schedule.nextDue(), start);
  schedule.committed(later);
  EXPECT_EQ(schedule.nextDue(), later);
  schedule.committed(std::nullopt);
  EXPECT_EQ(schedule.nextDue(), std::nullopt);
}

// ALARM-041, INV-10: 2, 4, .. 64 s, never earlier, at most a quarter later
TEST(AlarmSchedule, RetriesSixTimesAfterDoublingDelaysWithUpToAQuarterOfJitter) {
  for (const std::uint64_t draw : {std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0} / 2}) {
    AlarmSchedule schedule(start);
    Time now = start;
    for (const auto base : {2s, 4s, 8s, 16s, 32s, 64s}) {
      const Duration delay = failAt(schedule, now, draw);
      EXPECT_GE(delay, base);
      EXPECT_LE(delay, base + base / 4.0);
      if (draw == 0) {
        EXPECT_EQ(delay, base);
      }
      if (draw == ~std::uint64_t{0}) {
        EXPECT_EQ(delay, Duration(base) + Duration(base) / 4);
      }
      now = *schedule.nextDue();
    }
    schedule.started();
    EXPECT_FALSE(schedule.settled({start, false}, now, draw, profile)) << "ALARM-042: the seventh failure is the last";
    schedule.committed(std::nullopt);
    EXPECT_EQ(schedule.nextDue(), std::nullopt);
  }
}

// ALARM-027, ALARM-030
TEST(AlarmSchedule, AfterSuccessItIsDueAgainOnlyIfItWasSetAnew) {
  AlarmSchedule schedule(start);
  schedule.started();
  schedule.committed(std::nullopt);
  EXPECT_TRUE(schedule.settled({start, true}, start, 0, profile));
  EXPECT_EQ(schedule.nextDue(), std::nullopt);

  schedule.committed(start);
  schedule.started();
  schedule.committed(later);  // ALARM-028
  EXPECT_EQ(schedule.nextDue(), std::nullopt);
  EXPECT_TRUE(schedule.settled({start, true}, start, 0, profile));
  EXPECT_EQ(schedule.nextDue(), later);
}

// ALARM-046, ALARM-048: another alarm supersedes the retry and has a budget of its own
TEST(AlarmSchedule, ANewAlarmHasAFreshBudgetAndNoDelay) {
  AlarmSchedule schedule(start);
  Time now = start;
  for (int attempt = 0; attempt < 5; ++attempt) {
    failAt(schedule, now, 0);
    now = *schedule.nextDue();
  }
  schedule.committed(now + 1s);
  EXPECT_EQ(schedule.nextDue(), now + 1s);
  EXPECT_EQ(failAt(schedule, now + 1s, 0), 2s);

  schedule.started();
  schedule.committed(later);
  EXPECT_TRUE(schedule.settled({now + 1s, false}, now, 0, profile));
  EXPECT_EQ(schedule.nextDue(), later);
}

// ALARM-029, ALARM-046
TEST(AlarmSchedule, SetToItsOwnTimeByARunThatThenFailsItIsANewAlarm) {
  AlarmSchedule schedule(start);
  schedule.started();
  schedule.committed(start);
  EXPECT_TRUE(schedule.settled({start, false}, start + 5s, 0, profile));
  EXPECT_EQ(schedule.nextDue(), start) << "due at once, not after a retry's delay";
  EXPECT_EQ(failAt(schedule, start + 5s, 0), 2s) << "and its own failure is its first";
}

// ALARM-049
TEST(AlarmSchedule, DeletingItDuringBackOffCancelsTheRetry) {
  AlarmSchedule schedule(start);
  failAt(schedule, start, 0);
  schedule.committed(std::nullopt);
  EXPECT_EQ(schedule.nextDue(), std::nullopt);
}

// ALARM-026, ALARM-027, ALARM-040, ALARM-046, ALARM-047: the room's own view of a run
TEST(Alarm, ShowsNoneWhileItRunsAndWhatTheRunLeaves) {
  using Detail::Alarm;
  Alarm alarm(start);
  EXPECT_FALSE(alarm.begin(later)) << "another time";
  ASSERT_TRUE(alarm.begin(start));
  EXPECT_FALSE(alarm.begin(start)) << "runs already";
  EXPECT_EQ(alarm.current(), std::nullopt);
  EXPECT_EQ(alarm.running(), start);
  alarm.fail();
  EXPECT_EQ(alarm.current(), start);

  ASSERT_TRUE(alarm.begin(start));
  EXPECT_TRUE(alarm.succeed()) << "its removal is still to be written";
  EXPECT_EQ(alarm.current(), std::nullopt);

  alarm.set(start);
  ASSERT_TRUE(alarm.begin(start));
  alarm.set(later);
  alarm.fail();
  EXPECT_EQ(alarm.current(), later);

  ASSERT_TRUE(alarm.begin(later));
  alarm.set(std::nullopt);
  EXPECT_FALSE(alarm.succeed()) << "the run itself has written it";
  EXPECT_EQ(alarm.running(), std::nullopt);
}

// ALARM-043, CP-45: delays of their own, up to 1,024 s, for ever
TEST(AlarmSchedule, FailuresThatDoNotCountDoubleTheirOwnDelayUpToALimitAndNeverEnd) {
  AlarmSchedule schedule(start);
  Time now = start;
  for (const auto base : {2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 512s, 1024s, 1024s, 1024s}) {
    schedule.started();
    ASSERT_TRUE(schedule.settled({start, false, false}, now, 0, profile));
    EXPECT_EQ(*schedule.nextDue() - now, base);
    now = *schedule.nextDue();
  }
  EXPECT_EQ(schedule.attempts(), 12u);
  EXPECT_EQ(failAt(schedule, now, 0), 2s) << "the first that counts starts again at 2 s";
}

// ALARM-042, ALARM-043, INV-10
TEST(AlarmSchedule, FailuresThatDoNotCountUseUpNoRetryAndShortenNone) {
  AlarmSchedule schedule(start);
  Time now = start;
  for (const auto base : {2s, 4s, 8s, 16s, 32s, 64s}) {
    EXPECT_EQ(failAt(schedule, now, 0), base);
    now = *schedule.nextDue();
    schedule.started();
    ASSERT_TRUE(schedule.settled({start, false, false}, now, 0, profile));
    EXPECT_EQ(*schedule.nextDue() - now, 2s) << "one alone";
    now = *schedule.nextDue();
  }
  schedule.started();
  EXPECT_FALSE(schedule.settled({start, false}, now, 0, profile));
}

}  // namespace
}  // namespace Party::Host
