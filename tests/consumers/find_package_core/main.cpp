#include <party/party.h>
#include <party/version.h>

class Greeter : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send("hello");
    co_return;
  }
};
static_assert(Party::Worker<Greeter>);

int main() { return Party::version().empty() ? 1 : 0; }
