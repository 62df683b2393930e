// The balance is read before a call and written behind it: of two deposits at a time one is lost.

#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <optional>
#include <string>

class Purse : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message, Party::Connection owner) override {
    Party::Storage& storage = room().storage();
#ifndef FIXED
    const auto balance = co_await storage.get<int>("balance");
#endif
    co_await isAllowed();
#ifdef FIXED
    const auto balance = co_await storage.get<int>("balance");
#endif
    const int sum = balance.value_or(0) + 1;
    storage.put("balance", sum);
    owner.send("balance " + std::to_string(sum));
  }

 private:
  Party::Task<bool> isAllowed() {
    try {
      const auto answer = co_await room().fetch("https://bank.example/may-i");
      co_return answer.status() == 200;
    } catch (const Party::Error&) {
    }
    co_return true;
  }
};

PARTY_SUBJECT(Purse) {
  using namespace Party::Sim;
  id(7);
  knownMinimum(3);
  clients(1, 3);
  peer("https://bank.example", [](const Party::Request&) { return Party::Response("yes"); });
  messages(rc::gen::just<std::string>("deposit"));
  const auto deposit = [](const Party::Message&) { return Operation{Operation::Kind::add, "1", ""}; };
  const auto sum = [](const Party::Message& message) {
    return OperationResult{std::string(message.content().substr(std::string("balance ").size())), ""};
  };
  always("every deposit counts", linearizableCounter(deposit, sum));
}
