// A party as a fuzz target, which without libFuzzer plays the files it is given.

#include <party/party.h>
#include <party/sim/fuzz.h>

class Echo : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().broadcast(message);
    return {};
  }
};

PARTY_FUZZ(Echo)
