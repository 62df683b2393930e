// However a client's bytes are cut, a session with its HttpRequestParser hands on the same requests, and behind an
// upgrade the same messages. The stream is a pair of sockets that stays inside the kernel.

#include "net/http_session.h"
#include "net/loop.h"
#include "net/web_socket.h"

#include <party/http.h>
#include <party/message.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "input.h"

using namespace Party::Serve;

namespace {

/// How the owner of a session behaves: it answers at once or later, whole or in pieces, and takes upgrades.
struct Manner {
  bool later = false;
  bool inPieces = false;
};

class Client final : public HttpSession::Owner, public WebSocket::Owner {
 public:
  explicit Client(Manner manner) : manner_(manner) {
    std::array<int, 2> ends{};
    demand(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "the machine has sockets left");
    ours_ = Descriptor(ends[0]);
    limits_.bodyBytes = 600;
    session_ = std::make_unique<HttpSession>(loop(), Descriptor(ends[1]), limits_, patience_, *this);
  }

  void send(std::string_view bytes) {
    if (over_ || ours_.write(bytes).outcome == Transfer::Outcome::ended) return;
    serve();
  }
  void hangUp() {
    ours_.endOutput();
    if (!over_) serve();
    if (!over_ && !socket_ && session_->isAwaitingAnswer()) answer();
  }

  /// What the owner was told, in order.
  const std::vector<std::string>& told() const { return told_; }

 private:
  static Loop& loop() {
    static Loop only;
    return only;
  }

  void serve() {
    for (int turn = 0; turn < 4 && !over_; ++turn) {
      if (socket_) {
        socket_->ready({.readable = true});
      } else {
        while (!over_ && !socket_ && session_->isAwaitingAnswer()) answer();  // until then nothing is read
        if (!over_ && !socket_) session_->ready({.readable = true});
      }
      drain();
    }
  }
  void drain() {
    std::array<char, 4'096> answer;
    while (ours_.read(answer).outcome == Transfer::Outcome::done) continue;
    if (over_) return;
    if (socket_) {
      socket_->ready({.writable = true});
    } else {
      session_->ready({.writable = true});
    }
  }

  void requestArrived(HttpSession& session, Party::Request request) override {
    std::string text = std::string(request.method()) + " " + std::string(request.url());
    for (const auto& [name, value] : request.headers()) text.append("\n").append(name).append(": ").append(value);
    told_.push_back(text + "\n\n" + std::string(request.body()));
    body_ = std::string(request.body());
    if (request.isWebSocketUpgrade()) {
      WebSocket::Opening opening;
      opening.key = std::string(request.header("sec-websocket-key").value_or(""));
      auto upgraded = session.takeForUpgrade();
      opening.descriptor = std::move(upgraded.descriptor);
      opening.early = std::move(upgraded.early);
      over_ = false;
      socket_ = std::make_unique<WebSocket>(loop(), std::move(opening), 1, socketLimits_, *this);
      socket_->accept();
      return;
    }
    if (!manner_.later) answer();
  }
  void answer() {
    const Party::Response response(body_);
    if (!manner_.inPieces) return session_->answer(response);
    session_->answerInPieces(response);
    session_->piece("a piece");
    session_->endPieces();
  }
  void sessionEnded(HttpSession&) override { over_ = true; }
  std::string_view httpDate() override { return "Thu, 01 Jan 1970 00:00:00 GMT"; }
  std::span<char> receiveBuffer() override { return buffer_; }

  void messageArrived(WebSocket& socket, Party::Message message) override {
    demand(!message.isText() || Party::isValidUtf8(message.content()), "a text is UTF-8");
    told_.push_back("message " + std::string(message.content()));
    socket.send(frameOf(message));
  }
  void closeArrived(WebSocket& socket, std::uint16_t code, std::string reason) override {
    told_.push_back("close " + std::to_string(code) + " " + reason);
    socket.close(code == 1005 ? 0 : code, reason, true);
  }
  void socketFailed(WebSocket&, std::uint16_t code, std::string reason) override {
    told_.push_back("failed " + std::to_string(code) + " " + reason);
  }
  void socketLost(WebSocket&) override {}
  void backlogFull(WebSocket&, std::size_t) override {}
  void socketEnded(WebSocket&) override { over_ = true; }

  Manner manner_;
  HttpLimits limits_;
  HttpPatience patience_;
  WebSocketLimits socketLimits_;
  Descriptor ours_;
  std::array<char, 8'192> buffer_{};
  std::unique_ptr<HttpSession> session_;
  std::unique_ptr<WebSocket> socket_;
  std::vector<std::string> told_;
  std::string body_;
  bool over_ = false;
};

std::vector<std::string> toldOf(std::string_view bytes, std::string_view cuts, Manner manner) {
  Client client(manner);
  std::size_t cut = 0;
  while (!bytes.empty()) {
    const std::size_t wanted =
        cuts.empty() ? bytes.size() : static_cast<unsigned char>(cuts[cut++ % cuts.size()]) % 61 + 1;
    const std::string_view piece = bytes.substr(0, wanted);
    client.send(piece);
    bytes.remove_prefix(piece.size());
  }
  client.hangUp();
  return client.told();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t form = input.choice();
  const Manner manner{.later = (form & 1) != 0, .inPieces = (form & 2) != 0};
  std::string cuts;
  for (int i = 0; i < 3; ++i) cuts += static_cast<char>(input.choice());
  if (input.rest().size() > 4'096) return 0;  // below every limit that looks at what has arrived so far
  const auto whole = toldOf(input.rest(), {}, manner);
  demand(toldOf(input.rest(), cuts, manner) == whole, "the same requests, however the bytes are cut");
  return 0;
}
