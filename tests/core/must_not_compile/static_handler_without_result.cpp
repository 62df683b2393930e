#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  static void onFetch(Party::Request) {}
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
