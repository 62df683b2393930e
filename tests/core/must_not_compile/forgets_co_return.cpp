#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override { sender.send(message); }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
