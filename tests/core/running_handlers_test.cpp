#include "running_handlers.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "timers.h"

namespace Party::Detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A machine of nothing but handlers, which are told apart by their causes.
class Owner final : public HandlerOwner {
 public:
  void handlerEnded(Handler& handler, std::uint32_t) override {
    log.push_back("ended " + std::to_string(handler.context.cause.value) + (errorOf(handler) ? " with an error" : ""));
  }
  void errorUnawaited(std::exception_ptr) noexcept override { log.push_back("unawaited"); }
  void gateHolderGone() noexcept override { ++letGo; }

  HandlerContext context(std::uint64_t cause) { return {Host::HandlerKind::timer, {cause}}; }
  Pending<void> wait(bool holdsGate = false) {
    keys.push_back(handlers.open(holdsGate));
    return Pending<void>::waiting(handlers, keys.back(), [](OperationResult&&) {});
  }
  void runReady() {
    handlers.runReady([] { return false; });
  }

  std::vector<std::string> log;
  std::vector<OperationKey> keys;
  int letGo = 0;
  RunningHandlers handlers{*this};
};

TEST(RunningHandlers, RunsTheFirstPartAtOnceAndTheRestWhenItsOperationHasEnded) {
  Owner owner;
  const auto body = [&]() -> Task<> {
    owner.log.push_back("first");
    co_await owner.wait();
    owner.log.push_back("second");
  };
  owner.handlers.start(owner.context(1), [&](Handler&) { return body(); });
  EXPECT_THAT(owner.log, ElementsAre("first"));
  EXPECT_EQ(owner.handlers.running(), 1u);
  EXPECT_EQ(owner.handlers.operations(), 1u);
  owner.handlers.settle(owner.keys[0], std::monostate());
  EXPECT_THAT(owner.log, ElementsAre("first")) << "settling makes ready, running is the machine's decision";
  owner.runReady();
  EXPECT_THAT(owner.log, ElementsAre("first", "second", "ended 1"));
  EXPECT_EQ(owner.handlers.running(), 0u);
  EXPECT_EQ(owner.handlers.operations(), 0u);
  EXPECT_EQ(owner.handlers.current(), nullptr);
}

TEST(RunningHandlers, WakesInTheOrderOfSettlingWhateverTheOrderOfBeginning) {
  Owner owner;
  const auto body = [&](std::string name) -> Task<> {
    co_await owner.wait();
    owner.log.push_back(name);
  };
  for (const std::uint64_t cause : {1u, 2u, 3u}) {
    owner.handlers.start(owner.context(cause), [&](Handler&) { return body(std::to_string(cause)); });
  }
  for (const std::size_t which : {2u, 0u, 1u}) owner.handlers.settle(owner.keys[which], std::monostate());
  owner.runReady();
  EXPECT_THAT(owner.log, ElementsAre("3", "ended 3", "1", "ended 1", "2", "ended 2"));
}

TEST(RunningHandlers, AnOperationThatWasSettledOrForgottenOrOfAnEarlierTenantIsIgnored) {
  Owner owner;
  {
    auto dropped = owner.wait(true);
  }
  EXPECT_EQ(owner.handlers.operations(), 1u) << "the operation goes on";
  EXPECT_EQ(owner.letGo, 0);
  owner.handlers.settle(owner.keys[0], std::monostate());
  EXPECT_EQ(owner.letGo, 1) << "what held the gate lets go, though nobody listens";
  auto next = owner.wait(true);
  EXPECT_EQ(owner.keys[1].index, owner.keys[0].index);
  owner.handlers.settle(owner.keys[0], std::monostate());
  EXPECT_TRUE(owner.handlers.isPending(owner.keys[1])) << "a late answer does not reach the next tenant";
  owner.handlers.settle(owner.keys[1], std::monostate());
  owner.handlers.settle(owner.keys[1], std::monostate());
  EXPECT_EQ(owner.letGo, 2);
}

TEST(RunningHandlers, AnErrorOfAForgottenOperationIsReportedOnce) {
  Owner owner;
  const auto error = std::make_exception_ptr(Error("late"));
  {
    auto dropped = owner.wait();
  }
  owner.handlers.settle(owner.keys[0], error);
  EXPECT_THAT(owner.log, ElementsAre("unawaited"));
  {
    auto dropped = owner.wait();
    owner.handlers.settle(owner.keys[1], error);
    EXPECT_EQ(owner.log.size(), 1u);
  }
  EXPECT_THAT(owner.log, ElementsAre("unawaited", "unawaited"));
}

