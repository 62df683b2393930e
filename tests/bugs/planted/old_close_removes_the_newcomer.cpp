// Somebody comes back before the room has seen the old connection end; when it ends, the one who is here is removed.

#include <party/json.h>
#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <set>
#include <string>
#include <vector>

class Whiteboard : public Party::Server {
 public:
  using Party::Server::Server;

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    drawers_.emplace(connection.id());
    return tell();
  }
  Party::Task<> onClose(Party::Connection connection) override { return leave(connection); }
  Party::Task<> onError(Party::Connection connection, Party::Error) override { return leave(connection); }

 private:
  Party::Task<> leave(Party::Connection connection) {
#ifdef FIXED
    if (room().getConnection(connection.id())) return {};
#endif
    drawers_.erase(std::string(connection.id()));
    return tell();
  }
  Party::Task<> tell() {
    room().broadcast(nlohmann::json(drawers_).dump());
    return {};
  }

  std::set<std::string> drawers_;
};

PARTY_SUBJECT(Whiteboard) {
  id(18);
  knownMinimum(3);
  clients(1, 4);
  messages(rc::gen::just<std::string>("line"));
  eventually("presence converges", std::chrono::seconds(5),
             Party::Sim::presenceConverges([](const std::vector<Party::Message>& seen) {
               return seen.empty() ? std::set<std::string>()
                                   : nlohmann::json::parse(seen.back().content()).get<std::set<std::string>>();
             }));
}
