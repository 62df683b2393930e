#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    child();
    co_return;
  }

 private:
  Party::Task<> child() { co_return; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
