#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<Party::Response> onFetch(Party::Request) { co_return Party::Response(); }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
