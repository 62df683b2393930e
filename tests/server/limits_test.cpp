#include "client.h"
#include "test_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

/// The limits that no test can wait for or fill up, lowered by the profile, through real sockets and a real disk. What
/// they are when nobody lowers them is tested in core, in virtual time.

namespace Party::Serve {
namespace {

using namespace std::chrono_literals;

/// Does what the path's last segment says, with the body as its argument.
class LimitParty : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }

  Task<Response> onRequest(Request request) override {
    const std::string path(request.path());
    const std::string verb = path.substr(path.rfind('/') + 1);
    const std::string body(request.body());
    std::string failure;
    try {
      if (verb == "section") {
        auto endless = [this]() -> Task<> { co_await room().sleep(1h); };
        co_await room().blockConcurrencyWhile(endless);
      }
      if (verb == "nest") co_await nest();
      if (verb == "put") co_await room().storage().put(body, "value");
      if (verb == "fill") co_await room().storage().put("key", body);
      if (verb == "many") {
        const std::vector<std::string> keys{"a", "b", "c"};
        (void)co_await room().storage().getMany<std::string>(keys);
      }
      if (verb == "alarm") {
        co_await room().storage().put("mode", body);
        room().storage().setAlarm(room().now() + 10ms);
      }
      if (verb == "call") {
        const Stub self = room().context().parties("main").get("x");
        Response found = co_await self.fetch("/long");
        co_return found;
      }
      if (verb == "long") co_return Response(std::string(300, 'x'));
      if (verb == "runs") {
        const auto runs = co_await room().storage().get<std::int64_t>("runs");
        co_return Response(std::to_string(runs.value_or(0)));
      }
    } catch (const Error& error) {
      failure = error.message();
    }
    co_return Response(failure.empty() ? "done" : failure);
  }

  Task<> onAlarm() override {
    const auto mode = co_await room().storage().get<std::string>("mode");
    const auto runs = co_await room().storage().get<std::int64_t>("runs");
    co_await room().storage().put("runs", runs.value_or(0) + 1);
    if (mode == "endless" && runs.value_or(0) == 0) co_await room().sleep(1h);
    if (mode == "failing") throw Error("as ever");
  }

 private:
  Task<> nest() {
    auto deeper = [this]() -> Task<> { co_await nest(); };
    co_await room().blockConcurrencyWhile(deeper);
  }
};

struct Limits : testing::Test {
  template <class Change>
  static TestServer serverWith(Change change) {
    return TestServer([change](Options& options) { change(options.profile); }, parties<LimitParty>("main"));
  }
  static std::string ask(const TestServer& server, std::string_view verb, std::string_view body = "x") {
    return Client::get(server.port(), "/party/x/" + std::string(verb), "POST", body);
  }
  static std::string within(std::chrono::milliseconds limit, const TestServer& server, std::string_view wanted) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::string found;
    do {
      found = ask(server, "runs");
      if (found == wanted) break;
      std::this_thread::sleep_for(10ms);
    } while (std::chrono::steady_clock::now() < end);
    return found;
  }
};

// HIBER-002: 32,768 without the profile
TEST_F(Limits, AConnectionMoreThanARoomMayHaveIsRefusedAndTheOthersStay) {
  const TestServer server = serverWith([](Profile& profile) { profile.maxConnections = 2; });
  Client first = Client::webSocket(server.port(), "/party/x");
  Client second = Client::webSocket(server.port(), "/party/x");
  Client third = Client::webSocket(server.port(), "/party/x");
  EXPECT_TRUE(third.readFrame().starts_with("close 1011 only 2")) << "the text names the limit";
  second.send(clientClose(1000));
  EXPECT_EQ(second.readFrame(), "close 1000 ");
  Client fourth = Client::webSocket(server.port(), "/party/x");
  EXPECT_EQ(fourth.readFrame(100ms), "(nothing)");
  EXPECT_EQ(first.readFrame(10ms), "(nothing)");
}

// GATE-022, EVICT-010: 30 s without the profile
TEST_F(Limits, ACriticalSectionThatTakesTooLongResetsItsRoomWhichGoesOnWithTheNextEvent) {
  const TestServer server = serverWith([](Profile& profile) { profile.sectionLimit = 100ms; });
  Client client = Client::webSocket(server.port(), "/party/x");
  EXPECT_EQ(ask(server, "put", "kept"), "200 done");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(ask(server, "section").starts_with("500 A call to blockConcurrencyWhile()"));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 100ms);
  EXPECT_EQ(client.readFrame(), "end");
  EXPECT_EQ(ask(server, "runs"), "200 0");
}

// GATE-024: 64 without the profile
TEST_F(Limits, SectionsInsideOneAnotherEndAtTheirDepth) {
  const TestServer server = serverWith([](Profile& profile) { profile.maxSectionDepth = 3; });
  EXPECT_EQ(ask(server, "nest"), "500 blockConcurrencyWhile() calls are nested too deeply.");
  EXPECT_EQ(ask(server, "runs"), "200 0");
}

// ALARM-025: 15 min without the profile. ALARM-041: the run counts, and is tried again.
TEST_F(Limits, AnAlarmThatRunsTooLongIsCutOffAndRunsAgain) {
  const TestServer server = serverWith([](Profile& profile) {
    profile.alarmLimit = 100ms;
    profile.firstAlarmRetry = 50ms;
  });
  EXPECT_EQ(ask(server, "alarm", "endless"), "200 done");
  EXPECT_EQ(within(3s, server, "200 2"), "200 2");
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(ask(server, "runs"), "200 2");
}

// ALARM-041, ALARM-042: six retries, 2 s and more apart, without the profile
TEST_F(Limits, AnAlarmThatAlwaysFailsIsGivenUpAfterItsRetries) {
  const TestServer server = serverWith([](Profile& profile) {
    profile.maxAlarmRetries = 2;
    profile.firstAlarmRetry = 20ms;
  });
  EXPECT_EQ(ask(server, "alarm", "failing"), "200 done");
  EXPECT_EQ(within(3s, server, "200 3"), "200 3");
  std::this_thread::sleep_for(400ms);
  EXPECT_EQ(ask(server, "runs"), "200 3");
}

// STORE-050, STORE-051, STORE-013
TEST_F(Limits, KeysValuesAndGetsOverTheirLimitFailAndLeaveNothingBehind) {
  const TestServer server = serverWith([](Profile& profile) {
    profile.maxKeyBytes = 8;
    profile.maxValueBytes = 64;
    profile.maxKeysPerGet = 2;
  });
  EXPECT_EQ(ask(server, "put", "12345678"), "200 done");
  EXPECT_EQ(ask(server, "put", "123456789"), "200 Keys cannot be larger than 8 bytes. A key of size 9 was provided.");
  EXPECT_EQ(ask(server, "fill", std::string(32, 'v')), "200 done");
  EXPECT_EQ(ask(server, "fill", std::string(80, 'v')),
            "200 Values cannot be larger than 64 bytes. A value of size 82 was provided.");
  EXPECT_EQ(ask(server, "many"), "200 Maximum number of key value pairs is 2. 3 pairs were provided.");
}

// LIMITS: 128 MiB without the profile
TEST_F(Limits, AnAnswerToACallThatIsTooLongIsAnError) {
  const TestServer server = serverWith([](Profile& profile) { profile.maxCallBodyBytes = 100; });
  EXPECT_EQ(ask(server, "call"), "200 the answer has more than 100 bytes");
}

}  // namespace
}  // namespace Party::Serve
