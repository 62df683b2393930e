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
    agenda.push(at(times.back()), {.kind = Happening::Kind::upMessage, .value = i});
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
  std::vector<std::pair<std::int64_t, std::uint64_t>> waiting;
  for (std::uint64_t round = 0; round < 3000; ++round) {
    const bool plan = waiting.empty() || Host::below(Host::mix(9, 9, 9, round), 3) != 0;
    if (plan) {
      const auto time = static_cast<std::int64_t>(round + Host::below(Host::mix(4, 5, 6, round), 50));
      agenda.push(at(time), {.kind = Happening::Kind::upMessage, .value = planned});
      waiting.emplace_back(time, planned++);
    } else {
      const auto earliest = std::ranges::min_element(waiting);
      ASSERT_EQ(agenda.nextTime(), at(earliest->first));
      ASSERT_EQ(agenda.pop().value, earliest->second);
      waiting.erase(earliest);
    }
    ASSERT_EQ(agenda.size(), waiting.size());
  }
}

TEST(Agenda, CountsWhatKeepsAWorldBusyAndNotAlarmsTimersOrIdleRooms) {
  Agenda agenda;
  agenda.push(at(1), {.kind = Happening::Kind::alarmDue});
  agenda.push(at(2), {.kind = Happening::Kind::timerDue});
  agenda.push(at(3), {.kind = Happening::Kind::idleCheck});
  EXPECT_EQ(agenda.busy(), 0u);
  agenda.push(at(0), {.kind = Happening::Kind::flushDone});
  EXPECT_EQ(agenda.busy(), 1u);
  agenda.pop();
  EXPECT_EQ(agenda.busy(), 0u);
  EXPECT_EQ(agenda.size(), 3u);
}

TEST(Agenda, TakesTheEarliestWantedHappeningOutOfTurnAndLeavesTheOthersInOrder) {
  Agenda agenda;
  for (std::uint64_t i = 0; i < 100; ++i) {
    agenda.push(at(static_cast<std::int64_t>((i * 37) % 100)),
                {.kind = Happening::Kind::upMessage, .target = i % 2 == 0 ? 1u : 2u, .value = (i * 37) % 100});
  }
  const auto taken = agenda.takeFirst([](const Happening& happening) { return happening.target == 2; });
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->target, 2u);
  EXPECT_FALSE(agenda.takeFirst([](const Happening& happening) { return happening.target == 3; }));
  std::uint64_t last = 0;
  EXPECT_EQ(agenda.size(), 99u);
  while (!agenda.empty()) {
    const Happening next = agenda.pop();
    EXPECT_GE(next.value, last);
    if (next.target == 2) EXPECT_GT(next.value, taken->value);
    last = next.value;
  }
}

}  // namespace
