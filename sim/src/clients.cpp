#include <party/error.h>

#include <chrono>
#include <string>
#include <utility>

#include "world_core.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::string_view house = "http://party.test";
constexpr auto longestClosing = std::chrono::seconds(30);  // CP-76

/// What a query value must not contain unescaped; everything but the unreserved characters of RFC 3986.
void appendEscaped(std::string& url, std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      url += c;
    } else {
      url += '%';
      url += digits[byte >> 4];
      url += digits[byte & 15];
    }
  }
}

Request upgradeOf(std::string url, const ClientState& client) {
  std::string query = client.query;
  if (!client.id.empty()) {
    std::string id = "_pk=";
    appendEscaped(id, client.id);
    query = query.empty() ? id : id + '&' + query;
  }
  if (!query.empty()) url += (url.find('?') == std::string::npos ? '?' : '&') + query;
  Headers headers;
  headers.set("upgrade", "websocket").set("connection", "Upgrade");
  for (const auto& [name, value] : client.headers) headers.append(name, value);
  return Request("GET", std::move(url), std::move(headers));
}

}  // namespace

std::string WorldCore::urlOf(std::string_view party, std::string_view room) const {
  for (const auto& known : parties_) {
    if (known.name == party) {
      std::string url(house);
      url += "/parties/";
      url += party;
      url += '/';
      url += room;
      return url;
    }
  }
  throw Error("this world has no party \"" + std::string(party) + "\"");
}

ClientState& WorldCore::newClient() {
  begun_ = true;
  if (clientCount_ == clients_.size()) clients_.emplace_back();
  ClientState& client = clients_[clientCount_++];
  client.phase = ClientState::Phase::idle;
  client.link = none;
  client.connections = 0;
  client.closeCode = 0;
  client.closeReason = noContent;
  client.httpStatus = 0;
  client.frames.clear();
  client.queued.clear();
  return client;
}

std::uint32_t WorldCore::connect(std::string_view party, std::string_view room, const ClientOptions& options) {
  const std::uint32_t index = clientCount_;
  ClientState& client = newClient();
  // In a world that was reset, the same client mostly connects to the same room again: its request is still there.
  const bool sameId = options.id() ? client.id == *options.id() : client.id == "client-" + std::to_string(index);
  const bool same = client.upgrade && sameId && client.party == party && client.room == room &&
                    client.query == options.query() && client.headers == options.headers();
  if (!same) {
    const std::string url = urlOf(party, room);
    client.party = party;
    client.room = room;
    client.id = options.id() ? *options.id() : "client-" + std::to_string(index);
    client.query = options.query();
    client.headers = options.headers();
    client.upgrade = upgradeOf(url, client);
  }
  client.latency = options.latency();
  client.closeAnswer = options.closeAnswer();
  client.closeAnswerAfter = options.closeAnswerAfter();
  if (journal_.on()) journal_.record(Record::client, now_).number(index).text(client.id);
  openConnection(index, nextCause());
  return index;
}

std::uint32_t WorldCore::connectTo(std::string_view url, const ClientOptions& options) {
  const std::uint32_t index = clientCount_;
  ClientState& client = newClient();
  client.party.clear();
  client.room.clear();
  client.id = options.id() ? *options.id() : "client-" + std::to_string(index);
  client.query = options.query();
  client.headers = options.headers();
  client.upgrade = upgradeOf(url.starts_with('/') ? std::string(house).append(url) : std::string(url), client);
  client.latency = options.latency();
  client.closeAnswer = options.closeAnswer();
  client.closeAnswerAfter = options.closeAnswerAfter();
  if (journal_.on()) journal_.record(Record::client, now_).number(index).text(client.id);
  openConnection(index, nextCause());
  return index;
}

