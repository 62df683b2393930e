// Each connection asks for channels, which become its tags; what is written to one reaches those who asked for it.

#include <party/party.h>
#include <party/sim/subject.h>

#include <algorithm>
#include <string>
#include <vector>

class Switchboard : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<std::vector<std::string>> getConnectionTags(Party::Connection,
                                                          Party::ConnectionContext context) override {
    std::vector<std::string> tags;
    const std::string wanted = context.request.query("lines").value_or("");
    for (const char letter : wanted.substr(0, 9)) tags.emplace_back(1, letter);
    co_return tags;
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection caller) override {
    const auto listeners = room().getConnections(message.content());
    caller.send(std::to_string(listeners.count()) + " listen");
    listeners.send("ring " + std::string(message.content()));
    return {};
  }
};

PARTY_SUBJECT(Switchboard) {
  clients(1, 5);
  messages(rc::gen::element<std::string>("a", "b", "c"));
  connects(rc::gen::element<std::string>("lines=a", "lines=ab", "lines=abcdefghijkl", ""));
}
