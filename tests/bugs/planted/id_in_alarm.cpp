// The alarm's handler asks for the room's id, which it may not have.

#include <party/party.h>
#include <party/sim/subject.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

class Reminder : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    room().storage().put("title", room().id());
    room().storage().setAlarm(room().now() + 30s);
    connection.send("reminding in 30 s");
    return {};
  }
  Party::Task<> onAlarm() override {
#ifdef FIXED
    const auto title = co_await room().storage().get<std::string>("title");
    room().broadcast("think of " + title.value_or("it"));
#else
    room().broadcast("think of " + room().id());
    co_return;
#endif
  }
};

PARTY_SUBJECT(Reminder) {
  id(14);
  knownMinimum(2);
  clients(1, 3);
  messages(rc::gen::just<std::string>("hm"));
}
