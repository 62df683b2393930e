// The fee is taken before the receipt is sent; when that fails the alarm is run again, and so is the fee.

#include <party/party.h>
#include <party/sim/subject.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace std::chrono_literals;

class Membership : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    const auto paid = co_await room().storage().get<int>("fees");
    connection.send("paid so far: " + std::to_string(paid.value_or(0)));
  }
  Party::Task<> onMessage(Party::Message, Party::Connection member) override {
    Party::Storage& storage = room().storage();
    const auto running = co_await storage.getAlarm();
    if (running) co_return;
#ifdef FIXED
    storage.put("fee-owed", true);
#endif
    storage.setAlarm(room().now() + 10s);
    member.send("the fee is due in 10 s");
  }
  Party::Task<> onAlarm() override {
    Party::Storage& storage = room().storage();
#ifdef FIXED
    const auto owed = co_await storage.get<bool>("fee-owed");
    if (!owed.value_or(false)) co_return;
    storage.put("fee-owed", false);
#endif
    const auto fees = co_await storage.get<int>("fees");
    storage.put("fees", fees.value_or(0) + 1);
    co_await room().fetch("https://mail.example/receipt");
  }
};

PARTY_SUBJECT(Membership) {
  id(9);
  knownMinimum(3);
  clients(1, 2);
  peer("https://mail.example", [](const Party::Request&) { return Party::Response("sent"); });
  messages(rc::gen::just<std::string>("join"));
  allowHandlerErrors();
}
