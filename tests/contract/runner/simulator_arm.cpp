#include "simulator_arm.h"

#include "../probe/probe.h"
#include "../probe/report.h"
#include "scenario_loader.h"

#include <fmt/format.h>
#include <party/sim/world.h>

#include <stdexcept>
#include <utility>

namespace Party::Contract {
namespace {

using std::chrono::milliseconds;

/// What the simulator's clients and requests call `http://party.test`.
constexpr std::string_view house = "http://party.test";

Sim::WorldOptions options(const Profile& profile) {
  // Everything takes the same time, so that what the steps do in order happens in that order; the disk takes longer
  // than the network, so that what is sent without waiting for it is seen too early.
  const Sim::Between moment{milliseconds(1), milliseconds(1)};
  const Sim::Between write{milliseconds(4), milliseconds(4)};
  return Sim::WorldOptions().profile(profile).latency(moment).flush(write).trace(Sim::TraceMode::off);
}

Observation observationOf(const Sim::Frame& frame) {
  Observation seen;
  seen.content = std::string(frame.content.content());
  switch (frame.kind) {
    case Sim::Frame::Kind::opened:
      seen.kind = Observation::Kind::open;
      break;
    case Sim::Frame::Kind::message:
      seen.kind = frame.content.isText() ? Observation::Kind::text : Observation::Kind::bytes;
      break;
    case Sim::Frame::Kind::closed:
      if (frame.code == 1006) {
        seen.kind = Observation::Kind::lost;
        seen.content.clear();
      } else {
        seen.kind = Observation::Kind::close;
        if (frame.code != 1005) seen.code = frame.code;
      }
      break;
    case Sim::Frame::Kind::answered:
      seen.kind = Observation::Kind::answer;
      seen.code = frame.code;
      break;
  }
  return seen;
}

class SimulatorStage final : public Stage {
 public:
  explicit SimulatorStage(const Profile& profile) : world_(probeParties(), Sim::Seed(1), options(profile)) {}

  void connect(const ConnectStep& step) override {
    Sim::ClientOptions client;
    client.id(step.id.value_or(""));
    if (!step.answersClose) client.answersClose(Sim::CloseAnswer::never);
    for (const auto& [name, value] : step.headers) client.header(name, *value);
    std::string target = step.target;
    if (step.id && !step.id->empty()) {  // the client adds its id itself, and the query behind it
      const std::size_t question = target.find('?');
      const std::size_t rest = target.find('&', question);
      if (rest != std::string::npos) client.query(target.substr(rest + 1));
      target.resize(question);
    }
    const auto connected = world_.connectTo(std::string(house) + target, client);
    clients_.push_back({step.channel, connected, 0});
  }

  void request(const RequestStep& step) override {
    Headers headers;
    std::string host(house);
    for (const auto& [name, value] : step.headers) {
      headers.append(name, *value);
      if (name == "host") host = "http://" + *value;
    }
    const Request request(step.method, host + step.target, headers, step.body);
    exchanges_.push_back({step.channel, world_.fetch(request), false});
  }

  void send(const SendStep& step) override {
    clientOf(step.channel).send(step.as == SendStep::As::text ? Message(step.content) : Message::bytes(step.content));
  }
  void close(const CloseStep& step) override { clientOf(step.channel).close(step.code.value_or(0), step.reason); }
  void breakOff(const BreakStep& step) override {
    for (auto exchange = exchanges_.rbegin(); exchange != exchanges_.rend(); ++exchange) {
      if (exchange->channel != step.channel) continue;
      exchange->exchange.abort();
      exchange->seen = true;
      return;
    }
    clientOf(step.channel).drop();
    // What its own side knows is no observation.
    auto& client = entryOf(step.channel);
    client.seen = client.client.frames().size();
  }

  milliseconds now() const override {
    return std::chrono::duration_cast<milliseconds>(world_.now().time_since_epoch());
  }
  bool pass(milliseconds limit) override {
    const milliseconds end = now() + limit;
    while (!collect()) {
      if (now() >= end) return false;
      world_.advance(milliseconds(1));
    }
    return true;
  }

  std::string hibernate(const HibernateStep& step) override {
    const bool slept = world_.hibernate(step.room.party, step.room.id);
    if (slept == step.possible) return {};
    return fmt::format("the room {}/{} {}", step.room.party, step.room.id,
                       slept ? "sleeps although it must not" : "cannot sleep now");
  }
  void restart() override {
    std::vector<std::string> rooms;
    for (Sim::RoomIndex room = 0; room < world_.roomCount(); ++room) rooms.push_back(world_.roomName(room));
    world_.crash();
    for (const std::string& room : rooms) Report::take(room);
  }
  std::vector<std::string> report(const RoomName& room) override { return Report::take(room.party + "/" + room.id); }
  bool ended(const std::string&) override { throw std::logic_error("the simulator has no TCP"); }

 private:
  struct ClientEntry {
    std::string channel;
    Sim::Client client;
    std::size_t seen;
  };
  struct ExchangeEntry {
    std::string channel;
    Sim::Exchange exchange;
    bool seen;
  };

  ClientEntry& entryOf(const std::string& channel) {
    for (auto client = clients_.rbegin(); client != clients_.rend(); ++client) {
      if (client->channel == channel) return *client;
    }
    throw std::runtime_error(channel + " has not connected");
  }
  Sim::Client& clientOf(const std::string& channel) { return entryOf(channel).client; }

  /// Takes what is new; true when there was something.
  bool collect() {
    bool found = false;
    for (ClientEntry& client : clients_) {
      const auto frames = client.client.frames();
      for (; client.seen < frames.size(); ++client.seen) {
        observed[client.channel].push_back(observationOf(frames[client.seen]));
        found = true;
      }
    }
    for (ExchangeEntry& entry : exchanges_) {
      if (entry.seen || (!entry.exchange.answered() && !entry.exchange.failed())) continue;
      entry.seen = found = true;
      observed[entry.channel].push_back(observationOf(entry.exchange));
    }
    return found;
  }

  static Observation observationOf(const Sim::Exchange& exchange) {
    Observation seen;
    seen.kind = exchange.failed() ? Observation::Kind::lost : Observation::Kind::answer;
    if (exchange.failed()) return seen;
    const Response response = exchange.response();
    seen.code = response.status();
    seen.content = std::string(response.body());
    for (const auto& [name, value] : response.headers()) seen.headers.emplace(name, value);
    return seen;
  }
  static Observation observationOf(const Sim::Frame& frame) { return Contract::observationOf(frame); }

  Sim::World world_;
  std::vector<ClientEntry> clients_;
  std::vector<ExchangeEntry> exchanges_;
};

}  // namespace

Pace SimulatorArm::pace() const { return {milliseconds(60), milliseconds(5'000), milliseconds(0), false}; }

std::string SimulatorArm::whyNot(const std::vector<Step>& steps) const { return whySocket(steps); }

std::unique_ptr<Stage> SimulatorArm::stage(const std::vector<Step>&) {
  return std::make_unique<SimulatorStage>(profile_);
}

}  // namespace Party::Contract