void WorldCore::openConnection(std::uint32_t index, Host::Cause cause) {
  ClientState& client = clients_[index];
  client.phase = ClientState::Phase::connecting;
  ++client.connections;
  client.link = newLink(index, cause, client.latency.value_or(options_.latency()));
  if (journal_.on()) journal_.record(Record::connect, now_).number(index).cause(cause).text(client.upgrade->url());
  std::uint32_t number = none;
  Passage& passage = newPassage(number);
  passage.state = Passage::State::toEdge;
  passage.cause = cause;
  passage.link = client.link;
  passage.linkGeneration = links_[client.link].generation;
  passage.request = client.upgrade;
  plan(now_ + pace(Choice::latencyEdge, cause, 0, links_[client.link].latency, cause, Strand::edge),
       {.kind = Kind::atEdge, .target = number, .generation = passage.generation, .cause = cause.value});
}

void WorldCore::changeQuery(std::uint32_t index, std::string_view query) {
  ClientState& client = clients_[index];
  if (client.query == query) return;
  std::string url(client.upgrade->url());
  url.resize(std::min(url.find('?'), url.size()));
  client.query = query;
  client.upgrade = upgradeOf(std::move(url), client);
}

void WorldCore::reconnect(std::uint32_t index) {
  ClientState& client = clients_[index];
  const Host::Cause cause = nextCause();
  if (client.phase != ClientState::Phase::closed) loseClient(index, cause, links_[client.link].latency.low);
  openConnection(index, derive(cause, 0, Derived::verb));
}

void WorldCore::send(std::uint32_t index, const Message& message) {
  ClientState& client = clients_[index];
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::send, now_).number(index).cause(cause).content(message);
  if (client.phase == ClientState::Phase::connecting) client.queued.push_back({message, cause});
  if (client.phase != ClientState::Phase::open) return;
  sendUp(client.link, {.kind = Kind::upMessage, .cause = cause.value, .content = message});
}

void WorldCore::close(std::uint32_t index, std::uint16_t code, std::string_view reason) {
  ClientState& client = clients_[index];
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::close, now_).number(index).cause(cause).number(code).text(reason);
  if (client.phase == ClientState::Phase::connecting) return loseClient(index, cause, links_[client.link].latency.low);
  if (client.phase != ClientState::Phase::open) return;
  client.phase = ClientState::Phase::closing;
  sendUp(client.link, {.kind = Kind::upClose,
                       .code = code == 0 ? std::uint16_t{1005} : code,
                       .cause = cause.value,
                       .content = reason.empty() ? noContent : Message(reason)});
  if (!options_.profile().clientCloseUnanswered) return;
  // CP-76: it waits for an answer until its own timer ends the transport.
  const Happening end{.kind = Kind::downDropped,
                      .target = client.link,
                      .generation = links_[client.link].generation,
                      .cause = cause.value};
  Happening notice = end;
  notice.kind = Kind::upLost;
  plan(now_ + longestClosing, Happening(end));
  plan(now_ + longestClosing, std::move(notice));
}

void WorldCore::drop(std::uint32_t index) {
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::drop, now_).number(index).cause(cause);
  ClientState& client = clients_[index];
  if (client.phase == ClientState::Phase::closed) return;
  loseClient(index, cause, chances_.draw(Choice::lossNotice, cause, 0, links_[client.link].latency));
}

void WorldCore::halfOpen(std::uint32_t index, std::optional<Duration> noticed) {
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::halfOpen, now_).number(index).cause(cause);
  if (clients_[index].phase != ClientState::Phase::closed) loseClient(index, cause, noticed);
}

void WorldCore::breakProtocol(std::uint32_t index, std::uint16_t code, std::string_view reason) {
  ClientState& client = clients_[index];
  const Host::Cause cause = nextCause();
  if (journal_.on()) journal_.record(Record::breakProtocol, now_).number(index).cause(cause).number(code).text(reason);
  if (client.phase != ClientState::Phase::open) return;
  sendUp(client.link, {.kind = Kind::upFailed,
                       .code = code,
                       .cause = cause.value,
                       .content = reason.empty() ? noContent : Message(reason)});
}

