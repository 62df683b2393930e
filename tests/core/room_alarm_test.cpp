#include <gmock/gmock.h>

#include <stdexcept>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// onMessage does `steps` with the room; onAlarm is the test's own.
Script alarmScript(std::function<Task<>(Room&)> steps) {
  Script script;
  script.onMessage = [steps = std::move(steps)](Room& room, Message, Connection) -> Task<> { co_await steps(room); };
  return script;
}

Task<std::string> errorOf(Pending<void> pending) {
  try {
    co_await std::move(pending);
  } catch (const Error& error) {
    co_return error.message();
  }
  co_return "no error";
}

Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }
constexpr std::int64_t start = 1'700'000'000;

// ALARM-001, ALARM-002, ALARM-003, ALARM-005
TEST(RoomAlarm, IsOneInWholeMillisecondsReplacedByTheNextAndThePastMeansNow) {
  RoomDriver room(alarmScript([](Room& within) -> Task<> {
    EXPECT_EQ(co_await within.storage().getAlarm(), std::nullopt);
    co_await within.storage().setAlarm(at(start + 10) + 700us);
    EXPECT_EQ(co_await within.storage().getAlarm(), at(start + 10));
    co_await within.storage().setAlarm(at(start + 20));
    EXPECT_EQ(co_await within.storage().getAlarm(), at(start + 20));
    co_await within.storage().setAlarm(at(5));
    EXPECT_EQ(co_await within.storage().getAlarm(), within.now());
    co_await within.storage().deleteAlarm();
    EXPECT_EQ(co_await within.storage().getAlarm(), std::nullopt);
    co_await within.storage().deleteAlarm();
    co_await within.storage().setAlarm(at(start + 30));
  }));
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(room.failures, IsEmpty());
  EXPECT_EQ(room.durableAlarm, at(start + 30));
  EXPECT_EQ(room.status().alarm, at(start + 30));
}

// ALARM-004
TEST(RoomAlarm, ATimeOutOfRangeIsRefusedAndTheOldAlarmStays) {
  RoomDriver room(alarmScript([](Room& within) -> Task<> {
    co_await within.storage().setAlarm(at(start + 10));
    const std::string notPositive = "setAlarm() cannot be called with an alarm time <= 0";
    EXPECT_EQ(co_await errorOf(within.storage().setAlarm(at(0))), notPositive);
    EXPECT_EQ(co_await errorOf(within.storage().setAlarm(at(-1))), notPositive);
    EXPECT_EQ(co_await errorOf(within.storage().setAlarm(Time(999us))), notPositive);
    constexpr Time last = std::chrono::sys_days(std::chrono::year(2189) / 12 / 31) + 24h - 1ms;
    EXPECT_EQ(co_await errorOf(within.storage().setAlarm(last + 1ms)), "This API doesn't support dates after 2189.");
    EXPECT_EQ(co_await errorOf(within.storage().setAlarm(Time::max())), "This API doesn't support dates after 2189.");
    EXPECT_EQ(co_await within.storage().getAlarm(), at(start + 10));
    EXPECT_EQ(co_await errorOf(within.storage().setAlarm(last)), "no error");
  }));
  room.message(room.connect("ann"), "go");
  EXPECT_THAT(room.failures, IsEmpty());
}

// ALARM-006, ALARM-007
TEST(RoomAlarm, IsNoKeyAndSettingTheSameTimeAgainWritesNothing) {
  RoomDriver room(alarmScript([](Room& within) -> Task<> {
    co_await within.storage().setAlarm(at(start + 10));
    EXPECT_TRUE((co_await within.storage().list<int>()).empty());
  }));
  const Client ann = room.connect("ann");
  room.message(ann, "go");
  room.message(ann, "go");
  EXPECT_THAT(room.trace, ElementsAre("started 1", "open ann", "unit 1: alarm"));
}

