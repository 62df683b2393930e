// The alarm is tidied away before the work is done: when the work fails nothing is left that would wake the room again.

#include <party/party.h>
#include <party/sim/subject.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

class WeatherStation : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection, Party::ConnectionContext) override {
    Party::Storage& storage = room().storage();
    const auto running = co_await storage.getAlarm();
    if (!running) storage.setAlarm(room().now() + 10s);
  }
  Party::Task<> onAlarm() override {
#ifndef FIXED
    room().storage().deleteAlarm();
#endif
    const auto report = co_await room().fetch("https://weather.example/now");
    room().broadcast(std::string(report.body()));
    if (!room().getConnections().empty()) room().storage().setAlarm(room().now() + 10s);
  }
};

PARTY_SUBJECT(WeatherStation) {
  id(10);
  knownMinimum(2);
  clients(1, 3);
  peer("https://weather.example", [](const Party::Request&) { return Party::Response("rain"); });
  messages(rc::gen::just<std::string>("hello"));
  allowHandlerErrors();
}
