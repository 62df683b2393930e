#pragma once

#include <party/party.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

/// Small parties, one per behaviour a test wants to see through a real socket.

namespace Party::Serve {

/// Answers each message with itself.
class EchoParty : public Party::Server {
 public:
  using Party::Server::Server;
  Task<> onMessage(Message message, Connection sender) override {
    sender.send(message);
    co_return;
  }
  Task<Response> onRequest(Request request) override {
    Response response(request.body().empty() ? request.url() : request.body());
    co_return std::move(response).header("x-method", request.method());
  }
};

/// Keeps every message under a number of its own and tells all; a request lists what is stored, deletes it, or puts two
/// notes in one transaction.
class NotesParty : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<> onStart() override {
    auto count = co_await room().storage().get<std::int64_t>("count");
    count_ = count.value_or(0);
  }
  Task<> onMessage(Message message, Connection) override {
    const std::string key = "note:" + std::to_string(++count_);
    room().storage().put(key, message.text());
    room().storage().put("count", count_);
    room().broadcast(message);
    co_return;
  }
  Task<Response> onRequest(Request request) override {
    if (request.method() == "POST") {
      const std::string key = "note:" + std::to_string(++count_);
      room().storage().put(key, request.text());
      room().storage().put("count", count_);
      co_return Response("stored", 201);
    }
    if (request.method() == "DELETE") {
      co_await room().storage().deleteAll();
      co_return Response("gone");
    }
    if (request.method() == "PUT") {
      const auto both = [&](Transaction transaction) -> Task<> {
        co_await transaction.put("note:a", request.text());
        co_await room().sleep(std::chrono::milliseconds(20));
        co_await transaction.put("note:b", request.text());
        if (request.text() == "fail") throw Error("taken back", 409);
      };
      co_await room().storage().transaction(both);
      co_return Response("both");
    }
    auto saved = co_await room().storage().list<std::string>(ListOptions().prefix("note:"));
    std::string lines;
    for (const auto& [key, value] : saved) lines += value + "\n";
    co_return Response(lines);
  }

 private:
  std::int64_t count_ = 0;
};

/// A POST sets the alarm so many milliseconds ahead; the alarm says so to all and stores it. `fail` as the body makes
/// it throw forever.
class AlarmParty : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<Response> onRequest(Request request) override {
    if (request.method() == "POST") {
      int milliseconds = 0;
      std::from_chars(request.body().data(), request.body().data() + request.body().size(), milliseconds);
      room().storage().setAlarm(room().now() + std::chrono::milliseconds(milliseconds));
      co_return Response("set");
    }
    auto rang = co_await room().storage().get<std::int64_t>("rang");
    co_return Response(std::to_string(rang.value_or(0)));
  }
  Task<> onAlarm() override {
    auto rang = co_await room().storage().get<std::int64_t>("rang");
    const std::int64_t next = rang.value_or(0) + 1;
    room().storage().put("rang", next);
    room().broadcast("rang " + std::to_string(next));
  }
};

/// What a connection does is in its query: `?slow`, `?throw`, `?close`, `?bye`, `?tags`.
class DoorParty : public Party::Server {
 public:
  using Party::Server::Server;
  static Task<RequestOrResponse> onBeforeConnect(Request request, Lobby lobby) {
    if (request.query("forbidden")) co_return Response("not you", 403);
    if (request.query("thrown")) throw Error("who are you");
    if (request.query("edge-slow")) co_await lobby.sleep(std::chrono::milliseconds(100));
    co_return request;
  }
  Task<> onConnect(Connection connection, ConnectionContext context) override {
    connection.send("welcome");
    if (context.request.query("slow")) co_await room().sleep(std::chrono::milliseconds(200));
    if (context.request.query("throw")) throw Error(std::string(200, 'r'));
    if (context.request.query("close")) connection.close(4001, "not today");
  }
  Task<> onMessage(Message message, Connection sender) override {
    if (message.text() == "throw") throw Error("a handler's own fault");
    if (message.text() == "close") {
      sender.close(4002, "as you wish");
    } else if (message.text() == "reset") {
      auto section = [] { throw Error("broken"); };
      co_await room().blockConcurrencyWhile(section);
    } else if (message.text() == "spin") {
      co_await room().sleep(std::chrono::hours(1));
    } else {
      sender.send(message);
    }
  }
  Task<> onClose(Connection connection) override {
    room().broadcast("left " + std::string(connection.id()));
    co_return;
  }
  Task<> onError(Connection connection, Error error) override {
    room().broadcast("failed " + std::string(connection.id()) + ": " + error.message());
    co_return;
  }
  Task<Response> onRequest(Request request) override {
    if (request.query("sleep")) co_await room().sleep(std::chrono::milliseconds(150));
    if (request.query("teapot")) throw Error("short and stout", 418);
    if (request.query("empty")) co_return Response(std::string_view(), 204);
    co_return Response("here");
  }
};

