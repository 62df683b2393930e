// Who is here is who has a socket: nothing to keep, nothing to clean up.

#include <party/json.h>
#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <set>
#include <string>
#include <vector>

class Foyer : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection, Party::ConnectionContext) override { return tell(); }
  Party::Task<> onClose(Party::Connection) override { return tell(); }
  Party::Task<> onError(Party::Connection, Party::Error) override { return tell(); }

 private:
  Party::Task<> tell() {
    std::set<std::string> here;
    for (const auto connection : room().getConnections()) here.emplace(connection.id());
    room().broadcast(nlohmann::json(here).dump());
    return {};
  }
};

PARTY_SUBJECT(Foyer) {
  clients(1, 5);
  messages(rc::gen::just<std::string>("hi"));
  eventually("presence converges", std::chrono::seconds(5),
             Party::Sim::presenceConverges([](const std::vector<Party::Message>& seen) {
               return seen.empty() ? std::set<std::string>()
                                   : nlohmann::json::parse(seen.back().content()).get<std::set<std::string>>();
             }));
}
