#include <party/error.h>
#include <party/host/chance.h>
#include <party/host/edge_machine.h>
#include <party/host/routing.h>

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>
#include <utility>

#include "running_handlers.h"
#include "uuid.h"

namespace Party::Detail {

/// Each request is a handler or two of its own: no gate, no storage, nothing to remember between them.
class EdgeCore final : public HandlerOwner {
 public:
  EdgeCore(const Host::Parties& parties, std::uint64_t seed) : parties_(parties), seed_(seed), handlers_(*this) {
    for (const auto& party : parties) names_.push_back(party.name);
  }
  ~EdgeCore() { handlers_.destroyAll(); }
  EdgeCore(const EdgeCore&) = delete;
  EdgeCore& operator=(const EdgeCore&) = delete;

  std::vector<Host::EdgeEffect>& handle(Time now, Host::Cause cause, Host::EdgeEvent&& event) {
    effects_.clear();
    now_ = std::max(now_, now);
    if (auto* arrived = std::get_if<Host::EdgeRequestReceived>(&event)) {
      route(*arrived, cause);
    } else {
      wake(std::get<Host::TimerDue>(event).timer.value);
    }
    run();
    return effects_;
  }

  // What a lobby asks.
  RunningHandlers& handlers() noexcept { return handlers_; }
  Time now() const noexcept { return now_; }
  std::uint64_t draw(Host::Purpose purpose) {
    HandlerContext& drawing = context();
    const auto number = static_cast<std::uint64_t>(purpose);
    return Host::mix(seed_, number, drawing.cause.value, drawing.draws.at(number)++);
  }
  OperationKey sleep(Duration length) {
    const OperationKey key = handlers_.open(false);
    const std::uint64_t timer = ++lastTimer_;
    sleeping_.emplace(timer, key);
    effects_.emplace_back(Host::TimerSet{{timer}, now_ + std::max(length, Duration(0))});
    return key;
  }
  void runInBackground(Task<> work) {
    background_.emplace_back(HandlerContext(Host::HandlerKind::background, causeOfChild(seed_, context())),
                             std::move(work));
  }
  void log(LogLevel level, std::string_view text) { effects_.emplace_back(Host::Logged{level, SharedBytes(text)}); }
  HandlerContext& context() {
    if (handlers_.current() == nullptr) throw Error("a lobby can be used only by the handler it was given to");
    return *handlers_.current();
  }

  void errorUnawaited(std::exception_ptr error) noexcept override {
    effects_.emplace_back(Host::HandlerFailed{Host::HandlerKind::background, std::move(error)});
  }
  void gateHolderGone() noexcept override {}

  void handlerEnded(Handler& handler, std::uint32_t) override {
    const std::exception_ptr error = errorOf(handler);
    if (error) effects_.emplace_back(Host::HandlerFailed{handler.context.kind, error});
    const Host::RequestKey key = handler.context.request;
    switch (handler.context.kind) {
      case Host::HandlerKind::onBeforeConnect:
      case Host::HandlerKind::onBeforeRequest:
        if (error) {
          refuse(key, error);
        } else {
          const RunningHandlers::Entered entered(handlers_, handler.context);
          decided(key, std::get<Task<RequestOrResponse>>(handler.task));
        }
        return;
      case Host::HandlerKind::onFetch:
        if (error) {
          respond(key, Response(textOf(error), 500));  // EDGE-3
        } else {
          auto& task = std::get<Task<std::optional<Response>>>(handler.task);
          auto answer = TaskAccess::hasResult(task) ? TaskAccess::result(task) : std::nullopt;
          respond(key, answer ? std::move(*answer) : Response("Not found", 404));
        }
        return;
      default:
        return;
    }
  }

 private:
  struct UnderWay {
    std::size_t party = 0;
    std::string id;
    Request request;
  };

  void route(const Host::EdgeRequestReceived& arrived, Host::Cause cause) {
    const Host::Route route = Host::route(arrived.request.path(), names_);
    if (const auto* unknown = std::get_if<Host::UnknownParty>(&route)) {
      respond(arrived.key, Response("Party " + std::string(unknown->name) + " not found", 404));  // ROUTE-7
      return;
    }
    if (const auto* room = std::get_if<Host::RoomRoute>(&route)) {
      toRoom(arrived, *room, cause);
      return;
    }
    const auto main = std::ranges::find(parties_, "main", &Host::PartyDescriptor::name);
    if (main == parties_.end() || main->onFetch == nullptr) {
      respond(arrived.key, Response("Not found", 404));  // ROUTE-17
      return;
    }
    handlers_.start(HandlerContext(Host::HandlerKind::onFetch, cause, arrived.key),
                    [&](Handler&) { return main->onFetch(arrived.request, FetchLobby(this), ExecutionContext(this)); });
  }

  void toRoom(const Host::EdgeRequestReceived& arrived, const Host::RoomRoute& room, Host::Cause cause) {
    const Host::PartyDescriptor& party = parties_[room.party];
    const bool upgrade = arrived.request.isWebSocketUpgrade();
    const auto handler = upgrade ? party.onBeforeConnect : party.onBeforeRequest;
    underWay_.insert_or_assign(arrived.key.value, UnderWay{room.party, std::string(room.id), arrived.request});
    const HandlerContext context(upgrade ? Host::HandlerKind::onBeforeConnect : Host::HandlerKind::onBeforeRequest,
                                 cause, arrived.key);
    if (handler == nullptr) {
      forward(arrived.key, arrived.request);
      return;
    }
    handlers_.start(context, [&](Handler&) {
      return handler(arrived.request, Lobby(this, std::string(room.id)), ExecutionContext(this));
    });
  }

