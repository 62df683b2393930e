#include "socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace Party::Contract {
namespace {

constexpr std::uint8_t finBit = 0x80;
constexpr std::uint8_t textOpcode = 1;
constexpr std::uint8_t bytesOpcode = 2;
constexpr std::uint8_t closeOpcode = 8;
constexpr std::uint8_t pingOpcode = 9;
constexpr std::uint8_t pongOpcode = 10;

std::size_t bigEndian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

void appendBigEndian(std::string& bytes, std::uint64_t value, int count) {
  while (count-- > 0) bytes += static_cast<char>((value >> (8 * count)) & 0xff);
}

}  // namespace

Socket::Socket(std::uint16_t port, Manner manner)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), manner_(manner), answers_(manner.bodiless) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    shut();
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
}

Socket::~Socket() { shut(); }

void Socket::shut() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Socket::write(std::string_view bytes) {
  outgoing_ += bytes;
  flush();
}

void Socket::writeFrame(std::uint8_t first, std::string_view payload) {
  constexpr std::string_view mask = "\x12\x34\x56\x78";
  constexpr std::uint8_t masked = 0x80;
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    appendBigEndian(frame, masked | payload.size(), 1);
  } else if (payload.size() < 65'536) {
    appendBigEndian(frame, masked | 126U, 1);
    appendBigEndian(frame, payload.size(), 2);
  } else {
    appendBigEndian(frame, masked | 127U, 1);
    appendBigEndian(frame, payload.size(), 8);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  write(frame);
}

void Socket::writeClose(std::optional<std::uint16_t> code, std::string_view reason) {
  std::string payload;
  if (code) appendBigEndian(payload, *code, 2);
  payload += reason;
  closeSent_ = true;
  writeFrame(finBit | closeOpcode, payload);
}

void Socket::drop() {
  const linger now{1, 0};
  if (descriptor_ >= 0) ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  shut();
}

void Socket::end() {
  endsOutput_ = endSent_ = true;
  flush();
}

void Socket::flush() {
  while (descriptor_ >= 0 && !outgoing_.empty()) {
    const auto sent = ::send(descriptor_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (sent <= 0) {  // the other side has gone; reading will tell
      outgoing_.clear();
      return;
    }
    outgoing_.erase(0, static_cast<std::size_t>(sent));
  }
  if (descriptor_ >= 0 && std::exchange(endsOutput_, false)) ::shutdown(descriptor_, SHUT_WR);
}

bool Socket::fill() {
  char bytes[65'536];
  const auto count = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count > 0) {
    arrived_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
  endOfInput_ = true;
  return false;
}

std::vector<Observation> Socket::move() {
  std::vector<Observation> seen;
  if (ended()) return seen;
  flush();
  while (fill()) continue;
  while (open_ ? takeFrame(seen) : takeAnswer(seen)) continue;
  if (!endOfInput_) return seen;
  const bool orderly = endSent_ || (open_ ? closeSent_ || closeReceived_ : answered_);
  if (!orderly) seen.push_back({Observation::Kind::lost, "", std::nullopt, {}});
  shut();
  return seen;
}

bool Socket::takeAnswer(std::vector<Observation>& seen) {
  if (answered_) return false;
  auto answer = answers_.take(arrived_, endOfInput_);
  if (!answer) return false;
  open_ = answer->kind == Observation::Kind::open;
  answered_ = true;
  seen.push_back(std::move(*answer));
  return true;
}

bool Socket::takeFrame(std::vector<Observation>& seen) {
  if (arrived_.size() < 2) return false;
  const std::string_view arrived(arrived_);
  const auto first = static_cast<std::uint8_t>(arrived[0]);
  const auto shortLength = static_cast<std::uint8_t>(arrived[1]);
  if ((shortLength & 0x80) != 0) throw std::runtime_error("the server has sent a masked frame");
  if ((first & 0x70) != 0) throw std::runtime_error("the server has sent a frame with a reserved bit");
  const std::size_t extended = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
  if (arrived.size() < 2 + extended) return false;
  const std::size_t length = extended == 0 ? shortLength : bigEndian(arrived.substr(2, extended));
  if (arrived.size() - 2 - extended < length) return false;
  std::string payload(arrived.substr(2 + extended, length));
  arrived_.erase(0, 2 + extended + length);
  takeWholeFrame(first & 0x0f, std::move(payload), (first & finBit) != 0, seen);
  return true;
}

void Socket::takeWholeFrame(std::uint8_t opcode, std::string payload, bool last, std::vector<Observation>& seen) {
  if (closeReceived_) return;
  if (opcode == pingOpcode) return writeFrame(finBit | pongOpcode, payload);
  if (opcode == pongOpcode) {
    seen.push_back({Observation::Kind::pong, std::move(payload), std::nullopt, {}});
    return;
  }
  if (opcode == closeOpcode) {
    closeReceived_ = true;
    Observation close{Observation::Kind::close, "", std::nullopt, {}};
    if (payload.size() >= 2) {
      close.code = static_cast<int>(bigEndian(std::string_view(payload).substr(0, 2)));
      close.content = payload.substr(2);
    }
    if (manner_.answersClose && !closeSent_) {
      const auto code = close.code ? std::optional(static_cast<std::uint16_t>(*close.code)) : std::nullopt;
      writeClose(code, "");
    }
    seen.push_back(std::move(close));
    return;
  }
  if (opcode != 0) messageOpcode_ = opcode;
  message_ += payload;
  if (!last) return;
  const auto kind = messageOpcode_ == textOpcode ? Observation::Kind::text : Observation::Kind::bytes;
  if (messageOpcode_ != textOpcode && messageOpcode_ != bytesOpcode) {
    throw std::runtime_error("the server has sent a frame with opcode " + std::to_string(messageOpcode_));
  }
  seen.push_back({kind, std::exchange(message_, {}), std::nullopt, {}});
}

}  // namespace Party::Contract
