// Any bytes are a scenario, and every scenario has a life in which the library keeps its promises, twice the same.

#include <party/party.h>
#include <party/sim/life.h>
#include <party/sim/scenario.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

namespace {

/// Does a little of everything a room can do, as its messages tell it.
class Everything : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override { count_ = (co_await room().storage().get<int>("count")).value_or(0); }
  Party::Task<std::vector<std::string>> getConnectionTags(Party::Connection, Party::ConnectionContext) override {
    co_return std::vector<std::string>(1, "tag");
  }
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.setState(count_);
    connection.send(std::to_string(count_));
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    room().storage().put("count", ++count_);
    const std::string_view wish = message.content().substr(0, 1);
    if (wish == "a") room().storage().setAlarm(room().now() + std::chrono::seconds(1));
    if (wish == "b") room().getConnections("tag").send(message);
    if (wish == "c") co_await room().sleep(std::chrono::milliseconds(20));
    if (wish == "h") co_await room().storage().sync();
    if (wish == "x") sender.close(4001, "as you wish");
    if (wish == "1") throw Party::Error("no");
    room().broadcast(std::to_string(count_));
  }
  Party::Task<> onClose(Party::Connection) override {
    room().storage().remove("count");
    return {};
  }
  Party::Task<> onAlarm() override {
    room().broadcast("alarm");
    return {};
  }
  Party::Task<Party::Response> onRequest(Party::Request request) override {
    room().setTimeout(std::chrono::milliseconds(10), [] {});
    return Party::Response(request.text());
  }

 private:
  int count_ = 0;
};

void demand(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Party::Sim::Scenario;
  const Scenario scenario = Scenario::decode(std::span(data, size));
  demand(scenario.isNormal(), "bytes are decoded to a scenario within its limits");
  demand(Scenario::decode(scenario.encode()) == scenario, "a scenario survives its byte code");
  demand(Scenario::parse(scenario.text()) == scenario, "a scenario survives its text");
  // The same bytes as what somebody typed: a sentence or a scenario, never a crash.
  const auto typed = Scenario::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  demand(!typed || typed->isNormal(), "text is read as a scenario within its limits");

  static Party::Sim::Stage stage(Party::parties<Everything>("main"));
  Party::Sim::LifeOptions options;
  options.trace = Party::Sim::TraceMode::hashOnly;
  options.maxEvents = 5'000;
  const auto life = stage.play(scenario, options);
  for (const auto& violation : life.violations) demand(false, violation.c_str());
  demand(stage.play(scenario, options).traceHash == life.traceHash, "two lives of one scenario are the same");
  return 0;
}