// ALARM-009
TEST(RoomAlarm, WithoutOnAlarmAFiringSucceedsAndTheAlarmIsRemoved) {
  RoomDriver room(Script(), {.alarm = at(start)});
  room.alarmDue();
  EXPECT_THAT(room.alarmRuns, ElementsAre("done"));
  EXPECT_EQ(room.durableAlarm, std::nullopt);
}

// ALARM-022, ALARM-026, ALARM-027, LIFE-13, LIFE-14
TEST(RoomAlarm, WakesTheRoomShowsNoAlarmInsideAndIsDeletedAfterSuccessByAConfirmedWrite) {
  Lines log;
  Script script;
  script.onStart = [&](Room& room) -> Task<> {
    log.push_back("start of " + room.id());
    co_return;
  };
  script.onAlarm = [&](Room& room) -> Task<> {
    EXPECT_EQ(co_await room.storage().getAlarm(), std::nullopt);
    co_await room.sleep(1s);
    log.push_back("alarm");
  };
  RoomDriver room(script, {.commits = Commits::held, .alarm = at(start + 5)});
  room.alarmDue();
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("start of r", "alarm"));
  EXPECT_THAT(room.trace, ElementsAre("started 1", "unit 1: no alarm"));
  EXPECT_THAT(room.alarmRuns, IsEmpty()) << "not before the removal is durable";
  EXPECT_EQ(room.durableAlarm, at(start + 5)) << "a crash now would run it again";
  room.commit();
  EXPECT_THAT(room.alarmRuns, ElementsAre("done"));
  EXPECT_EQ(room.durableAlarm, std::nullopt);
}

// ALARM-024, GATE-014
TEST(RoomAlarm, RunsDoNotOverlapAndOtherEventsRunWhileItSleeps) {
  Lines log;
  Script script;
  script.onAlarm = [&](Room& room) -> Task<> {
    log.push_back("alarm{");
    co_await room.sleep(1s);
    log.push_back("alarm}");
  };
  script.onMessage = [&](Room&, Message, Connection) -> Task<> {
    log.push_back("message");
    co_return;
  };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  room.alarmDue();  // a duplicate joins the run
  room.message(room.connect("ann"), "hi");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("alarm{", "message", "alarm}"));
  EXPECT_THAT(room.alarmRuns, ElementsAre("done"));
}

// ALARM-052: a firing for a time that is no longer set runs nothing and wakes nobody.
TEST(RoomAlarm, AStaleFiringRunsNothing) {
  Lines log;
  Script script;
  script.onAlarm = [&](Room&) -> Task<> {
    log.push_back("alarm");
    co_return;
  };
  RoomDriver room(script, {.alarm = at(start + 100)});
  room.give(Host::AlarmDue{at(start)});
  EXPECT_THAT(log, IsEmpty());
  EXPECT_THAT(room.life, IsEmpty());
  EXPECT_EQ(room.durableAlarm, at(start + 100));
}

struct Outcome {
  const char* name;
  bool set, remove, raise;
  std::optional<std::int64_t> alarm;  // seconds after the start
  const char* run;
};
void PrintTo(const Outcome& tested, std::ostream* out) { *out << tested.name; }

class AlarmOutcome : public testing::TestWithParam<Outcome> {};

// ALARM-027, ALARM-028, ALARM-030, ALARM-040, ALARM-046, ALARM-047, ALARM-050, LIFE-20
TEST_P(AlarmOutcome, LeavesTheAlarmAsTheRunAndItsEndSay) {
  Script script;
  script.onAlarm = [](Room& room) -> Task<> {
    room.storage().put("ran", true);
    if (GetParam().set) room.storage().setAlarm(at(start + 60));
    if (GetParam().remove) room.storage().deleteAlarm();
    co_await room.sleep(1s);
    if (GetParam().raise) throw std::runtime_error("no");
  };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  room.advance(1s);
  const auto expected = GetParam().alarm ? std::optional(at(start + *GetParam().alarm)) : std::nullopt;
  EXPECT_EQ(room.durableAlarm, expected);
  EXPECT_EQ(room.status().alarm, expected);
  EXPECT_THAT(room.alarmRuns, ElementsAre(GetParam().run));
  EXPECT_EQ(room.stored<bool>("ran"), true);
  EXPECT_THAT(room.life, ElementsAre("started 1")) << "ALARM-045: a throw does not reset";
}

