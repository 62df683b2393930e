#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override {
    auto named = room().sleep(std::chrono::seconds(1));
    co_await named;
  }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
