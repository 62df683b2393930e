// A chat that stores its lines, and numbers them.

#include <party/json.h>
#include <party/party.h>
#include <party/sim/laws.h>
#include <party/sim/subject.h>

#include <string>
#include <vector>

class Salon : public Party::Server {
 public:
  using Party::Server::Server;
  Party::ServerOptions options() const override { return {.hibernate = true}; }

  Party::Task<> onStart() override {
    const auto saved = co_await room().storage().list<std::string>(Party::ListOptions().prefix("line-"));
    for (const auto& [key, line] : saved) lines_.push_back(line);
  }
  Party::Task<> onConnect(Party::Connection connection, Party::ConnectionContext) override {
    connection.send(nlohmann::json(lines_).dump());
    return {};
  }
  Party::Task<> onMessage(Party::Message message, Party::Connection) override {
    const std::string line(message.content());
    room().storage().put("line-" + std::to_string(10'000 + lines_.size()), line);
    lines_.push_back(line);
    room().broadcast(line);
    return {};
  }

 private:
  std::vector<std::string> lines_;
};

PARTY_SUBJECT(Salon) {
  clients(1, 5);
  messages(rc::gen::element<std::string>("hello", "how are you?", "fine"));
  const auto snapshot = [](const Party::Message& message) -> std::optional<std::vector<std::string>> {
    if (!message.content().starts_with('[')) return std::nullopt;
    return nlohmann::json::parse(message.content()).get<std::vector<std::string>>();
  };
  eventually("all see the same lines", std::chrono::seconds(5),
             Party::Sim::snapshotPlusDeltas(snapshot, [](std::vector<std::string>& lines, const Party::Message& line) {
               lines.emplace_back(line.content());
             }));
}
