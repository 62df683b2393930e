#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "room_driver.h"

/// Steps with a room's storage that give the same results whether reads answer now or later.

namespace Party::Test {

template <class T>
std::string lineOf(const Listing<T>& listing) {
  std::string line;
  for (const auto& [key, value] : listing) line += key + "=" + std::to_string(value) + " ";
  return line;
}

inline Task<std::string> listed(Room& room, ListOptions options = ListOptions()) {
  const auto found = co_await room.storage().list<int>(options);
  co_return lineOf(found);
}

/// What `pending` fails with, or "no error".
template <class T>
Task<std::string> errorOf(Pending<T> pending) {
  try {
    (void)co_await std::move(pending);
    co_return "no error";
  } catch (const Error& error) {
    co_return error.message();
  }
}

using Steps = std::function<Task<>(Room&)>;

class StorageSteps : public testing::TestWithParam<Reads> {
 protected:
  /// Runs the steps in one handler; a handler that throws fails the test.
  void run(Steps steps, std::map<std::string, int> stored = {}) {
    Script script;
    script.onRequest = [&](Room& room, Request) -> Task<Response> {
      co_await steps(room);
      ended = true;
      co_return Response();
    };
    DriverOptions options{.reads = GetParam()};
    for (const auto& [key, value] : stored) options.stored.emplace(key, encodeValue(value));
    driver.emplace(script, options);
    driver->request();
    EXPECT_THAT(driver->failures, testing::IsEmpty());
    EXPECT_TRUE(ended);
  }
  std::optional<RoomDriver> driver;
  bool ended = false;
};

inline std::string nameOfReads(const testing::TestParamInfo<Reads>& tested) {
  return tested.param == Reads::now ? "Now" : "Later";
}

}  // namespace Party::Test
