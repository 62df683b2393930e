#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  struct Unknown {};
  Party::Task<> onMessage(Party::Message, Party::Connection) override { co_await room().storage().put("k", Unknown()); }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
