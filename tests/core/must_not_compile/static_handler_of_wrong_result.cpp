#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  static Party::Task<bool> onBeforeConnect(Party::Request) { co_return true; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
