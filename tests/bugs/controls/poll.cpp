// One vote each, kept by voter; the result is counted anew each time.

#include <party/party.h>
#include <party/sim/subject.h>

#include <map>
#include <string>

class Opinion : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onMessage(Party::Message message, Party::Connection voter) override {
    const std::string key = "vote-" + std::string(voter.id());
    room().storage().put(key, message.content());
    const auto votes = co_await room().storage().list<std::string>(Party::ListOptions().prefix("vote-"));
    room().broadcast(result(votes));
  }
  Party::Task<Party::Response> onRequest(Party::Request) override {
    const auto votes = co_await room().storage().list<std::string>(Party::ListOptions().prefix("vote-"));
    co_return Party::Response(result(votes));
  }

 private:
  template <class Votes>
  static std::string result(const Votes& votes) {
    std::map<std::string, int> counts;
    for (const auto& [voter, vote] : votes) ++counts[vote];
    std::string text;
    for (const auto& [vote, count] : counts) text += vote + " " + std::to_string(count) + " ";
    return text;
  }
};

PARTY_SUBJECT(Opinion) {
  clients(1, 4);
  messages(rc::gen::element<std::string>("tea", "coffee"));
}
