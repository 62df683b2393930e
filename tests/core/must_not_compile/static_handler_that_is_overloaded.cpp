#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  static Party::Request onBeforeRequest(Party::Request request) { return request; }
  static Party::Request onBeforeRequest(Party::Request request, Party::Lobby) { return request; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
