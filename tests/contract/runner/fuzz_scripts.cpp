#include "fuzz_scripts.h"

#include "fuzz_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace Party::Contract {
namespace {

/// Draws the steps of one script, and remembers who should be there.
class ScriptWriter {
 public:
  ScriptWriter(std::uint64_t seed, std::size_t number, const FuzzWorld& world)
      : draw_(seed, number), world_(world), commands_(draw_, world_) {}

  std::string party() { return party_ = draw_.pick<std::string>({"main", "ordinary"}); }

  Json steps() {
    sleepy_ = draw_.chance(4);
    clients_ = 1 + draw_.below(3);
    const std::size_t most = 6 + draw_.below(maxFuzzSteps - 5);
    connect();
    while (steps_.size() + 3 <= most && !(world_.partykit && commands_.closes())) act();
    return std::move(steps_);
  }

 private:
  using Where = CommandWriter::Where;

  void act() {
    const std::size_t kind = draw_.below(100);
    if (kind < 15 && open_.size() < clients_) return connect();
    if (open_.empty() || (kind >= 15 && kind < 37)) return request();
    if (kind < 42) return plain();
    if (kind < 48) return close();
    if (kind < 53) return sleepy_ ? sleep() : storeHandler();
    if (kind < 58 && !sleepy_) return alarm();
    const Json script = commands_.script(Where::message, open_, 5);
    add({{"send", draw_.pick(open_)}, {"script", script}}, commands_.takesTime() ? shortWait : 0);
  }

  void connect() {
    static const std::vector<std::string> names{"ann", "bob", "cid"};
    const std::string id = names[connected_ % names.size()];
    const std::size_t round = connected_++ / names.size();
    // A channel is one socket; the id may be one that another has, or had.
    std::string channel = round == 0 ? id : fmt::format("{}{}", id, round + 1);
    Json step{{"connect", channel}};
    if (!world_.partykit && round > 0) step["id"] = id;
    Json query = Json::object();
    if (draw_.chance(60)) query["tags"] = tags();
    bool waits = false;
    if (draw_.chance(35)) {
      query["onConnect"] = commands_.script(Where::connect, open_, 3);
      waits = commands_.takesTime();
    }
    if (draw_.chance(4)) query["before"] = before();
    if (!query.empty()) step["query"] = query;
    const bool refused = query.contains("before") && query["before"].contains("respond");
    if (!refused) open_.push_back(channel);
    add(step, waits ? shortWait : 0);
  }

  Json tags() {
    Json tags = Json::array();
    for (std::size_t i = draw_.below(3); i > 0; --i) tags.push_back(draw_.pick<std::string>({"red", "blue", "é"}));
    if (world_.partykit) {
      if (tags.size() == 2 && tags[0] == tags[1]) tags.erase(1);
      return tags;
    }
    if (draw_.chance(4)) tags.push_back("");
    if (draw_.chance(4)) {
      while (tags.size() < 10) tags.push_back(fmt::format("t{}", tags.size()));
    }
    return tags;
  }

  Json before() {
    if (draw_.chance(50)) return {{"respond", {{"status", draw_.pick({401, 403})}, {"body", "no"}}}};
    return {{"rewrite", {{"query", {{"tags", "[\"rewritten\"]"}}}}}};
  }

  void request() {
    Json step{{"request", fmt::format("r{}", ++requests_)}};
    bool waits = false;
    if (draw_.chance(70)) {
      step["script"] = commands_.script(Where::request, open_, 5);
      waits = commands_.takesTime();
      if (draw_.chance(15)) step["method"] = "PUT";
    } else {
      step["method"] = draw_.pick<std::string>({"GET", "DELETE", "POST"});
    }
    Json query = Json::object();
    if (draw_.chance(20)) query["q"] = commands_.text();
    if (draw_.chance(8)) query["before"] = before();
    if (!query.empty()) step["query"] = query;
    if (draw_.chance(10)) step["headers"] = {{"x-fuzz", "yes"}};
    if (draw_.chance(12)) step["party"] = draw_.pick<std::string>({"main", "ordinary", "nowhere"});
    add(step, waits ? shortWait : 0);
  }

  void plain() {
    Json step{{"send", draw_.pick(open_)}};
    if (draw_.chance(50)) {
      step["text"] = commands_.text();
    } else {
      step["bytes"] = draw_.pick<std::string>({"", "00", "5b5d"});
    }
    add(step, 0);
  }

  void close() {
    const std::size_t index = draw_.below(open_.size());
    const std::string channel = open_[index];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
    if (!world_.partykit && draw_.chance(25)) return add({{"drop", channel}}, 0);
    Json step{{"close", channel}};
    if (draw_.chance(70)) step["code"] = draw_.pick({1000, 3000, 4999});
    if (step.contains("code") && draw_.chance(50)) step["reason"] = "bye";
    add(step, 0);
  }

  void sleep() {
    if (slept_ == 2) return plain();
    ++slept_;
    steps_.push_back({{"quiet", true}});
    steps_.push_back({{"hibernate", true}});
  }

  /// What the room does when somebody leaves, or when it starts again, is stored in it.
  void storeHandler() {
    if (world_.partykit) return plain();
    const Json script = commands_.script(Where::close, open_, 3);
    const std::string handler = draw_.pick<std::string>({"probe:onClose", "probe:onStart", "probe:onError"});
    const Json put{{"do", "put"}, {"key", handler}, {"value", script.dump()}};
    add({{"send", draw_.pick(open_)}, {"script", Json::array({put})}}, 0);
  }

  void alarm() { add({{"send", draw_.pick(open_)}, {"script", commands_.alarmScript()}}, alarmWait); }

  void add(Json step, int wait) {
    steps_.push_back(std::move(step));
    if (wait > 0) steps_.push_back({{"wait", wait}});
    steps_.push_back({{"quiet", true}});
  }

  static constexpr int shortWait = 200;
  static constexpr int alarmWait = 500;

  Draw draw_;
  FuzzWorld world_;
  CommandWriter commands_;
  std::string party_;
  Json steps_ = Json::array();
  std::vector<std::string> open_;
  std::size_t clients_ = 1;
  std::size_t connected_ = 0;
  std::size_t requests_ = 0;
  std::size_t slept_ = 0;
  bool sleepy_ = false;
};

}  // namespace

Json fuzzScript(std::uint64_t seed, std::size_t number, const FuzzWorld& world) {
  ScriptWriter writer(seed, number, world);
  Json script;
  script["title"] = fmt::format("random script {} of seed {}", number, seed);
  script["rules"] = {"FUZZ-1"};
  script["party"] = writer.party();
  script["steps"] = writer.steps();
  return script;
}

bool isPause(const Json& step) { return step.contains("quiet") || step.contains("wait"); }

}  // namespace Party::Contract
