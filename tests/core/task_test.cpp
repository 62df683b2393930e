#include <gmock/gmock.h>
#include <party/task.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "room_driver.h"

namespace Party::Test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Starts a task as a machine does; it must not suspend.
template <class T>
T run(Task<T> task) {
  if (Detail::TaskAccess::hasFrame(task)) Detail::TaskAccess::resume(task);
  EXPECT_TRUE(Detail::TaskAccess::done(task));
  return Detail::TaskAccess::result(task);
}

Task<int> number(int value) { co_return value; }

TEST(Task, IsLazyAndGivesItsValue) {
  bool ran = false;
  const auto body = [&]() -> Task<int> {
    ran = true;
    co_return 5;
  };
  Task<int> task = body();
  EXPECT_FALSE(ran) << "nothing runs before it is awaited";
  EXPECT_EQ(run(std::move(task)), 5);
  EXPECT_TRUE(ran);
}

TEST(Task, AReadyOneNeedsNoFrameAndIsAwaitedLikeAnyOther) {
  const auto body = []() -> Task<std::string> {
    co_await Task<>();
    Task<int> ready = 4;
    const int four = co_await std::move(ready);
    const int five = co_await number(5);
    co_return std::to_string(four + five);
  };
  EXPECT_FALSE(Detail::TaskAccess::hasFrame(Task<int>(4)));
  EXPECT_EQ(run(body()), "9");
}

TEST(Task, MoveOnlyResultsPassThrough) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  const auto body = [&]() -> Task<int> {
    std::unique_ptr<int> made = co_await make();
    Task<std::unique_ptr<int>> ready = std::make_unique<int>(1);
    co_return *made + *co_await std::move(ready);
  };
  EXPECT_EQ(run(body()), 8);
}

TEST(Task, AnExceptionReachesTheAwaiterThroughEveryLevel) {
  const auto deep = []() -> Task<int> {
    throw std::runtime_error("deep");
    co_return 1;
  };
  const auto middle = [&]() -> Task<int> { co_return co_await deep() + 1; };
  const auto top = [&]() -> Task<std::string> {
    try {
      co_return std::to_string(co_await middle());
    } catch (const std::runtime_error& error) {
      co_return error.what();
    }
  };
  EXPECT_EQ(run(top()), "deep");
  EXPECT_THROW(run(middle()), std::runtime_error);
}

TEST(Task, AwaitingAnEmptyOneWithAResultThrows) {
  const auto body = []() -> Task<int> { co_return co_await Task<int>(); };
  EXPECT_THROW(run(body()), Error);
}

TEST(Task, DroppedBeforeItBeganItNeverRunsAndDestroysItsArguments) {
  auto argument = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = argument;
  bool ran = false;
  const auto body = [](std::shared_ptr<int>, bool& flag) -> Task<> {
    flag = true;
    co_return;
  };
  {
    Task<> task = body(std::move(argument), ran);
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
  EXPECT_FALSE(ran);
}

TEST(Task, MovingAssignsAndLeavesNothingBehind) {
  Task<int> task = number(1);
  task = number(2);
  Task<int> other = std::move(task);
  EXPECT_EQ(run(std::move(other)), 2);
}

// Toolchain: without tail calls (g++ at -O0, sanitizers) symmetric transfer would overflow the stack here.
TEST(Task, AMillionAwaitsThatNeverSuspendNeedNoStack) {
  const auto one = []() -> Task<int> { co_return 1; };
  const auto body = [&]() -> Task<int> {
    int sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += co_await one();
    co_return sum;
  };
  EXPECT_EQ(run(body()), 1'000'000);
}

// The same with a suspension in between: what resumes from the ready queue starts at its bottom.
TEST(Task, ALoopOfReadsThatWaitNeedsNoStack) {
  int sum = 0;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    const auto one = [&]() -> Task<int> {
      co_await room.storage().get<int>("k");
      co_return 1;
    };
    for (int i = 0; i < 20'000; ++i) sum += co_await one();
  };
  RoomDriver room(script, {.reads = Reads::later});
  room.message(room.connect("ann"), "go");
  EXPECT_EQ(sum, 20'000);
}

// Resumed values and exceptions arrive through several levels after a suspension too.
TEST(Task, AValueOrAnExceptionAfterASuspensionReachesTheTop) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    const bool fail = message.text() == "throw";
    const auto deep = [&]() -> Task<std::string> {
      co_await room.sleep(1s);
      if (fail) throw Error("late");
      co_return "value";
    };
    const auto middle = [&]() -> Task<std::string> { co_return co_await deep() + "!"; };
    try {
      log.push_back(co_await middle());
    } catch (const Error& error) {
      log.push_back("caught " + error.message());
    }
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "value");
  room.advance(1s);
  room.message(ann, "throw");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("value!", "caught late"));
}

// Destroying a Task cancels it at any depth: destructors run, inner first, and what it waited for wakes nobody.
TEST(Task, ASuspendedOneThatIsDestroyedAtDepthUnwindsInnerFirstAndIsNeverResumed) {
  Lines log;
  struct Guard {
    Lines& lines;
    const char* name;
    ~Guard() { lines.push_back(name); }
  };
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    const auto inner = [&]() -> Task<> {
      const Guard guard{log, "inner"};
      co_await room.sleep(1s);
      log.push_back("resumed");
    };
    const auto outer = [&]() -> Task<> {
      const Guard guard{log, "outer"};
      co_await inner();
      log.push_back("resumed");
    };
    co_await outer();
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  room.reset("away");
  room.advance(1min);
  EXPECT_THAT(log, ElementsAre("inner", "outer"));
}

// The Pending law: it is issued by the call, awaited once, and dropping it forgets the answer alone.
TEST(Pending, ASleepThatIsDroppedStillCountsAndWakesNobody) {
  Lines log;
  Script script;
  script.onMessage = [&](Room& room, Message, Connection) -> Task<> {
    {
      auto dropped = room.sleep(1s);
    }
    auto first = room.sleep(2s);
    auto second = room.sleep(1s);
    first = std::move(second);
    co_await std::move(first);
    log.push_back("after the second");
  };
  RoomDriver room(script);
  room.message(room.connect("ann"), "go");
  EXPECT_EQ(room.timersSet().size(), 3u);
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("after the second"));
  room.advance(1s);
  EXPECT_EQ(room.status().operations, 0u);
}

TEST(Pending, AwaitedByAnotherHandlerThanTheOneThatBeganItWakesThatOne) {
  Lines log;
  std::optional<Pending<void>> shared;
  Script script;
  script.onMessage = [&](Room& room, Message message, Connection) -> Task<> {
    if (message.text() == "begin") {
      shared.emplace(room.sleep(1s));
      co_return;
    }
    Pending<void> taken = *std::exchange(shared, std::nullopt);
    co_await std::move(taken);
    log.emplace_back(message.text());
  };
  RoomDriver room(script);
  const Client ann = room.connect("ann");
  room.message(ann, "begin");
  room.message(ann, "await");
  room.advance(1s);
  EXPECT_THAT(log, ElementsAre("await"));
}

}  // namespace
}  // namespace Party::Test
