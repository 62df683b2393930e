#include <gtest/gtest.h>
#include <party/host/room_machine.h>
#include <party/party.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace Party;
using namespace std::chrono_literals;

// A room whose messages run one experiment each; what it reports are the frames it sends.
class Bench : public Server {
 public:
  using Server::Server;

  Task<> onMessage(Message message, Connection sender) override {
    if (message.text() == "all") {
      auto [slow, quick, nothing] = co_await all(after(30ms, "slow"), after(10ms, "quick"), room().sleep(20ms));
      sender.send(slow + " " + quick);
    } else if (message.text() == "all ready") {
      auto [one, two] = co_await all(Task<int>(1), room().storage().get<int>("none"));
      sender.send(std::to_string(one) + (two ? " some" : " none"));
    } else if (message.text() == "all throws") {
      std::string text = "nothing";
      try {
        co_await all(after(30ms, "slow"), failing(10ms));
      } catch (const Error& error) {
        text = error.what();
      }
      sender.send(text + (unfinished_ > 0 ? ", others run" : ", others cancelled"));
    } else if (message.text() == "race") {
      const auto winner = co_await race(after(30ms, "slow"), room().sleep(10ms));
      sender.send("winner " + std::to_string(winner.index()));
    } else if (message.text() == "race ready") {
      const auto winner = co_await race(Task<int>(7), after(10ms, "late"));
      sender.send("winner " + std::to_string(std::get<0>(winner)));
    }
  }

 private:
  struct Running {
    explicit Running(int& counter) : count(counter) { ++count; }
    ~Running() { --count; }
    int& count;
  };
  Task<std::string> after(Duration length, std::string text) {
    const Running running(unfinished_);
    co_await room().sleep(length);
    co_return text;
  }
  Task<> failing(Duration length) {
    co_await room().sleep(length);
    throw Error("broken");
  }

  int unfinished_ = 0;
};

class NoDisk : public Host::StorageReader {
  Answer get(std::string_view, OperationKey, std::optional<SharedBytes>&, bool) override { return Answer::now; }
  Answer getMany(std::span<const std::string>, OperationKey, StoredEntries&, bool) override { return Answer::now; }
  Answer list(const Host::KeyRange&, OperationKey, StoredEntries&) override { return Answer::now; }
};

struct Experiment {
  Host::Parties parties = Party::parties<Bench>("main");
  Profile profile;
  NoDisk disk;
  Host::RoomMachine machine{{.party = &parties[0],
                             .id = "r",
                             .profile = &profile,
                             .storage = &disk,
                             .seed = 1,
                             .alarm = {},
                             .observeHandlers = false}};
  std::vector<std::string> said;
  std::vector<Host::TimerSet> timers;

  void give(Time now, Host::Event::Body body) {
    for (Host::Effect& effect : machine.handle(now, Host::Event({1}, std::move(body)))) {
      if (auto* sent = std::get_if<Host::MessageSent>(&effect.body)) said.emplace_back(sent->message.text());
      if (auto* set = std::get_if<Host::TimerSet>(&effect.body)) timers.push_back(*set);
    }
  }
  // What the room has said when every timer set so far has fired, in the order they are due.
  std::vector<std::string> run(const char* message) {
    give(Time(), Host::ConnectRequested{{0, 1}, Request("GET", "http://h/party/r"), 0, Host::Origin::client});
    give(Time(), Host::MessageReceived{{0, 1}, Message(message)});
    while (!timers.empty()) {
      auto next = std::ranges::min_element(timers, {}, &Host::TimerSet::due);
      const Host::TimerSet due = *next;
      timers.erase(next);
      give(due.due, Host::TimerDue{due.timer});
    }
    return said;
  }
};

using Frames = std::vector<std::string>;

TEST(All, OfTasksAndPendingsGivesTheirValuesInTheOrderOfArguments) {
  EXPECT_EQ(Experiment().run("all"), Frames{"slow quick"});
}

TEST(All, OfThingsThatAreReadyDoesNotWait) {
  Experiment experiment;
  EXPECT_EQ(experiment.run("all ready"), Frames{"1 none"});
  EXPECT_EQ(experiment.machine.status().handlers, 0u);
}

TEST(All, OneThatThrowsEndsTheWaitAndCancelsTheOtherTasks) {
  EXPECT_EQ(Experiment().run("all throws"), Frames{"broken, others cancelled"});
}

TEST(Race, GivesTheFirstThatEndsAndForgetsTheOthers) {
  Experiment experiment;
  EXPECT_EQ(experiment.run("race"), Frames{"winner 1"});
  EXPECT_EQ(experiment.machine.status().handlers, 0u);
  EXPECT_EQ(experiment.machine.status().operations, 0u);
}

TEST(Race, WithOneThatIsReadyStartsNoFurtherOne) {
  Experiment experiment;
  EXPECT_EQ(experiment.run("race ready"), Frames{"winner 7"});
  EXPECT_TRUE(experiment.timers.empty());
}

}  // namespace
