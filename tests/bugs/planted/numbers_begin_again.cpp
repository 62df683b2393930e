// Numbers of messages are counted in a member: after a sleep they begin again, and what was stored is overwritten.

#include <party/party.h>
#include <party/sim/subject.h>

#include <cstdint>
#include <string>

class Bulletin : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

#ifdef FIXED
  Party::Task<> onStart() override {
    const auto last = co_await room().storage().get<std::uint64_t>("newest");
    newest_ = last.value_or(0);
  }
#endif
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    const std::string number = std::to_string(++newest_);
    room().storage().put("notice-" + number, message.content());
#ifdef FIXED
    room().storage().put("newest", newest_);
#endif
    room().broadcast("#" + number + " " + std::string(message.content()));
    return {};
  }

 private:
  std::uint64_t newest_ = 0;
};

PARTY_SUBJECT(Bulletin) {
  id(4);
  knownMinimum(4);
  clients(1, 3);
  messages(rc::gen::element<std::string>("sale", "lost cat"));
}
