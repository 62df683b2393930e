// Who plays is kept in a member beside the sockets: after a sleep the sockets are there and nobody plays.

#include <party/party.h>
#include <party/sim/subject.h>

#include <map>
#include <string>

class Arena : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
#ifdef FIXED
    connection.setState(0);
#else
    places_[std::string(connection.id())] = 0;
#endif
    connection.send("you stand at 0");
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection connection) override {
    const int step = message.content() == "left" ? -1 : 1;
#ifdef FIXED
    const int place = connection.updateState<int>([step](auto before) { return before.value_or(0) + step; });
#else
    const auto player = places_.find(std::string(connection.id()));
    if (player == places_.end()) {
      connection.send("you are not admitted");
      return {};
    }
    const int place = player->second += step;
#endif
    room().broadcast(std::string(connection.id()) + " stands at " + std::to_string(place));
    return {};
  }

 private:
#ifndef FIXED
  std::map<std::string, int> places_;
#endif
};

PARTY_SUBJECT(Arena) {
  id(2);
  knownMinimum(3);
  clients(1, 4);
  messages(rc::gen::element<std::string>("left", "right"));
}