INSTANTIATE_TEST_SUITE_P(RoomAlarm, AlarmOutcome,
                         testing::Values(Outcome{"Success", false, false, false, std::nullopt, "done"},
                                         Outcome{"SetThenSuccess", true, false, false, 60, "done"},
                                         Outcome{"DeletedThenSuccess", false, true, false, std::nullopt, "done"},
                                         Outcome{"Throw", false, false, true, 0, "failed"},
                                         Outcome{"SetThenThrow", true, false, true, 60, "failed"},
                                         Outcome{"DeletedThenThrow", false, true, true, std::nullopt, "failed"}),
                         [](const auto& tested) { return tested.param.name; });

// ALARM-029
TEST(RoomAlarm, SetToItsOwnTimeInsideTheHandlerIsANewAlarm) {
  Script script;
  script.onAlarm = [](Room& room) -> Task<> {
    co_await room.storage().setAlarm(at(start));
    EXPECT_EQ(co_await room.storage().getAlarm(), at(start));
  };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  EXPECT_EQ(room.durableAlarm, at(start));
  room.alarmDue();
  EXPECT_THAT(room.alarmRuns, ElementsAre("done", "done"));
}

// ALARM-040, ALARM-042
TEST(RoomAlarm, BetweenAttemptsItShowsItsOriginalTimeAndWhenGivenUpItIsRemoved) {
  Lines log;
  Script script = alarmScript([&](Room& within) -> Task<> {
    const auto alarm = co_await within.storage().getAlarm();
    log.push_back(alarm ? std::to_string(millisecondsOf(*alarm) / 1000 - start) : "none");
  });
  script.onAlarm = [](Room&) -> Task<> { throw std::runtime_error("no"); };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  const Client ann = room.connect("ann");
  room.message(ann, "look");
  room.give(Host::AlarmAbandoned{at(start + 1)});
  room.message(ann, "look");
  room.give(Host::AlarmAbandoned{at(start)});
  room.message(ann, "look");
  EXPECT_THAT(log, ElementsAre("0", "0", "none"));
  EXPECT_EQ(room.durableAlarm, std::nullopt);
}

// LIFE-15, D-22
TEST(RoomAlarm, TheRoomsIdThrowsInsideOnAlarmAndNowhereElse) {
  Lines log;
  Script script;
  const auto note = [&](const char* where, Room& room) {
    try {
      log.push_back(std::string(where) + " " + room.id());
    } catch (const Error& error) {
      log.push_back(std::string(where) + " " + error.message());
    }
  };
  script.onStart = [&](Room& room) -> Task<> {
    note("start", room);
    co_return;
  };
  script.onAlarm = [&](Room& room) -> Task<> {
    room.setTimeout(500ms, [&] { note("timer", room); });
    co_await room.sleep(1s);
    note("alarm", room);
    log.push_back(room.name());
  };
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    note("message", room);
    co_return;
  };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  const Client ann = room.connect("ann");
  room.message(ann, "during");
  room.advance(1s);
  room.message(ann, "after");
  EXPECT_THAT(log, ElementsAre("start r", "message r", "timer r",
                               "alarm You can not access `Party.id` in the `onAlarm` handler.\nThis is a known "
                               "limitation, and may be fixed in a future version of PartyKit.\nIf you access to the "
                               "id, you can save it into the Room storage when setting the alarm.\n",
                               "main", "message r"));
}

// LIFE-21, ALARM-023
TEST(RoomAlarm, APendingAlarmDoesNotKeepTheRoomAwakeAndReachesHibernatedSockets) {
  Script script;
  script.options = {.hibernate = true};
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    co_await room.storage().setAlarm(room.now() + 1h);
  };
  script.onAlarm = [](Room& room) -> Task<> {
    room.broadcast("ring");
    co_return;
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "set");
  EXPECT_EQ(room.blocker(), "");
  room.hibernate();
  room.alarmDue();
  EXPECT_THAT(room.seen(ann), ElementsAre("open", "ring"));
}

