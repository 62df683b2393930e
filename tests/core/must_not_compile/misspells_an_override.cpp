#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMesage(Party::Message, Party::Connection) override { co_return; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
