// Each channel that is asked for becomes a tag, and there is a limit to tags.

#include <party/party.h>
#include <party/sim/subject.h>

#include <algorithm>
#include <string>
#include <vector>

class Newsroom : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<std::vector<std::string>> getConnectionTags(Party::Connection,
                                                          Party::ConnectionContext context) override {
    std::vector<std::string> tags;
    std::string rest = context.request.query("channels").value_or("");
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (comma > 0) tags.push_back(rest.substr(0, comma));
      rest.erase(0, comma + 1);
    }
#ifdef FIXED
    constexpr std::size_t most = 9;
    if (tags.size() > most) tags.resize(most);
#endif
    co_return tags;
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    room().getConnections(message.content()).send("news of " + std::string(message.content()));
    return {};
  }
};

PARTY_SUBJECT(Newsroom) {
  id(22);
  knownMinimum(1);
  clients(1, 3);
  const auto channel = rc::gen::map(rc::gen::inRange(0, 40), [](int n) { return "channel-" + std::to_string(n); });
  messages(channel);
  const auto several = rc::gen::container<std::vector<std::string>>(channel);
  connects(rc::gen::map(several, [](const std::vector<std::string>& names) {
    std::string query = "channels=";
    for (const std::string& name : names) query += name + ",";
    return query;
  }));
}
