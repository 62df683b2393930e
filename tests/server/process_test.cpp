#include "client.h"
#include "log.h"
#include "rooms/rooms.h"
#include "server_process.h"
#include "temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <thread>

namespace Party::Serve {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ProcessTest : public ::testing::Test {
 protected:
  std::vector<std::string> serve(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"serve", "--watch-rules", "--port=0", "--data=" + data().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::filesystem::path data() const { return home_ / "state"; }
  std::string home() const { return home_.path().string(); }

  struct End {
    int exitCode;
    std::string out;
    std::string error;
  };
  End run(ServerProcess::Start start) const {
    ServerProcess process(std::move(start), home());
    const int exitCode = process.wait();
    return {exitCode, process.standardOutput(), process.standardError()};
  }

  TemporaryDirectory home_;
};

std::set<std::string> notesIn(std::uint16_t port, const std::string& room) {
  const std::string answer = Client::get(port, "/parties/notes/" + room);
  std::set<std::string> notes;
  for (std::size_t at = answer.find(' ') + 1; at < answer.size();) {
    const auto end = answer.find('\n', at);
    notes.insert(answer.substr(at, end - at));
    at = end + 1;
  }
  return notes;
}

/// Writes notes until the server is gone, and remembers each that it has seen in a frame or a response.
class Writer {
 public:
  Writer(std::uint16_t port, std::string room, std::string name, bool overHttp)
      : room_(std::move(room)), thread_([this, port, name = std::move(name), overHttp] {
          try {
            overHttp ? post(port, name) : send(port, name);
          } catch (const std::exception&) {
            // the server has gone
          }
        }) {}

  const std::string& room() const { return room_; }
  const std::set<std::string>& seen() {
    thread_.join();
    return seen_;
  }

 private:
  void send(std::uint16_t port, const std::string& name) {
    Client client = Client::webSocket(port, "/parties/notes/" + room_);
    for (int i = 0;; ++i) {
      for (int ahead = 0; ahead < 3; ++ahead) client.send(textFrame(name + std::to_string(i * 3 + ahead)));
      for (int ahead = 0; ahead < 3; ++ahead) {
        const std::string frame = client.readFrame();
        if (!frame.starts_with("text ")) return;
        seen_.insert(frame.substr(5));
      }
    }
  }
  void post(std::uint16_t port, const std::string& name) {
    for (int i = 0;; ++i) {
      const std::string note = name + std::to_string(i);
      if (Client::get(port, "/parties/notes/" + room_, "POST", note) != "201 stored") return;
      seen_.insert(note);
    }
  }

