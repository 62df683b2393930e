// A turn has a time limit, an empty table is cleared: both use the one alarm of the room, and the later takes it.

#include <party/party.h>
#include <party/sim/subject.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

using namespace std::chrono_literals;

class Checkers : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message, Party::Connection player) override {
    const Party::Time turnEnds = room().now() + 30s;
    room().storage().put("turn-ends", turnEnds);
    room().expectWakeBy(turnEnds, "the turn");
    player.send("your turn ends in 30 s");
    return wakeBy(turnEnds);
  }
  Party::Task<> onClose(Party::Connection) override {
    if (!room().getConnections().empty()) return {};
    const Party::Time clearedAt = room().now() + 300s;
    room().storage().put("cleared-at", clearedAt);
    return wakeBy(clearedAt);
  }
  Party::Task<> onAlarm() override {
    Party::Storage& storage = room().storage();
    const auto turnEnds = co_await storage.get<Party::Time>("turn-ends");
    const auto clearedAt = co_await storage.get<Party::Time>("cleared-at");
    // From here on nothing is awaited: what is done and when to wake next is stored together.
    std::optional<Party::Time> next;
    if (clearedAt && *clearedAt > room().now()) next = clearedAt;
    if (turnEnds && *turnEnds > room().now()) next = next ? std::min(*next, *turnEnds) : turnEnds;
    if (clearedAt && *clearedAt <= room().now()) storage.remove("cleared-at");
    if (turnEnds && *turnEnds <= room().now()) {
      storage.remove("turn-ends");
      room().broadcast("time is up");
    }
    if (next) storage.setAlarm(*next);
  }

 private:
  Party::Task<> wakeBy(Party::Time time) {
#ifdef FIXED
    const auto alarm = co_await room().storage().getAlarm();
    if (alarm && *alarm <= time) co_return;
#endif
    room().storage().setAlarm(time);
    co_return;
  }
};

PARTY_SUBJECT(Checkers) {
  id(11);
  knownMinimum(3);
  clients(1, 3);
  messages(rc::gen::just<std::string>("move"));
}
