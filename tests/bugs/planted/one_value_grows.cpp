// All that was pasted is kept in one value, until it is too large for one.

#include <party/party.h>
#include <party/sim/subject.h>

#include <string>
#include <vector>

class Clipboard : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    constexpr std::size_t longest = 100'000;
    if (!message.isText() || message.content().size() > longest) {
      sender.send("texts of at most 100 kB, please");
      co_return;
    }
    Party::Storage& storage = room().storage();
#ifdef FIXED
    const auto clips = co_await storage.get<int>("clips");
    const int next = clips.value_or(0);
    storage.put("clips", next + 1);
    storage.put("clip-" + std::to_string(next), message.content());
#else
    auto clips = (co_await storage.get<std::vector<std::string>>("clips")).value_or(std::vector<std::string>());
    clips.emplace_back(message.content());
    storage.put("clips", clips);
#endif
    room().broadcast("a new clip");
  }
};

PARTY_SUBJECT(Clipboard) {
  id(23);
  knownMinimum(3);
  clients(1, 3);
}
