// The bid is shown before it is durable: a crash takes back what everybody saw.

#include <party/party.h>
#include <party/sim/subject.h>

#include <string>

class Auction : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    const auto saved = co_await room().storage().get<std::string>("highest");
    highest_ = saved.value_or("none yet");
  }
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send("highest bid: " + highest_);
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection bidder) override {
    highest_ = std::string(bidder.id()) + " " + std::string(message.content());
#ifdef FIXED
    room().storage().put("highest", highest_);
#else
    room().storage().put("highest", highest_, Party::PutOptions().allowUnconfirmed());
#endif
    room().broadcast("highest bid: " + highest_);
    return {};
  }

 private:
  std::string highest_;
};

PARTY_SUBJECT(Auction) {
  id(5);
  knownMinimum(3);
  clients(1, 3);
  messages(rc::gen::element<std::string>("10", "20", "30"));
}