// ALARM-040, ALARM-024: a run's end is always told, or the scheduler would wait for it for ever.
TEST(RoomAlarm, ARunWhoseEndWaitsForTheDiskWhenTheRoomIsResetIsToldAsLost) {
  Script script;
  script.onAlarm = [](Room&) -> Task<> { co_return; };
  RoomDriver room(script, {.commits = Commits::held, .alarm = at(start)});
  room.alarmDue();
  EXPECT_THAT(room.alarmRuns, IsEmpty());
  room.reset("new code");
  EXPECT_THAT(room.alarmRuns, ElementsAre("lost"));
  room.commit();
  EXPECT_EQ(room.durableAlarm, std::nullopt) << "the removal was in flight and may still become durable";
  EXPECT_THAT(room.alarmRuns, ElementsAre("lost"));
}

// ALARM-043, EVICT-016
TEST(RoomAlarm, AResetDuringARunEndsItAndKeepsTheAlarm) {
  Script script;
  script.onAlarm = [](Room& room) -> Task<> { co_await room.sleep(1h); };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  room.reset("too slow");
  EXPECT_THAT(room.alarmRuns, ElementsAre("lost"));
  EXPECT_EQ(room.durableAlarm, at(start));
  EXPECT_EQ(room.status().alarm, at(start));
  room.alarmDue();
  EXPECT_EQ(room.status().instances, 2u);
}

// ALARM-025, ALARM-044, CP-51
TEST(RoomAlarm, ARunOfFifteenMinutesResetsTheRoomAndCountsAsFailed) {
  Lines log;
  Script script;
  script.onAlarm = [&](Room& room) -> Task<> {
    try {
      co_await room.sleep(1h);
      log.push_back("slept");
    } catch (...) {
      log.push_back("caught");
    }
  };
  script.onRequest = [](Room& room, Request) -> Task<Response> {
    co_await room.sleep(1h);
    co_return Response();
  };
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  const Ask ask = room.request();
  room.advance(15min - 1ms);
  EXPECT_THAT(room.alarmRuns, IsEmpty());
  room.advance(1ms);
  EXPECT_THAT(room.alarmRuns, ElementsAre("failed"));
  EXPECT_EQ(room.response(ask), "500 Alarm exceeded its allowed execution time");
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(room.durableAlarm, at(start)) << "ALARM-040: it stays set";
  EXPECT_THAT(room.timersSet(), IsEmpty());
}

// ALARM-025: the limit is that of one run
TEST(RoomAlarm, ARunThatEndsInTimeLeavesNoLimitBehind) {
  Profile profile;
  profile.alarmLimit = 10s;
  for (const Duration length : {Duration(0s), Duration(9s)}) {
    Script script;
    script.onAlarm = [length](Room& room) -> Task<> {
      if (length > 0s) co_await room.sleep(length);
    };
    RoomDriver room(script, {.profile = profile, .alarm = at(start)});
    room.alarmDue();
    room.advance(9s);
    EXPECT_THAT(room.alarmRuns, ElementsAre("done"));
    EXPECT_THAT(room.timersSet(), IsEmpty());
    room.advance(1h);
    EXPECT_THAT(room.life, ElementsAre("started 1"));
  }
}

// ALARM-043, ALARM-044: what befell a run does not count, what the party did does
TEST(RoomAlarm, ARunLostToTheDiskOrTheHostDoesNotCountOneEndedByASectionDoes) {
  Script script;
  script.onAlarm = [](Room& room) -> Task<> {
    room.storage().put("k", 1);
    co_await room.sleep(1h);
  };
  script.onMessage = [](Room& room, Message, Connection) -> Task<> {
    co_await room.blockConcurrencyWhile([] { throw std::runtime_error("broken"); });
  };
  for (const char* how : {"disk", "host", "owner", "section"}) {
    RoomDriver room(script, {.commits = Commits::held, .alarm = at(start)});
    const Client ann = room.connect("ann");
    room.alarmDue();
    if (how == std::string("disk")) room.failUnit();
    if (how == std::string("host")) room.reset("new code");
    if (how == std::string("owner")) room.give(Host::NoLongerOwner());
    if (how == std::string("section")) room.message(ann, "go");
    EXPECT_THAT(room.alarmRuns, ElementsAre(how == std::string("section") ? "failed" : "lost")) << how;
    EXPECT_EQ(room.durableAlarm, at(start));
  }
}