// EVICT-011
TEST(RunningHandlers, DestroysAllYoungestFirstWithoutAWord) {
  Owner owner;
  struct Guard {
    std::vector<std::string>& log;
    std::string name;
    ~Guard() { log.push_back(name); }
  };
  const auto body = [&](std::string name) -> Task<> {
    const Guard guard{owner.log, name};
    co_await owner.wait();
    owner.log.push_back("resumed");
  };
  for (const char* name : {"a", "b", "c"}) {
    owner.handlers.start(owner.context(1), [&](Handler&) { return body(name); });
  }
  owner.handlers.settle(owner.keys[0], std::monostate());
  owner.runReady();
  owner.log.clear();
  owner.handlers.start(owner.context(1), [&](Handler&) { return body("d"); });  // takes the slot of "a"
  owner.handlers.settle(owner.keys[1], std::monostate());
  owner.handlers.destroyAll();
  owner.handlers.forgetOperations();
  owner.runReady();
  EXPECT_THAT(owner.log, ElementsAre("d", "c", "b"));
  EXPECT_EQ(owner.handlers.running(), 0u);
  EXPECT_EQ(owner.handlers.operations(), 0u);
}

// GATE-026
TEST(RunningHandlers, AHandlerOfASectionIsAdoptedWithItsContext) {
  Owner owner;
  SectionId seen = 99;
  const auto body = [&]() -> Task<> {
    co_await owner.wait();
    seen = owner.handlers.current()->section;
  };
  owner.handlers.start(HandlerContext(Host::HandlerKind::timer, {1}, 5), [&](Handler&) { return body(); });
  owner.handlers.adopt(4, 1);
  owner.handlers.adopt(5, 2);
  owner.handlers.settle(owner.keys[0], std::monostate());
  owner.runReady();
  EXPECT_EQ(seen, 2u);
}

TEST(RunningHandlers, SlotsAreUsedAgainAndForetold) {
  Owner owner;
  const auto body = [&]() -> Task<> { co_await owner.wait(); };
  EXPECT_EQ(owner.handlers.nextSlot(), 0u);
  owner.handlers.start(owner.context(1), [&](Handler&) { return body(); });
  EXPECT_EQ(owner.handlers.nextSlot(), 1u);
  owner.handlers.settle(owner.keys[0], std::monostate());
  owner.runReady();
  EXPECT_EQ(owner.handlers.nextSlot(), 0u);
}

TEST(RunningHandlers, TheTextOfAnErrorIsItsOwnAsUtf8) {
  EXPECT_EQ(textOf(std::make_exception_ptr(Error("plain"))), "plain");
  EXPECT_EQ(textOf(std::make_exception_ptr(std::string("string"))), "string");
  EXPECT_EQ(textOf(std::make_exception_ptr(static_cast<const char*>("literal"))), "literal");
  EXPECT_EQ(textOf(std::make_exception_ptr(5)), "an exception that is no std::exception");
  EXPECT_EQ(textOf(std::make_exception_ptr(Error("\xff"))), "\xef\xbf\xbd");
  EXPECT_EQ(codeOf(std::make_exception_ptr(Error("x", 404))), 404);
  EXPECT_EQ(codeOf(std::make_exception_ptr(std::runtime_error("x"))), std::nullopt);
}

// GATE-011
TEST(Timers, GiveOutIdsOnceAndTakeThemBackOnce) {
  Timers timers;
  const auto first = timers.add(0, Time(), CallbackTimer{}).id;
  const auto limit = timers.add(7, Time(), SectionLimit{7}).id;
  EXPECT_NE(first, limit);
  EXPECT_TRUE(timers.take(first));
  EXPECT_FALSE(timers.take(first));
  EXPECT_EQ(timers.find(first), nullptr);
  timers.adopt(7, 3);
  EXPECT_EQ(timers.find(limit)->section, 3u);
  EXPECT_FALSE(timers.takeLimit(3)) << "the limit names its own section, whoever adopted it";
  EXPECT_EQ(timers.takeLimit(7)->id, limit);
  EXPECT_EQ(timers.size(), 0u);
  timers.add(0, Time(), CallbackTimer{});
  EXPECT_EQ(timers.takeAll().size(), 1u);
  EXPECT_GT(timers.add(0, Time(), CallbackTimer{}).id, limit + 1) << "a late TimerDue must find nothing";
}

}  // namespace
}  // namespace Party::Detail
