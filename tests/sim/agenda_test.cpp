#include "agenda.h"

#include <gtest/gtest.h>
#include <party/host/chance.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace {

using namespace Party;
using Sim::Detail::Agenda;
using Sim::Detail::Happening;

Time at(std::int64_t microseconds) { return Time(Duration(microseconds)); }

TEST(Agenda, GivesTheEarliestFirstWhateverTheOrderOfPlanning) {
  Agenda agenda;
  std::vector<std::int64_t> times;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    times.push_back(static_cast<std::int64_t>(Host::below(Host::mix(1, 2, 3, i), 100)));
    agenda.push(at(0), at(times.back()), {.kind = Happening::Kind::upMessage, .value = i});
  }
  std::vector<std::pair<std::int64_t, std::uint64_t>> expected;
  for (std::uint64_t i = 0; i < times.size(); ++i) expected.emplace_back(times[i], i);
  std::ranges::sort(expected);  // equal times keep the order of planning
  for (const auto& [time, value] : expected) {
    ASSERT_EQ(agenda.nextTime(), at(time));
    ASSERT_EQ(agenda.pop().value, value);
  }
  EXPECT_TRUE(agenda.empty());
}

TEST(Agenda, KeepsOrderWhenPlanningAndTakingAlternate) {
  Agenda agenda;
  std::uint64_t planned = 0;
  std::int64_t now = 0;
  std::vector<std::pair<std::int64_t, std::uint64_t>> waiting;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    const bool plan = waiting.empty() || Host::below(Host::mix(9, 9, 9, round), 200) < 101;
    if (plan) {
      // Near and far: up to some rounds of the ring ahead.
      const std::uint64_t range = Host::below(Host::mix(3, 2, 1, round), 4) == 0 ? 40'000 : 100;
      const auto time = now + static_cast<std::int64_t>(Host::below(Host::mix(4, 5, 6, round), range));
      agenda.push(at(now), at(time), {.kind = Happening::Kind::upMessage, .value = planned});
      waiting.emplace_back(time, planned++);
    } else {
      const auto earliest = std::ranges::min_element(waiting);
      ASSERT_EQ(agenda.nextTime(), at(earliest->first));
      ASSERT_EQ(agenda.pop().value, earliest->second);
      now = earliest->first;
      waiting.erase(earliest);
    }
    ASSERT_EQ(agenda.size(), waiting.size());
  }
}

TEST(Agenda, KeepsTheOrderOfPlanningAtOneMomentThatWasFarOffAndHasComeNear) {
  Agenda agenda;
  agenda.push(at(0), at(10'000), {.kind = Happening::Kind::upMessage, .value = 1});
  agenda.push(at(5'000), at(10'000), {.kind = Happening::Kind::upMessage, .value = 2});
  agenda.push(at(5'000), at(9'999), {.kind = Happening::Kind::upMessage, .value = 0});
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(agenda.pop().value, i);
}

TEST(Agenda, FindsTheNextWhereverItStandsOnTheRing) {
  for (std::int64_t from = 0; from < 8192; from += 61) {
    for (std::int64_t ahead : {0, 1, 63, 64, 65, 4095, 4096, 4097, 8190, 8191, 8192, 8193, 100'000}) {
      Agenda agenda;
      agenda.push(at(from), at(from + ahead), {.kind = Happening::Kind::upMessage});
      ASSERT_EQ(agenda.nextTime(), at(from + ahead)) << from << ' ' << ahead;
    }
  }
}

TEST(Agenda, CountsWhatKeepsAWorldBusyAndNotAlarmsTimersOrIdleRooms) {
  Agenda agenda;
  agenda.push(at(0), at(1), {.kind = Happening::Kind::alarmDue});
  agenda.push(at(0), at(2), {.kind = Happening::Kind::timerDue});
  agenda.push(at(0), at(3), {.kind = Happening::Kind::idleCheck});
  EXPECT_EQ(agenda.busy(), 0u);
  agenda.push(at(0), at(0), {.kind = Happening::Kind::flushDone});
  EXPECT_EQ(agenda.busy(), 1u);
  agenda.pop();
  EXPECT_EQ(agenda.busy(), 0u);
  EXPECT_EQ(agenda.size(), 3u);
}

TEST(Agenda, TakesTheEarliestWantedHappeningOutOfTurnAndLeavesTheOthersInOrder) {
  Agenda agenda;
  for (std::uint64_t i = 0; i < 100; ++i) {
    agenda.push(at(0), at(static_cast<std::int64_t>((i * 37) % 100) * 200),
                {.kind = Happening::Kind::upMessage, .target = i % 2 == 0 ? 1u : 2u, .value = (i * 37) % 100});
  }
  const auto taken = agenda.takeFirst(at(0), [](const Happening& happening) { return happening.target == 2; });
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->target, 2u);
  EXPECT_FALSE(agenda.takeFirst(at(0), [](const Happening& happening) { return happening.target == 3; }));
  std::uint64_t last = 0;
  EXPECT_EQ(agenda.size(), 99u);
  while (!agenda.empty()) {
    const Happening next = agenda.pop();
    EXPECT_GE(next.value, last);
    EXPECT_TRUE(next.target != 2 || next.value > taken->value);
    last = next.value;
  }
}

}  // namespace
