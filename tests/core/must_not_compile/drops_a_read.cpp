#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    room().storage().get<int>("k");
    co_return;
  }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
