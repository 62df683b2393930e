#include <party/party.h>

class Subject : public Party::Server {
 public:
  using Party::Server::Server;
  Party::Task<> onMessage(Party::Message message, Party::Connection sender) override {
    auto pending = room().sleep(std::chrono::seconds(1));
    co_await std::move(pending);
    auto task = child();
    co_await std::move(task);
    room().storage().put("k", 1);
    room().setTimeout(std::chrono::seconds(1), [] {});
    sender.send(message);
  }
  static Party::Task<Party::Response> onBeforeConnect(Party::Request) { co_return Party::Response("no", 403); }
  static Party::Request onBeforeRequest(Party::Request request, Party::Lobby) { return request; }
  static std::optional<Party::Response> onFetch() { return std::nullopt; }

 private:
  Party::Task<> child() { co_return; }
};

Party::Host::Parties registered() { return Party::parties<Subject>("main"); }
