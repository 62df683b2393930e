#include <party/party.h>
#include <coroutine>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message, Party::Connection) override { co_await std::suspend_always(); }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