// ALARM-040, ALARM-043, ALARM-044: a run has ended, and only then is its end lost
TEST(RoomAlarm, ARunThatHadEndedCountsAsItEndedWhenItsUnitIsLost) {
  for (const bool raise : {false, true}) {
    Script script;
    script.onAlarm = [raise](Room& room) -> Task<> {
      room.storage().put("k", 1);
      if (raise) throw std::runtime_error("no");
      co_return;
    };
    RoomDriver room(script, {.commits = Commits::held, .alarm = at(start)});
    room.alarmDue();
    EXPECT_THAT(room.alarmRuns, IsEmpty());
    room.failUnit();
    EXPECT_THAT(room.alarmRuns, ElementsAre(raise ? "failed" : "lost"));
    EXPECT_EQ(room.durableAlarm, at(start));
  }
}

/// onAlarm counts; onMessage sets an alarm.
struct Repeats : testing::Test {
  int runs = 0;
  bool raise = false;
  Script script = alarmScript([](Room& within) -> Task<> { co_await within.storage().setAlarm(at(start + 60)); });
  Repeats() {
    script.onAlarm = [this](Room&) -> Task<> {
      ++runs;
      if (raise) throw std::runtime_error("no");
      co_return;
    };
  }
};

// CP-42, ALARM-027: at least once
TEST_F(Repeats, ARunMadeAgainIsAcceptedWhenTheHostSaysSoAndOtherwiseNot) {
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  room.give(Host::AlarmDue{at(start)});
  EXPECT_EQ(runs, 1);
  room.give(Host::AlarmDue{at(start), true});
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(room.trace, ElementsAre("started 1", "unit 1: no alarm")) << "there was nothing left to remove";
  EXPECT_EQ(room.alarmRuns.back(), "done");
}

// CP-42, CP-47, INV-09: it must not erase a newer alarm, nor bring back an old one
TEST_F(Repeats, ARunMadeAgainLeavesANewerAlarmAloneHoweverItEnds) {
  for (const bool fails : {false, true}) {
    runs = 0;
    raise = false;
    RoomDriver room(script, {.alarm = at(start)});
    room.alarmDue();
    room.message(room.connect("ann"), "set");
    raise = fails;
    room.give(Host::AlarmDue{at(start), true});
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(room.durableAlarm, at(start + 60));
    EXPECT_EQ(room.status().alarm, at(start + 60));
    raise = false;
    room.alarmDue();
    EXPECT_EQ(runs, 3);
    EXPECT_EQ(room.durableAlarm, std::nullopt);
  }
}

// CP-42, ALARM-022: it wakes the room like any; INV-09: it does not overlap a run under way
TEST_F(Repeats, ARunMadeAgainWakesTheRoomAndJoinsARunUnderWay) {
  script.options = {.hibernate = true};
  RoomDriver room(script, {.alarm = at(start)});
  room.alarmDue();
  room.hibernate();
  room.give(Host::AlarmDue{at(start), true});
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(room.status().instances, 2u);

  script.onAlarm = [this](Room& within) -> Task<> {
    ++runs;
    co_await within.sleep(1s);
  };
  RoomDriver busy(script, {.alarm = at(start)});
  busy.alarmDue();
  busy.give(Host::AlarmDue{at(start), true});
  busy.advance(1s);
  EXPECT_EQ(runs, 3);
  EXPECT_THAT(busy.alarmRuns, ElementsAre("done"));
}

}  // namespace
}  // namespace Party::Test
