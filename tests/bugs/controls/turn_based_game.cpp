// Nim for two: the heap and whose turn it is are stored with every move.

#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <string>

class Nim : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    const auto heap = co_await room().storage().get<int>("heap");
    connection.send("heap " + std::to_string(heap.value_or(all)));
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection player) override {
    Party::Storage& storage = room().storage();
    const auto heap = co_await storage.get<int>("heap");
    const auto last = co_await storage.get<std::string>("last-mover");
    const int taken = message.content() == "one" ? 1 : 2;
    const int before = heap.value_or(all);
    if (last && *last == player.id()) {
      player.send("not your turn");
      co_return;
    }
    if (before < taken) {
      player.send("too many");
      co_return;
    }
    const int left = before == taken ? all : before - taken;
    storage.put("heap", left);
    storage.put("last-mover", player.id());
    if (before == taken) room().broadcast(std::string(player.id()) + " wins");
    room().broadcast("heap " + std::to_string(left));
  }

  static constexpr int all = 7;
};

PARTY_SUBJECT(Nim) {
  clients(1, 4);
  messages(rc::gen::element<std::string>("one", "two"));
  always("a move is stored whole", Party::Sim::keysMoveTogether({"heap", "last-mover"}));
}
