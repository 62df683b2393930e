#include "client.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace Party::Serve {
namespace {

std::size_t bigEndian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

Client::Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(std::exchange(socket_, -1));
    throw std::runtime_error("cannot connect");
  }
}

Client::Client(Client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)),
      ended_(other.ended_),
      wasReset_(other.wasReset_) {}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

std::string Client::upgradeRequest(std::string_view path, std::string_view fields) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
      path, fields);
}

Client Client::webSocket(std::uint16_t port, std::string_view path, std::string_view more) {
  Client client(port);
  client.send(upgradeRequest(path) + std::string(more));
  const Reply reply = client.readReply(false);
  if (reply.status != 101) throw std::runtime_error(fmt::format("no 101 but {} {}", reply.status, client.buffer_));
  return client;
}

std::string Client::get(std::uint16_t port, std::string_view path, std::string_view method, std::string_view body) {
  Client client(port);
  client.send(fmt::format("{} {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", method,
                          path, body.size(), body));
  const Reply reply = client.readReply(method != "HEAD");
  return fmt::format("{} {}", reply.status, reply.body);
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has ended it; reading will tell
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Client::endOutput() { ::shutdown(socket_, SHUT_WR); }

void Client::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(socket_, -1));
}

void Client::shrinkReceiveBuffer() {
  const int bytes = 65'536;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool Client::fill(std::chrono::milliseconds limit) {
  if (ended_) return false;
  pollfd wait{socket_, POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0) return false;
  char bytes[65'536];
  const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) {
    ended_ = true;
    wasReset_ = count < 0;
    return false;
  }
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

bool Client::need(std::size_t bytes, std::chrono::milliseconds limit) {
  while (buffer_.size() < bytes) {
    if (!fill(limit)) return false;
  }
  return true;
}

std::string Client::take(std::size_t bytes) {
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

Client::Reply Client::readReply(bool withBody) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(patience)) return {0, buffer_, ended_ ? "(end)" : "(nothing)"};
  }
  Reply reply;
  reply.head = take(end + 4);
  reply.status = std::stoi(reply.head.substr(9, 3));
  const auto length = reply.head.find("content-length: ");
  if (!withBody || length == std::string::npos) return reply;
  const auto size = static_cast<std::size_t>(std::stoul(reply.head.substr(length + 16)));
  if (!need(size)) return {0, reply.head, "(half a body)"};
  reply.body = take(size);
  return reply;
}

std::string Client::readFrame(std::chrono::milliseconds limit) {
  const auto broken = [this] { return ended_ ? "end" : "(nothing)"; };
  if (!need(2, limit)) return broken();
  const auto first = static_cast<unsigned char>(buffer_[0]);
  const auto shortLength = static_cast<unsigned char>(buffer_[1]);
  if (shortLength > 127) return "(masked)";
  const std::size_t extended = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
  if (!need(2 + extended)) return broken();
  const std::size_t length = extended == 0 ? shortLength : bigEndian(std::string_view(buffer_).substr(2, extended));
  if (!need(2 + extended + length)) return broken();
  take(2 + extended);
  const std::string payload = take(length);
  switch (first) {
    case 0x81:
      return "text " + payload;
    case 0x82:
      return "bytes " + payload;
    case 0x89:
      return "ping " + payload;
    case 0x8a:
      return "pong " + payload;
    case 0x88:
      if (payload.size() < 2) return "close";
      return fmt::format("close {} {}", bigEndian(std::string_view(payload).substr(0, 2)), payload.substr(2));
    default:
      return fmt::format("(frame {:#x})", first);
  }
}

std::string Client::readToEnd() {
  while (fill(patience)) continue;
  return std::exchange(buffer_, {}) + (wasReset_ ? "(reset)" : ended_ ? "" : "(nothing)");
}

}  // namespace Party::Serve