/// The client's end is gone. The other learns it `noticed` from now, or never; what is on the way up until then
/// arrives.
void WorldCore::loseClient(std::uint32_t index, Host::Cause cause, std::optional<Duration> noticed) {
  const std::uint32_t link = clients_[index].link;
  if (noticed) {
    plan(now_ + *noticed,
         {.kind = Kind::upLost, .target = link, .generation = links_[link].generation, .cause = cause.value});
  }
  endClient(index, 1006, noContent);
}

void WorldCore::endClient(std::uint32_t index, std::uint16_t code, Message reason) {
  ClientState& client = clients_[index];
  links_[client.link].clientListens = false;
  freeLink(client.link);
  client.link = none;
  client.phase = ClientState::Phase::closed;
  client.closeCode = code;
  client.closeReason = reason;
  client.queued.clear();
  if (journal_.on()) journal_.record(Record::closed, now_).number(index).number(code).text(reason.content());
  show(index, {Frame::Kind::closed, code, client.connections, now_, std::move(reason)});
}

void WorldCore::show(std::uint32_t index, Frame&& frame) {
  auto& frames = clients_[index].frames;
  frames.push_back(std::move(frame));
  for (Observer* observer : observers_) observer->onFrame(now_, Client(this, index), frames.back());
}

void WorldCore::clientOpened(std::uint32_t link) {
  const std::uint32_t index = links_[link].client;
  ClientState& client = clients_[index];
  client.phase = ClientState::Phase::open;
  if (journal_.on()) journal_.record(Record::opened, now_).number(index);
  show(index, {Frame::Kind::opened, 101, client.connections, now_, noContent});
  for (auto& queued : client.queued) {
    sendUp(link, {.kind = Kind::upMessage, .cause = queued.cause.value, .content = std::move(queued.message)});
  }
  client.queued.clear();
}

void WorldCore::clientGot(std::uint32_t link, Happening& happening) {
  const std::uint32_t index = links_[link].client;
  ClientState& client = clients_[index];
  if (journal_.on())
    journal_.record(Record::received, now_).number(index).number(journal_.count() - 1 - happening.value);
  checkOrderDown(links_[link], happening.value);
  show(index, {Frame::Kind::message, 0, client.connections, now_, std::move(happening.content)});
}

/// A close frame of the server: the answer to this side's, or the first one, which this side answers (CP-75).
void WorldCore::clientGotClose(std::uint32_t link, const Happening& happening) {
  const std::uint32_t index = links_[link].client;
  ClientState& client = clients_[index];
  const std::uint16_t code = happening.code == 0 ? std::uint16_t{1005} : happening.code;
  if (client.phase == ClientState::Phase::open && client.closeAnswer != CloseAnswer::never) {
    const Host::Cause cause = derive(links_[link].identity, 0, Derived::closeAnswer);
    if (client.closeAnswer == CloseAnswer::atOnce) {
      sendUp(link, {.kind = Kind::upClose, .code = code, .cause = cause.value});
    } else {
      plan(now_ + client.closeAnswerAfter, {.kind = Kind::closeAnswer,
                                            .code = code,
                                            .target = link,
                                            .generation = links_[link].generation,
                                            .cause = cause.value});
    }
  }
  endClient(index, code, happening.content);
}

void WorldCore::clientAnswered(std::uint32_t link, const Response& response) {
  const std::uint32_t index = links_[link].client;
  ClientState& client = clients_[index];
  links_[link].clientListens = false;
  freeLink(link);
  client.link = none;
  client.phase = ClientState::Phase::closed;
  client.httpStatus = response.status();
  client.queued.clear();
  Message body = isValidUtf8(response.body()) ? Message::trustedText(response.body()) : Message::bytes(response.body());
  if (journal_.on()) {
    journal_.record(Record::answered, now_)
        .number(index)
        .number(static_cast<std::uint64_t>(response.status()))
        .content(body);
  }
  show(index, {Frame::Kind::answered, static_cast<std::uint16_t>(response.status()), client.connections, now_,
               std::move(body)});
}

}  // namespace Party::Sim::Detail
