// The demonstration: a chat that keeps its promises, one that forgets, and how the difference is found in seconds.

#include <fmt/format.h>
#include <party/error.h>
#include <party/sim/commands.h>
#include <party/sim/explore.h>
#include <party/sim/report.h>
#include <party/worker.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "chat.h"
#include "forgetful_chat.h"

namespace {

using namespace std::chrono_literals;
using Party::Sim::Exploration;
using Party::Sim::ExploreOptions;

constexpr auto timeForTheCorrectOne = 3s;
constexpr int done = 0, surprised = 1, usageError = 64;

constexpr std::string_view usage =
    "usage: party-demo [--json]                 simulate two chats, and find what is wrong with one of them\n"
    "       party-demo replay --scenario=CODE   play one scenario again: exit code 1 while it still fails\n"
    "       party-demo simulate [options]       look for yourself; --help lists the options\n";

class Demo {
 public:
  Demo(std::string program, bool json) : program_(std::move(program)), json_(json) {}

  int run() {
    const Exploration correct = simulateTheChat();
    const Exploration forgetful = simulateTheForgetfulOne();
    say("\nThe repair is in docs/examples/chat/chat.h: each line goes to storage, and onStart reads them again.\n"
        "To talk in the real one: ./dev serve chat\n");
    if (json_) printJson(correct, forgetful);
    return !correct.failure && forgetful.failure && !page_.empty() ? done : surprised;
  }

 private:
  void say(std::string_view text) const {
    std::FILE* out = json_ ? stderr : stdout;
    std::fwrite(text.data(), 1, text.size(), out);
    std::fflush(out);
  }

  Exploration simulateTheChat() const {
    say("A chat that keeps its lines in storage. Clients come, talk, leave, lose their connection; the process "
        "crashes,\n"
        "commits fail, networks and disks are slow, and the room falls asleep whenever it may.\n");
    ExploreOptions options;
    options.budget.time = timeForTheCorrectOne;
    const auto result = explore(Party::Sim::Property("chat"), chat_, "chat", options);
    const auto& all = result.statistics;
    using Party::Sim::Verb;
    say(fmt::format(
        "  {} lives in {:.1f} s, {} events: {} hibernations, {} crashes, {} lost connections, {} failed commits\n",
        result.lives, result.seconds, all.events, all.count(Verb::hibernate),
        all.count(Verb::crash) + all.count(Verb::reset), all.count(Verb::drop) + all.count(Verb::vanish),
        all.count(Verb::failCommit) + all.count(Verb::loseCommitReply)));
    say(result.failure ? reportText(*result.failure, result.seed, chat_, context()) : "  No law was broken.\n");
    return result;
  }

  Exploration simulateTheForgetfulOne() {
    say("\nThe same chat with its lines in a member of the class. Nothing else is different.\n\n");
    auto result = explore(Party::Sim::Property("forgetful chat"), forgetful_, "forgetful");
    if (!result.failure) {
      say("No law was broken, which should not be.\n");
      return result;
    }
    Party::Sim::ReportContext shown = context();
    page_ = shown.page = writeReportPage(result.failure->finding, result.failure->minimal, forgetful_, shown);
    replay_ = replayCommand(result.failure->minimal, shown);
    say(reportText(*result.failure, result.seed, forgetful_, shown));
    return result;
  }

  Party::Sim::ReportContext context() const {
    Party::Sim::ReportContext named;
    named.program = program_;
    return named;
  }

  void printJson(const Exploration& correct, const Exploration& forgetful) const {
    nlohmann::ordered_json json;
    json["correct"] = {{"lives", correct.lives}, {"failures", correct.failure ? 1 : 0}};
    json["forgetful"] = {
        {"found", forgetful.failure.has_value()}, {"lives", forgetful.lives}, {"seconds", forgetful.seconds}};
    if (const auto& failure = forgetful.failure) {
      auto& found = json["forgetful"];
      found["lives"] = failure->lives;
      found["seconds"] = failure->seconds;
      found["steps"] = failure->minimal.steps.size();
      found["replay"] = replay_;
      found["report"] = page_;
    }
    fmt::print("{}\n", json.dump());
  }

  // One party each, so that the test to paste names one class.
  const Party::Host::Parties chat_ = Party::parties<Chat>("chat");
  const Party::Host::Parties forgetful_ = Party::parties<ForgetfulChat>("forgetful");
  std::string program_;
  std::string replay_;
  std::string page_;
  bool json_;
};

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string program = argc > 0 ? argv[0] : "party-demo";
  if (arguments.empty()) return Demo(program, false).run();
  if (arguments == std::vector<std::string>{"--json"}) return Demo(program, true).run();
  if (arguments.front() == "--help") return fmt::print("{}", usage), done;
  if (arguments.front() == "replay" || arguments.front() == "simulate") {
    const auto parties = Party::parties<Chat, ForgetfulChat>("chat", "forgetful");
    return Party::Sim::runCommand(Party::Sim::commands(parties, {.program = program}), arguments);
  }
  fmt::print(stderr, "party-demo does not know \"{}\"\n{}", arguments.front(), usage);
  return usageError;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return surprised;
}
