#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;

 private:
  static Party::Task<Party::RequestOrResponse> onBeforeConnect(Party::Request request) { co_return request; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
