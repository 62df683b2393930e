// Counts down with the alarm; where it stands is stored with the next alarm.

#include <party/party.h>
#include <party/sim/subject.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

class Rocket : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    Party::Storage& storage = room().storage();
    const auto running = co_await storage.get<Party::Time>("launch");
    if (running) co_return;
    storage.put("launch", Party::Time(room().now() + 5s));
    storage.setAlarm(room().now() + 1s);
    room().broadcast("counting");
  }
  Party::Task<> onAlarm() override {
    Party::Storage& storage = room().storage();
    const auto launch = co_await storage.get<Party::Time>("launch");
    if (!launch) co_return;
    if (room().now() >= *launch) {
      storage.remove("launch");
      room().broadcast("lift-off");
      co_return;
    }
    room().broadcast("not yet");
    const Party::Time next = room().now() + 1s;
    storage.setAlarm(std::min(next, *launch));
  }
};

PARTY_SUBJECT(Rocket) {
  clients(1, 4);
  messages(rc::gen::just<std::string>("go"));
}
