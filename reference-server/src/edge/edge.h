#pragma once

#include "edge/static_files.h"
#include "log.h"
#include "net/descriptor.h"
#include "net/http_session.h"
#include "net/loop.h"
#include "rooms/traffic.h"
#include "rooms/wall_clock.h"

#include <party/host/edge_machine.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace Party::Serve {

struct EdgeSetup {
  const Host::Parties& parties;
  const HttpLimits& http;
  const HttpPatience& patience;
  const StaticFiles* files = nullptr;
  std::uint64_t seed = 0;
  std::size_t shard = 0;
};

/// Where clients arrive: their HTTP sessions, the edge machine, static files. What is for a room goes on as traffic,
/// an upgrade together with its transport.
class Edge final : public HttpSession::Owner {
 public:
  Edge(Loop& loop, EdgeSetup setup, Traffic& traffic);

  void adopt(Descriptor client);
  using Answer = std::variant<Host::ResponseHead, Host::ResponseChunk, Host::ResponseEnd>;
  /// From a room of this or another shard. It leaves at the end of the turn: the room may be at work.
  void answer(Answer answer) { answers_.push_back(std::move(answer)); }

  void checkPatience();
  void endTurn();

  /// No further requests.
  void retire();
  bool isQuiet() const { return sessions_.empty(); }

  // HttpSession::Owner
  void requestArrived(HttpSession& session, Request request) override;
  void sessionEnded(HttpSession& session) override;
  std::string_view httpDate() override;
  std::span<char> receiveBuffer() override { return receiveBuffer_; }

 private:
  struct Awaiting {
    HttpSession* session = nullptr;
    std::string webSocketKey;      // of an upgrade: the request may be changed on its way
    std::optional<RoomName> room;  // of a plain request that has gone there
  };
  using Happened = std::variant<Host::EdgeRequestReceived, Host::TimerDue>;

  void serve(Happened happened);
  void serveOne(Happened&& happened);
  bool serveFile(HttpSession& session, const Request& request);
  void deliver(Answer& answer);
  void carryOut(Host::RequestForwarded& effect);
  void carryOut(Host::ResponseHead& effect);
  void carryOut(Host::TimerSet& effect);
  void carryOut(Host::TimerCleared& effect);
  void carryOut(Host::HandlerFailed& effect);
  void carryOut(Host::Logged& effect);

  Loop& loop_;
  EdgeSetup setup_;
  Traffic& traffic_;
  WallClock clock_;
  Host::EdgeMachine machine_;
  std::vector<std::string_view> partyNames_;
  std::unordered_map<HttpSession*, std::unique_ptr<HttpSession>> sessions_;
  std::unordered_map<std::uint64_t, Awaiting> awaiting_;  // by request key
  std::unordered_map<HttpSession*, std::uint64_t> keyOf_;
  std::unordered_map<std::uint64_t, Loop::Timer> timers_;
  std::vector<std::unique_ptr<HttpSession>> ended_;
  std::deque<Happened> waiting_;
  std::deque<Answer> answers_;
  LogBudget failures_{100};
  bool serving_ = false;
  bool retiring_ = false;
  std::uint64_t requests_ = 0;
  std::uint64_t causes_ = 0;
  std::string date_;
  std::int64_t dateSecond_ = 0;
  std::vector<char> receiveBuffer_;
};

}  // namespace Party::Serve