  void decided(Host::RequestKey key, Task<RequestOrResponse>& task) {
    RequestOrResponse decision = TaskAccess::hasResult(task) ? TaskAccess::result(task) : RequestOrResponse();
    if (const Response* response = decision.response()) {
      Response answer = *response;
      underWay_.erase(key.value);
      respond(key, std::move(answer));
    } else if (const Request* request = decision.request()) {
      forward(key, *request);
    } else {
      forward(key, Request(underWay_.at(key.value).request));  // CONNECT-34, D-19; forward() ends what is under way
    }
  }

  // The room is the one of the original URL, whatever the request now says (D-20, CONNECT-37).
  void forward(Host::RequestKey key, const Request& request) {
    UnderWay original = std::move(underWay_.at(key.value));
    underWay_.erase(key.value);
    if (!request.isWebSocketUpgrade() && !parties_[original.party].overrides.onRequest) {
      respond(key, Response("No onRequest handler", 500));  // REQUEST-17
      return;
    }
    effects_.emplace_back(Host::RequestForwarded{key, original.party, std::move(original.id), request});
  }

  void refuse(Host::RequestKey key, const std::exception_ptr& error) {
    underWay_.erase(key.value);
    bool thrownString = false;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception&) {
    } catch (...) {
      thrownString = true;
    }
    std::string text = textOf(error);
    if (text.empty() && thrownString) text = "Unauthorised";  // CONNECT-35: an Error's empty message stays empty
    respond(key, Response(text, 401));
  }

  void respond(Host::RequestKey key, Response response) {
    effects_.emplace_back(Host::ResponseHead{key, std::move(response), true});
  }

  void wake(std::uint64_t timer) {
    const auto at = sleeping_.find(timer);
    if (at == sleeping_.end()) return;
    const OperationKey key = at->second;
    sleeping_.erase(at);
    handlers_.settle(key, std::monostate());
  }

  void run() {
    for (;;) {
      handlers_.runReady([] { return false; });
      if (background_.empty()) return;
      auto work = std::move(background_.front());
      background_.pop_front();
      handlers_.start(work.first, [&](Handler&) { return std::move(work.second); });
    }
  }

  const Host::Parties& parties_;
  std::vector<std::string_view> names_;  // the descriptors' own
  std::uint64_t seed_;
  Time now_{};
  std::vector<Host::EdgeEffect> effects_;
  RunningHandlers handlers_;
  std::map<std::uint64_t, UnderWay> underWay_;
  std::map<std::uint64_t, OperationKey> sleeping_;
  std::deque<std::pair<HandlerContext, Task<>>> background_;
  std::uint64_t lastTimer_ = 0;
};

}  // namespace Party::Detail

namespace Party {

Time FetchLobby::now() const { return std::chrono::floor<std::chrono::milliseconds>(edge_->now()); }
Pending<void> FetchLobby::sleep(Duration length) const {
  return Pending<void>::waiting(edge_->handlers(), edge_->sleep(length), [](Detail::OperationResult&&) {});
}
double FetchLobby::random() const {
  return static_cast<double>(edge_->draw(Host::Purpose::userRandom) >> 11) * 0x1.0p-53;
}
std::uint64_t FetchLobby::randomInteger(std::uint64_t bound) const {
  if (bound == 0) throw Error("randomInteger needs a bound above 0");
  return Host::below(edge_->draw(Host::Purpose::userRandom), bound);
}
std::string FetchLobby::randomUUID() const {
  const std::uint64_t high = edge_->draw(Host::Purpose::userUuid);
  const std::uint64_t low = edge_->draw(Host::Purpose::userUuid);
  return Detail::uuidOf(high, low);
}
void FetchLobby::log(LogLevel level, std::string_view text) const { edge_->log(level, text); }
void ExecutionContext::waitUntil(Task<> work) const { edge_->runInBackground(std::move(work)); }

namespace Host {

EdgeMachine::EdgeMachine(const Parties& parties, std::uint64_t seed)
    : core_(std::make_unique<Detail::EdgeCore>(parties, seed)) {}
EdgeMachine::~EdgeMachine() = default;

std::vector<EdgeEffect>& EdgeMachine::handle(Time now, Cause cause, EdgeEvent&& event) {
  return core_->handle(now, cause, std::move(event));
}

void checkPartyNames(const Parties& parties) {
  for (auto party = parties.begin(); party != parties.end(); ++party) {
    const auto allowed = [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
    };
    if (party->name.empty() || !std::ranges::all_of(party->name, allowed)) {
      throw Error("the party name \"" + party->name + "\" must be one or more of a-z, 0-9, _ and -");
    }
    if (std::any_of(parties.begin(), party, [&](const auto& earlier) { return earlier.name == party->name; })) {
      throw Error("the party name \"" + party->name + "\" is there twice; names must differ");
    }
  }
}

}  // namespace Host
}  // namespace Party
