#include <party/error.h>
#include <party/parties.h>
#include <party/room.h>

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "room_core.h"

/// Calls to other rooms and to the outside, from what the party asks to the answer.

namespace Party {
namespace {

constexpr std::uint32_t mostRedirects = 20;  // the fetch standard, 4.4

// Everything but what encodeURIComponent keeps, so that an id is one segment of a path (D-20).
std::string escaped(std::string_view id) {
  constexpr std::string_view kept = "-_.!~*'()";
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (const char byte : id) {
    const auto value = static_cast<unsigned char>(byte);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    if (plain || kept.contains(byte)) {
      text += byte;
    } else {
      text += '%';
      text += digits[value >> 4];
      text += digits[value & 15];
    }
  }
  return text;
}

Request requestOf(std::string url, const RequestInit& init) {
  Headers headers = init.headers();
  SharedBytes body;
  if (init.body()) {
    if (init.method() == "GET" || init.method() == "HEAD") {
      throw Error("Request with a GET or HEAD method cannot have a body.");
    }
    body = *init.body();
    if (init.bodyIsText() && !headers.get("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
    headers.set("content-length", std::to_string(body.size()));
  }
  return Request(init.method(), std::move(url), std::move(headers), std::move(body));
}

bool isWebUrl(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://"); }

Request checkedOutside(Request request) {
  if (request.url().starts_with('/')) throw Error("Invalid URL: " + std::string(request.url()));
  if (!isWebUrl(request.url())) throw Error("Fetch API cannot load: " + std::string(request.url()));
  return request;
}

// Nothing is thrown out of a call: the Pending has the error, as everywhere.
template <class Make>
std::invoke_result_t<Make> attempt(Detail::RoomCore& room, Make&& make) {
  try {
    return make();
  } catch (...) {
    return std::invoke_result_t<Make>::failed(room.handlers(), std::current_exception());
  }
}

void checkPath(std::string_view path) {
  if (!path.starts_with('/')) throw Error("Path must start with /");  // PARTIES-4
}

}  // namespace

std::string Stub::urlOf(std::string_view path) const {
  const Host::RoomSetup& setup = room_->setup();
  const std::string host = setup.host == nullptr ? "localhost" : *setup.host;
  return "http://" + host + "/parties/" + (*setup.parties)[party_].name + "/" + escaped(id_) + std::string(path);
}

Pending<Response> Stub::fetch(const RequestInit& init) const {
  return attempt(*room_, [&] {
    return room_->startCall(requestOf(urlOf(""), init), Host::RoomAddress{party_, id_}, init.redirect());
  });
}

Pending<Response> Stub::fetch(std::string_view path, const RequestInit& init) const {
  return attempt(*room_, [&] {
    checkPath(path);
    return room_->startCall(requestOf(urlOf(path), init), Host::RoomAddress{party_, id_}, init.redirect());
  });
}

Pending<Response> Stub::fetch(const Request& request) const {
  return attempt(*room_, [&] {
    return room_->startCall(request.withUrl(urlOf("")), Host::RoomAddress{party_, id_}, Redirect::follow);
  });
}

Pending<Response> Stub::fetch(std::string_view path, const Request& request) const {
  return attempt(*room_, [&] {
    checkPath(path);
    return room_->startCall(request.withUrl(urlOf(path)), Host::RoomAddress{party_, id_}, Redirect::follow);
  });
}

Pending<WebSocket> Stub::socket(const RequestInit& init) const {
  return attempt(*room_, [&] {
    const Request upgrade = requestOf(urlOf(""), init).withHeader("upgrade", "websocket");
    return room_->openSocket(upgrade, Host::RoomAddress{party_, id_});
  });
}

Pending<WebSocket> Stub::socket(std::string_view path, const RequestInit& init) const {
  return attempt(*room_, [&] {
    checkPath(path);
    const Request upgrade = requestOf(urlOf(path), init).withHeader("upgrade", "websocket");
    return room_->openSocket(upgrade, Host::RoomAddress{party_, id_});
  });
}

Stub PartyEntry::get(std::string_view id) const {
  if (!party_) {  // PARTIES-2
    throw Error("Cannot read properties of undefined (reading 'get')", std::nullopt,
                "this project has no party \"" + name_ + "\"; context().parties() lists those it has");
  }
  return Stub(room_, *party_, id);
}

std::vector<std::string> Context::parties() const {
  room_->checkParties();
  std::vector<std::string> names;
  if (const Host::Parties* parties = room_->setup().parties) {
    for (const auto& party : *parties) names.push_back(party.name);
  }
  const auto main = std::ranges::find(names, "main");
  if (main != names.end()) std::rotate(main, main + 1, names.end());
  return names;
}

PartyEntry Context::parties(std::string_view name) const {
  room_->checkParties();
  const Host::Parties* parties = room_->setup().parties;
  std::optional<std::size_t> found;
  for (std::size_t party = 0; parties != nullptr && party < parties->size(); ++party) {
    if ((*parties)[party].name == name) found = party;
  }
  return PartyEntry(room_, name, found);
}

Context Room::context() const { return Context(room_); }

Pending<Response> Room::fetch(const Request& request) {
  return attempt(*room_, [&] { return room_->startCall(checkedOutside(request), std::nullopt, Redirect::follow); });
}

Pending<Response> Room::fetch(std::string_view url, const RequestInit& init) {
  return attempt(*room_, [&] {
    return room_->startCall(checkedOutside(requestOf(std::string(url), init)), std::nullopt, init.redirect());
  });
}

namespace Detail {

void RoomCore::checkParties() {
  if (inAlarmHandler()) {  // LIFE-16
    throw Error(
        "You can not access `Party.context.parties` in the `onAlarm` handler.\n"
        "This is a known limitation, and may be fixed in a future version of PartyKit.");
  }
  if (withoutId()) throw Error("Parties are not yet initialized. This is probably a bug in PartyKit.");
}

Pending<Response> RoomCore::startCall(Request request, std::optional<Host::RoomAddress> room, Redirect redirect) {
  if (!mayAct("fetch")) return Pending<Response>::ready(handlers_);
  const SectionId section = context().section;
  if (request.isWebSocketUpgrade()) {
    throw Error("fetch() opens no WebSocket", std::nullopt, "leave the upgrade header out");
  }
  if (room && room->id.empty()) {  // PARTIES-14
    return Pending<Response>::ready(handlers_, Response("No room id found in request url", 500));
  }
  const OperationKey operation = handlers_.open(false);
  sendCall(calls_.add({.section = section,
                       .operation = operation,
                       .request = std::move(request),
                       .room = std::move(room),
                       .redirect = redirect}));
  return Pending<Response>::waiting(handlers_, operation,
                                    [](OperationResult&& result) { return std::get<Response>(std::move(result)); });
}

// An output like any other: a commit that fails means that nobody was asked (GATE-031, CP-92).
void RoomCore::sendCall(const Call& call) {
  auto room = call.room ? std::make_unique<Host::RoomAddress>(*call.room) : nullptr;
  output(Host::CallStarted{{call.id}, call.request, std::move(room)});
}

bool RoomCore::leaves(const Host::CallStarted& started) {
  Call* call = calls_.find(started.call.value);
  if (call != nullptr) call->underWay = true;
  return call != nullptr;
}

void RoomCore::takeChunk(Host::Cause cause, Host::CallChunk& chunk) {
  Call* call = calls_.find(chunk.call.value);
  if (call == nullptr || !call->underWay) return;
  call->received += chunk.bytes.size();
  if (call->received > profile().maxCallBodyBytes) {
    emit(Host::CallCancelled{chunk.call});
    Body tooLong = Host::CallSettled{chunk.call, std::make_unique<Host::CallOutcome>(answerTooLong())};
    takeSettled(cause, tooLong);
    return;
  }
  call->pieces.push_back(std::move(chunk.bytes));
}

// The end of a call is an event of its own: it waits for the gate, within the section in which the call was made.
void RoomCore::takeSettled(Host::Cause cause, Body& body) {
  Call* call = calls_.find(std::get<Host::CallSettled>(body).call.value);
  if (call == nullptr || !call->underWay) return;
  call->underWay = false;
  arrive(cause, call->section, body);
}

std::string RoomCore::answerTooLong() const {
  return "the answer has more than " + std::to_string(profile().maxCallBodyBytes) + " bytes";
}

void RoomCore::deliverCall(Host::CallSettled& settled) {
  Call* call = calls_.find(settled.call.value);
  if (call == nullptr) return;
  OperationResult result;
  try {
    result = outcomeOf(*call, *settled.outcome);
  } catch (...) {
    result = std::current_exception();
  }
  if (std::holds_alternative<std::monostate>(result)) return;  // asked again elsewhere
  const OperationKey operation = call->operation;
  calls_.remove(settled.call.value);
  handlers_.settle(operation, std::move(result));
}

/// Nothing when the answer was a redirect that is followed.
OperationResult RoomCore::outcomeOf(Call& call, Host::CallOutcome& outcome) {
  if (const auto* failure = std::get_if<std::string>(&outcome.result)) throw Error(*failure);
  Response& response = std::get<Response>(outcome.result);
  if (response.bodyBytes().size() + call.received > profile().maxCallBodyBytes) throw Error(answerTooLong());
  if (call.redirect == Redirect::follow) {
    if (auto next = redirected(call.request, response)) {
      if (++call.redirects > mostRedirects) throw Error("Too many redirects.");
      call.request = call.room ? std::move(*next) : checkedOutside(std::move(*next));
      call.pieces.clear();
      call.received = 0;
      sendCall(calls_.renew(call));
      return std::monostate();
    }
  }
  if (call.pieces.empty()) return std::move(response);
  SharedBytes whole = SharedBytes::allocate(call.received + response.body().size(), 0, 0);
  char* end = whole.mutableData();
  for (const SharedBytes& piece : call.pieces) end = std::ranges::copy(piece.view(), end).out;
  std::ranges::copy(response.body(), end);
  return response.withBody(std::move(whole));
}

}  // namespace Detail
}  // namespace Party