/// Cannot start.
class BrokenParty : public Party::Server {
 public:
  using Party::Server::Server;
  Task<> onStart() override { throw Error("out of order", 429); }
  Task<Response> onRequest(Request) override { co_return Response("never"); }
};

/// Writes two pieces with a pause between them; a PUT tells how often, a POST resets it.
class PiecesParty : public Party::Server {
 public:
  using Party::Server::Server;
  Task<Response> onRequest(Request request) override {
    if (request.method() == "POST") {
      auto section = [] { throw Error("broken on purpose"); };
      co_await room().blockConcurrencyWhile(section);
    }
    if (request.method() == "PUT") co_return Response(std::to_string(begun_));
    ++begun_;
    const ResponseStream stream = room().responseStream();
    room().waitUntil(write(stream, request.query("long").has_value()));
    co_return stream.response();
  }

 private:
  Task<> write(ResponseStream stream, bool forLong) {
    stream.write("one");
    co_await room().sleep(forLong ? std::chrono::milliseconds(60'000) : std::chrono::milliseconds(100));
    stream.write("two");
    stream.end();
  }

  int begun_ = 0;
};

/// Asks the room that its query names, or the outside, and answers with what came of it.
class CallParty : public Party::Server {
 public:
  using Party::Server::Server;
  Task<Response> onRequest(Request request) override {
    if (request.path().ends_with("/inner")) co_return Response("inner " + room().id());
    if (request.path().ends_with("/reset")) {
      auto section = [] { throw Error("broken on purpose"); };
      co_await room().blockConcurrencyWhile(section);
    }
    std::string failure;
    try {
      if (auto url = request.query("url")) {
        Response found = co_await room().fetch(*url);
        co_return found;
      }
      const std::string party = request.query("party").value_or("main");
      const Stub stub = room().context().parties(party).get(request.query("id").value_or("x"));
      const std::string path = request.query("path").value_or("/");
      if (request.query("get")) {
        Response found = co_await stub.fetch(path);
        co_return found;
      }
      Response found = co_await stub.fetch(path, RequestInit().method("POST").body(request.body()));
      co_return found;
    } catch (const Error& error) {
      failure = error.message();
    }
    co_return Response("failed: " + failure);
  }
};

/// Opens a socket to the room that a client names, passes on what clients say, and tells them what comes back.
class PorterParty : public Party::Server {
 public:
  using Party::Server::Server;
  ServerOptions options() const override { return {.hibernate = true}; }
  Task<> onMessage(Message message, Connection sender) override {
    const std::string text(message.text());
    if (text.starts_with("open ")) {
      co_await open(text.substr(5), sender);
    } else if (text == "close") {
      socket_->close(4003, "enough");
    } else if (text == "reset") {
      auto section = [] { throw Error("broken on purpose"); };
      co_await room().blockConcurrencyWhile(section);
    } else if (text == "flood") {
      for (int i = 0; i < 40; ++i) socket_->send(std::string(100'000, 'f'));
    } else if (text == "forever") {
      forever_ = true;
      socket_->send("again");
    } else if (!socket_) {
      sender.send("there is no socket");
    } else {
      socket_->send(message);
    }
  }

 private:
  /// `asked` is "<party> <id> <path>".
  Task<> open(std::string asked, Connection sender) {
    const auto first = asked.find(' ');
    const auto second = asked.find(' ', first + 1);
    const std::string party = asked.substr(0, first);
    const std::string id = asked.substr(first + 1, second - first - 1);
    const std::string path = asked.substr(second + 1);
    std::string outcome = "opened";
    try {
      const Party::WebSocket opened = co_await room().context().parties(party).get(id).socket(path);
      socket_ = opened;
      listen();
    } catch (const Error& error) {
      outcome = "failed: " + error.message();
    }
    sender.send(outcome);
  }
  void listen() {
    socket_->addEventListener(EventType::message, [this](const SocketEvent& event) {
      if (forever_) return socket_->send("again");
      room().broadcast("heard " + std::string(event.data.text()));
    });
    socket_->addEventListener(EventType::close, [this](const SocketEvent& event) {
      room().broadcast("closed " + std::to_string(event.code) + " " + event.reason);
    });
  }

  std::optional<Party::WebSocket> socket_;
  bool forever_ = false;
};

inline Host::Parties testParties() {
  return parties<EchoParty, NotesParty, AlarmParty, DoorParty, BrokenParty, CallParty, PiecesParty, PorterParty>(
      "main", "notes", "alarm", "door", "broken", "call", "pieces", "porter");
}

}  // namespace Party::Serve
