// Where the others point is kept in memory alone, on purpose; what they draw is stored.

#include <party/party.h>
#include <party/sim/subject.h>

#include <string>

class Canvas : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    if (!pointing_.empty()) connection.send("pointing at " + pointing_);
    const auto drawn = co_await room().storage().get<std::string>("drawing");
    connection.send("drawn " + drawn.value_or("blank"));
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    if (message.content().starts_with("point ")) {
      pointing_ = message.content().substr(6);
      room().broadcast("pointing at " + pointing_);
      co_return;
    }
    const auto drawn = co_await room().storage().get<std::string>("drawing");
    const std::string all = drawn.value_or("") + std::string(message.content()) + ";";
    room().storage().put("drawing", all);
    room().broadcast("drawn " + all);
  }

 private:
  std::string pointing_;
};

PARTY_SUBJECT(Canvas) {
  clients(1, 4);
  messages(rc::gen::element<std::string>("point a", "point b", "line", "circle"));
  volatileMessages([](const Party::Message& message) { return message.content().starts_with("pointing"); });
}
