// A ticket leaves one pile and reaches the other behind an await: in between a crash loses it.

#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <string>

class BoxOffice : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message, Party::Connection buyer) override {
    Party::Storage& storage = room().storage();
    const auto unsold = co_await storage.get<int>("unsold");
    const auto taken = co_await storage.get<int>("taken");
    const int left = unsold.value_or(seats);
    if (left == 0) {
      buyer.send("sold out");
      co_return;
    }
    storage.put("unsold", left - 1);
#ifndef FIXED
    co_await storage.sync();
#endif
    storage.put("taken", taken.value_or(0) + 1);
    buyer.send("here is your ticket");
  }

  static constexpr int seats = 20;
};

PARTY_SUBJECT(BoxOffice) {
  id(6);
  knownMinimum(3);
  clients(1, 3);
  messages(rc::gen::just<std::string>("one, please"));
  always("every ticket is in one pile", Party::Sim::keysMoveTogether<int>({"unsold", "taken"}, [](const auto& piles) {
           return piles[0].value_or(BoxOffice::seats) + piles[1].value_or(0) == BoxOffice::seats;
         }));
}
