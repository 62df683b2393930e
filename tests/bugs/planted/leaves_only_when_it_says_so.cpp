// Who leaves is expected to say so. Who closes the tab stays on the list.

#include <party/json.h>
#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <set>
#include <string>
#include <vector>

class Lounge : public Party::Server {
 public:
  using Party::Server::Server;

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    guests_.emplace(connection.id());
    tell();
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection connection) override {
    if (message.content() == "bye") {
      connection.close(1000);
      leave(connection);
    }
    return {};
  }
#ifdef FIXED
  Party::Task<> onClose(Party::Connection connection) override { return leave(connection), Party::Task<>(); }
  Party::Task<> onError(Party::Connection connection, Party::Error) override {
    return leave(connection), Party::Task<>();
  }
#endif

 private:
  void leave(Party::Connection connection) {
    if (room().getConnection(connection.id())) return;
    if (guests_.erase(std::string(connection.id())) > 0) tell();
  }
  void tell() { room().broadcast(nlohmann::json(guests_).dump()); }

  std::set<std::string> guests_;
};

PARTY_SUBJECT(Lounge) {
  id(16);
  knownMinimum(3);
  clients(2, 4);
  messages(rc::gen::element<std::string>("bye", "hello"));
  eventually("presence converges", std::chrono::seconds(5),
             Party::Sim::presenceConverges([](const std::vector<Party::Message>& seen) {
               return seen.empty() ? std::set<std::string>()
                                   : nlohmann::json::parse(seen.back().content()).get<std::set<std::string>>();
             }));
}
