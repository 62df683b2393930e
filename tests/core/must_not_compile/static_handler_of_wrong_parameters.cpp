#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  static Party::Task<Party::RequestOrResponse> onBeforeConnect(Party::Lobby) { co_return std::nullopt; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
