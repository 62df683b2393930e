#include <party/party.h>
#include <party/run.h>

class Quiet : public Party::Server {
 public:
  using Party::Server::Server;
};

int main(int argc, char** argv) { return Party::run(argc, argv, Party::parties<Quiet>("main")); }
