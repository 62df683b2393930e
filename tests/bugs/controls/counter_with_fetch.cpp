// Votes are counted by another room, which is asked for the sum.

#include <party/party.h>
#include <party/sim/subject.h>

#include <string>

class Tally : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<Party::Response> onRequest(Party::Request request) override {
    Party::Storage& storage = room().storage();
    const auto sum = co_await storage.get<int>("sum");
    const int next = sum.value_or(0) + (request.method() == "POST" ? 1 : 0);
    if (request.method() == "POST") storage.put("sum", next);
    co_return Party::Response(std::to_string(next));
  }
};

class Ballot : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message, Party::Connection voter) override {
    std::string answer = "try again later";
    try {
      const auto stub = room().context().parties("tally").get(room().id());
      const auto response = co_await stub.fetch("/", Party::RequestInit().method("POST"));
      answer = response.body();
    } catch (const Party::Error&) {
    }
    voter.send(answer);
  }
};

PARTY_SUBJECT(Ballot) {
  party<Tally>("tally");
  clients(1, 4);
  messages(rc::gen::just<std::string>("yes"));
}
