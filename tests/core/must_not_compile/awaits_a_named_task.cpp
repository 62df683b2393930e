#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    Party::Task<> named;
    co_await named;
  }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
