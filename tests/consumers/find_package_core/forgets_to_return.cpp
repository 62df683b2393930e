#include <party/party.h>

class Forgetful : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override { connection.send("hello"); }
};

int main() { return static_cast<int>(sizeof(Forgetful)) == 0 ? 1 : 0; }