  std::string room_;
  std::set<std::string> seen_;
  std::thread thread_;
};

// GATE-033, STORE-080, EVICT-030: what any client saw after the put is on disk, whenever the process is killed
TEST_F(ProcessTest, KilledInTheMiddleOfTrafficItLosesNothingThatAnyClientHadSeen) {
  std::map<std::string, std::set<std::string>> promised;
  std::size_t total = 0;
  for (int round = 0; round < 5; ++round) {
    ServerProcess server({.arguments = serve({"--shards=2", "--log-level=off"})}, home());
    const auto port = server.waitUntilReady();
    ASSERT_NE(port, 0) << server.standardError();
    for (const auto& [room, notes] : promised) {
      const auto stored = notesIn(port, room);
      for (const auto& note : notes) ASSERT_TRUE(stored.contains(note)) << room << " lost " << note;
    }
    std::vector<std::unique_ptr<Writer>> writers;
    for (int i = 0; i < 8; ++i) {
      const std::string name = "round" + std::to_string(round) + "writer" + std::to_string(i) + "-";
      writers.push_back(std::make_unique<Writer>(port, "room" + std::to_string(i / 2), name, i % 4 == 3));
    }
    std::this_thread::sleep_for(60ms + 70ms * round);
    server.signal(SIGKILL);
    EXPECT_EQ(server.wait(), 1'000 + SIGKILL);
    for (auto& writer : writers) {
      const auto& seen = writer->seen();
      total += seen.size();
      promised[writer->room()].insert(seen.begin(), seen.end());
    }
  }
  EXPECT_GT(total, 50u) << "too little traffic to mean anything";
  ServerProcess last({.arguments = serve({"--log-level=off"})}, home());
  const auto port = last.waitUntilReady();
  for (const auto& [room, notes] : promised) {
    const auto stored = notesIn(port, room);
    for (const auto& note : notes) ASSERT_TRUE(stored.contains(note)) << room << " lost " << note;
  }
}

// ALARM-022, EVICT-030
TEST_F(ProcessTest, AnAlarmOfAKilledServerFiresInTheNextOne) {
  {
    ServerProcess server({.arguments = serve()}, home());
    const auto port = server.waitUntilReady();
    EXPECT_EQ(Client::get(port, "/parties/alarm/x", "POST", "300"), "200 set");
    server.signal(SIGKILL);
    server.wait();
  }
  ServerProcess server({.arguments = serve()}, home());
  const auto port = server.waitUntilReady();
  std::string rang;
  for (int tries = 0; tries < 200 && rang != "200 1"; ++tries) {
    std::this_thread::sleep_for(20ms);
    rang = Client::get(port, "/parties/alarm/x");
  }
  EXPECT_EQ(rang, "200 1");
}

TEST_F(ProcessTest, SigtermAndSigintEndItInOrderWithEverythingWritten) {
  for (const int number : {SIGTERM, SIGINT}) {
    ServerProcess server({.arguments = serve()}, home());
    const auto port = server.waitUntilReady();
    Client client = Client::webSocket(port, "/parties/notes/s" + std::to_string(number));
    client.send(textFrame("last words"));
    std::this_thread::sleep_for(50ms);
    server.signal(number);
    EXPECT_EQ(client.readFrame(), "text last words");
    EXPECT_EQ(client.readFrame(), "close 1001 the server is going away");
    EXPECT_EQ(server.wait(), 0);
  }
  ServerProcess server({.arguments = serve()}, home());
  const auto port = server.waitUntilReady();
  EXPECT_EQ(notesIn(port, "s" + std::to_string(SIGTERM)), std::set<std::string>{"last words"});
}

// GATE-036, GATE-033: a write that fails is never shown, its room is reset, other rooms go on
TEST_F(ProcessTest, OnADiskThatTakesNoMoreNoClientSeesWhatIsNotStoredAndOtherRoomsGoOn) {
  std::set<std::string> seen;
  {
    ServerProcess server({.arguments = serve({"--shards=1"}), .limits = {{RLIMIT_FSIZE, 600'000}}}, home());
    const auto port = server.waitUntilReady();
    ASSERT_NE(port, 0) << server.standardError();
    Client client = Client::webSocket(port, "/parties/notes/full");
    std::string frame;
    for (int i = 0; i < 200; ++i) {
      const std::string note = std::to_string(i) + std::string(10'000, '.');
      client.send(textFrame(note));
      frame = client.readFrame();
      if (frame != "text " + note) break;
      seen.insert(note);
    }
    EXPECT_EQ(frame, "end") << "the room was never reset";
    EXPECT_EQ(Client::get(port, "/party/other"), "200 http://test/party/other");
    EXPECT_THAT(server.standardError(), HasSubstr("a write failed, the room is reset"));
    EXPECT_THAT(Client::get(port, "/parties/notes/full", "POST", std::string(10'000, 'x')), HasSubstr("500 "));
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
  }
  ServerProcess server({.arguments = serve()}, home());
  EXPECT_EQ(notesIn(server.waitUntilReady(), "full"), seen);
}

TEST_F(ProcessTest, OutOfDescriptorsItLetsNewClientsWaitAndServesThemLater) {
  ServerProcess server({.arguments = serve({"--shards=1"}), .limits = {{RLIMIT_NOFILE, 40}}}, home());
  const auto port = server.waitUntilReady();
  ASSERT_NE(port, 0) << server.standardError();
  std::vector<Client> clients;
  clients.push_back(Client::webSocket(port, "/party/first"));
  for (int i = 0; i < 60; ++i) clients.emplace_back(port);
  std::this_thread::sleep_for(300ms);
  clients.front().send(textFrame("still served"));
  EXPECT_EQ(clients.front().readFrame(), "text still served");
  while (clients.size() > 1) clients.pop_back();
  EXPECT_EQ(Client::get(port, "/party/later"), "200 http://test/party/later");
  EXPECT_THAT(server.standardError(), HasSubstr("no descriptor is left"));
}

TEST_F(ProcessTest, ItSaysItsOptionsAndWhereItListensAndWithJsonAsJson) {
  {
    ServerProcess server({.arguments = serve({"--ping=7"})}, home());
    ASSERT_NE(server.waitUntilReady(), 0);
    EXPECT_THAT(server.standardOutput(),
                AllOf(HasSubstr("--host 127.0.0.1 "), HasSubstr("--ping 7 "), HasSubstr("--durability full ")));
  }
  ServerProcess server({.arguments = serve({"--json"})}, home());
  for (int tries = 0; tries < 500 && !server.standardOutput().contains("ready"); ++tries) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_THAT(server.standardOutput(),
              MatchesRegex("\\{\"options\":\\{.*\\}\\}\n\\{\"ready\":\"http://127.0.0.1:[0-9]+\"\\}\n"));
}

TEST_F(ProcessTest, AFlagWinsOverTheEnvironmentAndTheEnvironmentOverTheDefault) {
  ServerProcess server({.arguments = serve({"--ping=3"}), .environment = {{"PARTY_PING", "5"}, {"PARTY_SHARDS", "4"}}},
                       home());
  ASSERT_NE(server.waitUntilReady(), 0);
  EXPECT_THAT(server.standardOutput(), AllOf(HasSubstr("--ping 3 "), HasSubstr("--shards 4 ")));
}

// H-2
TEST_F(ProcessTest, APortThatIsTakenIsExit73WithTheNextStep) {
  ServerProcess first({.arguments = serve()}, home());
  const auto port = std::to_string(first.waitUntilReady());
  TemporaryDirectory other;
  ServerProcess second({.arguments = {"serve", "--port=" + port, "--data=" + other.path().string()}}, other.path());
  EXPECT_EQ(second.wait(), 73);
  EXPECT_THAT(second.standardError(), AllOf(HasSubstr("port " + port), HasSubstr("in use"), HasSubstr("--port")));
}

TEST_F(ProcessTest, ADataDirectoryThatIsTakenIsExit73) {
  ServerProcess first({.arguments = serve()}, home());
  ASSERT_NE(first.waitUntilReady(), 0);
  TemporaryDirectory other;
  ServerProcess second({.arguments = serve()}, other.path());
  EXPECT_EQ(second.wait(), 73);
  EXPECT_THAT(second.standardError(), AllOf(HasSubstr(data().string()), HasSubstr("--data")));
}

TEST_F(ProcessTest, ADamagedDatabaseIsExit65WithItsName) {
  std::filesystem::create_directories(data());
  writeFile(data() / "rooms.sqlite", std::string(8'192, 'g'));
  const auto end = run({.arguments = serve()});
  EXPECT_EQ(end.exitCode, 65);
  EXPECT_THAT(end.error, AllOf(HasSubstr((data() / "rooms.sqlite").string()), HasSubstr("damaged")));
  EXPECT_EQ(end.out, "");
}

TEST_F(ProcessTest, ADirectoryItMayNotUseIsExit77WithItsNameAndTheNextStep) {
  for (const char* option : {"--data", "--static"}) {
    const auto closed = home_ / (std::string("closed") + option);
    std::filesystem::create_directory(closed);
    std::filesystem::permissions(closed, std::filesystem::perms::none);
    const std::string files = option == std::string_view("--static") ? closed.string() : home();
    const std::string state = option == std::string_view("--data") ? closed.string() : data().string();
    const auto end =
        run({.arguments = {"serve", "--port=0", "--data", state, "--static", files}, .unprivileged = true});
    EXPECT_EQ(end.exitCode, 77) << end.error;
    EXPECT_THAT(end.error, AllOf(HasSubstr(closed.string()), HasSubstr("Permission denied"), HasSubstr(option)));
    EXPECT_EQ(std::ranges::count(end.error, '\n'), 1) << end.error;
  }
}

TEST_F(ProcessTest, WhatItDoesNotUnderstandIsExit64WithASentence) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {serve({"--nonsense"}), "serve does not know \"--nonsense\""},
      {serve({"--port=99999"}), "--port"},
      {serve({"--shards=0"}), "--shards"},
      {serve({"--durability=maybe"}), "--durability"},
      {serve({"--idle-hibernate=-1"}), "--idle-hibernate"},
      {serve({"--host=not a host"}), "--host"},
      {serve({"--static=" + home() + "/nowhere"}), "--static"},
      {serve({"extra"}), "\"extra\""},
      {{"dance"}, "there is no command \"dance\"; the commands are serve, help"},
  };
  for (const auto& [arguments, expected] : cases) {
    const auto end = run({.arguments = arguments});
    EXPECT_EQ(end.exitCode, 64) << end.error;
    EXPECT_THAT(end.error, HasSubstr(expected));
    EXPECT_EQ(std::ranges::count(end.error, '\n'), 1) << end.error;
  }
  const auto fromEnvironment = run({.arguments = serve(), .environment = {{"PARTY_SHARDS", "many"}}});
  EXPECT_EQ(fromEnvironment.exitCode, 64);
  EXPECT_THAT(fromEnvironment.error, HasSubstr("shards"));
}

// D-26, MESSAGE-7: the log has what the client does not
TEST_F(ProcessTest, WhatAHandlerThrowsIsLoggedWithPartyRoomAndConnectionAndLimited) {
  ServerProcess server({.arguments = serve()}, home());
  const auto port = server.waitUntilReady();
  Client other = Client::webSocket(port, "/parties/door/lobby");
  Client client = Client::webSocket(port, "/parties/door/lobby");
  EXPECT_EQ(client.readFrame(), "text welcome");
  for (int i = 0; i < 1'000; ++i) client.send(textFrame("throw"));
  client.send(textFrame("done"));
  EXPECT_EQ(client.readFrame(), "text done");
  const std::string log = server.standardError();
  EXPECT_THAT(log, HasSubstr("party=door room=lobby connection=1: onMessage threw: a handler's own fault"));
  EXPECT_LE(std::ranges::count(log, '\n'), 300);
}

#ifdef PARTY_EXECUTABLE
TEST_F(ProcessTest, ThePartyOfThisRepositoryServesAnExampleWithItsPageAndNamesThoseItKnows) {
  const auto unknown = run({.arguments = {"serve", "nonsense"}, .program = PARTY_EXECUTABLE});
  EXPECT_EQ(unknown.exitCode, 64);
  EXPECT_THAT(unknown.error, AllOf(HasSubstr("\"nonsense\""), HasSubstr("chat")));
  ServerProcess server(
      {.arguments = {"serve", "chat", "--port=0", "--data=" + data().string()}, .program = PARTY_EXECUTABLE}, home());
  const auto port = server.waitUntilReady();
  ASSERT_NE(port, 0) << server.standardError();
  EXPECT_THAT(Client::get(port, "/"), AllOf(HasSubstr("200 "), HasSubstr("<html")));
  Client client = Client::webSocket(port, "/party/lobby");
  EXPECT_EQ(client.readFrame(), "text []");
  client.send(textFrame("hello"));
  EXPECT_EQ(client.readFrame(), "text hello");
}

TEST_F(ProcessTest, ThePartyOfThisRepositorySimulatesAnExampleAndReplaysAScenario) {
  const auto simulated = run({.arguments = {"simulate", "chat", "--lives=100", "--json"}, .program = PARTY_EXECUTABLE});
  EXPECT_EQ(simulated.exitCode, 0) << simulated.error;
  EXPECT_THAT(simulated.out, MatchesRegex("\\{.*\"randomLives\":100,.*\\}\n"));
  const auto scenario = home_ / "one.scenario";
  writeFile(scenario, "party-scenario 1\nparty main\nclients 1\nrooms 1\nseed 1\n1 +0ms ann connects to room-1\n");
  const auto replayed = run({.arguments = {"replay", scenario.string()}, .program = PARTY_EXECUTABLE});
  EXPECT_EQ(replayed.exitCode, 0) << replayed.error;
  EXPECT_THAT(replayed.out, AllOf(HasSubstr("ann connects to room-1"), HasSubstr("no law is broken")));
}
#endif

TEST(WatchedRooms, EndTheProcessWithAWordAboutTheRuleThatWasBroken) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        Log::configure("error", false);
        ruleBroken({"chat", "lobby"}, "INV-04", "unit 3 follows unit 1");
      },
      "party=chat room=lobby: INV-04 was broken, which must never happen: unit 3 follows unit 1");
}

TEST_F(ProcessTest, HelpNamesEveryCommandAndOptionAndTheExitCodes) {
  EXPECT_THAT(run({.arguments = {"help"}}).out, AllOf(HasSubstr("serve"), HasSubstr("help")));
  const auto help = run({.arguments = {"serve", "--help"}});
  EXPECT_EQ(help.exitCode, 0);
  for (const char* expected : {"--port", "--host", "--data", "--static", "--shards", "--idle-hibernate",
                               "--max-message", "--max-body", "--max-backlog", "--ping", "--durability", "--log-level",
                               "--watch-rules", "--json", "PARTY_PORT", "exit code"}) {
    EXPECT_THAT(help.out, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace Party::Serve
