#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<Party::Response> onRequest(Party::Request) override { co_await room().sleep(std::chrono::seconds(1)); }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
