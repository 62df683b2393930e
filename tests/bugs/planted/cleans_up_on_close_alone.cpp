// Leaving is handled in onClose; a connection that ends with an error leaves its player behind.

#include <party/json.h>
#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <set>
#include <string>
#include <vector>

class Cardroom : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    const auto saved = co_await room().storage().get<std::vector<std::string>>("seated");
    // Sockets that broke with the process had no close: only who is still connected sits here.
    if (saved) {
      for (const std::string& id : *saved) {
        if (room().getConnection(id)) seated_.insert(id);
      }
    }
  }
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    seated_.emplace(connection.id());
    return tell();
  }
  Party::Task<> onClose(Party::Connection connection) override { return leave(connection); }
#ifdef FIXED
  Party::Task<> onError(Party::Connection connection, Party::Error) override { return leave(connection); }
#endif

 private:
  Party::Task<> leave(Party::Connection connection) {
    if (!room().getConnection(connection.id())) seated_.erase(std::string(connection.id()));
    return tell();
  }
  Party::Task<> tell() {
    room().storage().put("seated", std::vector<std::string>(seated_.begin(), seated_.end()));
    room().broadcast(nlohmann::json(seated_).dump());
    return {};
  }

  std::set<std::string> seated_;
};

PARTY_SUBJECT(Cardroom) {
  id(17);
  knownMinimum(3);
  clients(2, 4);
  messages(rc::gen::just<std::string>("deal"));
  eventually("presence converges", std::chrono::seconds(5),
             Party::Sim::presenceConverges([](const std::vector<Party::Message>& seen) {
               return seen.empty() ? std::set<std::string>()
                                   : nlohmann::json::parse(seen.back().content()).get<std::set<std::string>>();
             }));
}
