#include <gtest/gtest.h>

#include <string>

#include "input_gate.h"
#include "output_gate.h"

namespace Party::Detail {
namespace {

Arrival arrival(std::uint64_t cause, SectionId section = 0) {
  return {{cause}, section, Host::Event::Body(Host::HibernateRequested())};
}

std::uint64_t nextOf(InputGate& gate) {
  const auto next = gate.next();
  return next ? next->cause.value : 0;
}

// GATE-002
TEST(InputGate, LetsWaitersThroughOneAtATimeInOrderOfArrival) {
  InputGate gate;
  EXPECT_TRUE(gate.clear());
  for (const std::uint64_t cause : {1u, 2u, 3u}) gate.arrive(arrival(cause));
  gate.putBack(arrival(9));
  EXPECT_FALSE(gate.clear()) << "who comes now has to queue behind them";
  EXPECT_EQ(gate.waiting(), 4u);
  for (const std::uint64_t expected : {9u, 1u, 2u, 3u, 0u}) EXPECT_EQ(nextOf(gate), expected);
  EXPECT_TRUE(gate.clear());
}

// GATE-003, GATE-005
TEST(InputGate, IsShutUntilTheLastHolderLetsGo) {
  InputGate gate;
  gate.arrive(arrival(1));
  gate.hold();
  gate.hold();
  gate.letGo();
  EXPECT_TRUE(gate.shut());
  EXPECT_EQ(nextOf(gate), 0u);
  gate.letGo();
  EXPECT_FALSE(gate.shut());
  EXPECT_EQ(nextOf(gate), 1u);
}

// GATE-020, GATE-026
TEST(InputGate, InASectionOnlyWhatBelongsToItPassesAndItsRestIsAdopted) {
  InputGate gate;
  gate.arrive(arrival(1));
  const SectionId outer = gate.enterSection();
  const SectionId inner = gate.enterSection();
  EXPECT_NE(outer, inner);
  EXPECT_EQ(gate.sectionDepth(), 2u);
  gate.arrive(arrival(2, outer));
  gate.arrive(arrival(3, inner));
  gate.arrive(arrival(4, inner));
  EXPECT_EQ(nextOf(gate), 3u);
  gate.leaveSection();
  gate.adopt(inner, outer);
  EXPECT_EQ(nextOf(gate), 2u);
  EXPECT_EQ(nextOf(gate), 4u);
  EXPECT_EQ(nextOf(gate), 0u);
  gate.leaveSection();
  EXPECT_EQ(nextOf(gate), 1u);
  EXPECT_NE(gate.enterSection(), inner) << "a section's number is never used again";
}

TEST(InputGate, AfterAResetItIsOpenAndEmpty) {
  InputGate gate;
  gate.hold();
  gate.enterSection();
  gate.arrive(arrival(1));
  EXPECT_EQ(gate.takeAll().size(), 1u);
  gate.reset();
  EXPECT_TRUE(gate.clear());
  EXPECT_FALSE(gate.shut());
  EXPECT_EQ(gate.section(), 0u);
}

// The queue under both gates closes the gap that taken items leave, in the middle of use.
TEST(InputGate, KeepsItsOrderThroughThousandsOfArrivalsTakenAndPutBack) {
  InputGate gate;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int round = 0; round < 500; ++round) {
    for (int i = 0; i < 7; ++i) gate.arrive(arrival(++in));
    for (int i = 0; i < 5; ++i) ASSERT_EQ(nextOf(gate), ++out);
    auto next = gate.next();
    ASSERT_TRUE(next);
    gate.putBack(std::move(*next));
  }
  while (out < in) ASSERT_EQ(nextOf(gate), ++out);
  EXPECT_TRUE(gate.clear());
}

HeldOutput output(std::uint32_t ordinal, Host::Unit unit) {
  return {Host::Effect({1}, ordinal, unit, Host::ConnectionReleased{}), std::nullopt, {}};
}

// GATE-030, GATE-033, GATE-034, GATE-035
TEST(OutputGate, ReleasesFromItsFrontWhatIsDurable) {
  OutputGate gate;
  EXPECT_TRUE(gate.open());
  gate.waitFor(1);
  EXPECT_FALSE(gate.open());
  gate.hold(output(0, 1));
  gate.hold(output(1, 1));
  gate.waitFor(2);
  gate.hold(output(2, 2));
  EXPECT_FALSE(gate.release());
  gate.commit(1);
  EXPECT_EQ(gate.release()->effect.ordinal, 0u);
  EXPECT_EQ(gate.release()->effect.ordinal, 1u);
  EXPECT_FALSE(gate.release());
  EXPECT_FALSE(gate.open());
  gate.commit(2);
  gate.commit(1);
  EXPECT_EQ(gate.committed(), 2u) << "what is durable stays so";
  EXPECT_EQ(gate.release()->effect.ordinal, 2u);
  EXPECT_TRUE(gate.open());
}

// GATE-036
TEST(OutputGate, WhatIsDiscardedIsNeverReleased) {
  OutputGate gate;
  gate.waitFor(1);
  gate.hold(output(0, 1));
  EXPECT_EQ(gate.discard().size(), 1u);
  gate.commit(1);
  EXPECT_FALSE(gate.release());
  EXPECT_EQ(gate.held(), 0u);
}

}  // namespace
}  // namespace Party::Detail
