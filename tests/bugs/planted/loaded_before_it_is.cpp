// The flag that says "loaded" is set before loading has ended: who asks meanwhile is answered out of nothing.

#include <party/party.h>
#include <party/sim/subject.h>

#include <algorithm>
#include <string>

class Menu : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

#ifdef FIXED
  Party::Task<> onStart() override { return load(); }
#endif
  Party::Task<> onMessage(Party::Message, Party::Connection guest) override {
#ifndef FIXED
    if (!loaded_) {
      loaded_ = true;
      co_await load();
    }
#endif
    guest.send("today: " + dish_);
    co_return;
  }

 private:
  Party::Task<> load() {
    try {
      const auto answer = co_await room().fetch("https://kitchen.example/today");
      dish_ = answer.body();
    } catch (const Party::Error&) {
      dish_ = "ask the cook";
    }
  }

#ifndef FIXED
  bool loaded_ = false;
#endif
  std::string dish_;
};

PARTY_SUBJECT(Menu) {
  id(19);
  knownMinimum(3);
  clients(1, 3);
  peer("https://kitchen.example", [](const Party::Request&) { return Party::Response("soup"); });
  messages(rc::gen::just<std::string>("what is there?"));
  never("somebody is offered nothing", [](const Party::Sim::View& view) {
    return std::ranges::any_of(view.clients(), [](const Party::Sim::ClientView& client) {
      return std::ranges::count(client.allMessages(), Party::Message("today: ")) > 0;
    });
  });
}
