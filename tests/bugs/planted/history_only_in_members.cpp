// What was written in the guest book lives in a member; after a sleep the book is empty.

#include <party/json.h>
#include <party/party.h>
#include <party/sim/subject.h>

#include <string>
#include <vector>

class GuestBook : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

#ifdef FIXED
  Party::Task<> onStart() override {
    const auto saved = co_await room().storage().get<std::vector<std::string>>("visits");
    if (saved) visits_ = *saved;
  }
#endif
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send(nlohmann::json(visits_).dump());
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection guest) override {
    visits_.push_back(std::string(guest.id()) + ": " + std::string(message.content()));
#ifdef FIXED
    room().storage().put("visits", visits_);
#endif
    room().broadcast(visits_.back());
    return {};
  }

 private:
  std::vector<std::string> visits_;
};

PARTY_SUBJECT(GuestBook) {
  id(1);
  knownMinimum(4);
  messages(rc::gen::element<std::string>("nice", "lovely", "hm"));
}
