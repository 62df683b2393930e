// Each start plans the report of the day once more: every sleep adds one that will be sent.

#include <party/party.h>
#include <party/sim/subject.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

class Newsletter : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    Party::Storage& storage = room().storage();
    const auto planned = co_await storage.list<bool>(Party::ListOptions().prefix("plan-"));
#ifdef FIXED
    if (!planned.empty()) co_return;
#endif
    storage.put("plan-" + std::to_string(planned.size()), true);
    const auto alarm = co_await storage.getAlarm();
    if (!alarm) storage.setAlarm(room().now() + 60s);
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().broadcast(message);
    return {};
  }
  Party::Task<> onAlarm() override {
    Party::Storage& storage = room().storage();
    const auto planned = co_await storage.list<bool>(Party::ListOptions().prefix("plan-"));
    for (std::size_t i = 0; i < planned.size(); ++i) room().broadcast("the news of the day");
    storage.setAlarm(room().now() + 60s);
  }
};

PARTY_SUBJECT(Newsletter) {
  id(12);
  knownMinimum(3);
  clients(1, 3);
  messages(rc::gen::just<std::string>("hi"));
}
