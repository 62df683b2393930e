// A party in a file of its own, whose main comes from the library.

#include <party/party.h>
#include <party/sim/subject.h>

class Echo : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().broadcast(message);
    return {};
  }
};

PARTY_SUBJECT(Echo) { clients(1, 2); }
