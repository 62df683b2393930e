// A member gets its name behind a call; until then it is listed without one, and a message to all trips over it.

#include <party/party.h>
#include <party/sim/subject.h>

#include <string>

class Workshop : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    std::string name = "somebody";
    try {
      const auto answer = co_await room().fetch("https://people.example/" + std::string(connection.id()));
      name = answer.body();
    } catch (const Party::Error&) {
    }
    connection.setState(name);
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    for (const auto connection : room().getConnections()) {
      const auto name = connection.state<std::string>();
#ifdef FIXED
      if (!name) continue;
#endif
      connection.send(name.value() + ", " + std::string(message.content()));
    }
    return {};
  }
};

PARTY_SUBJECT(Workshop) {
  id(20);
  knownMinimum(3);
  clients(1, 4);
  peer("https://people.example", [](const Party::Request& request) { return Party::Response(request.path()); });
  messages(rc::gen::element<std::string>("lunch!", "back to work"));
}
