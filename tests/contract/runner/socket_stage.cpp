#include "socket_stage.h"

#include "step_reader.h"

#include <poll.h>

#include <algorithm>
#include <ranges>
#include <stdexcept>

namespace Party::Contract {
namespace {

using std::chrono::milliseconds;

constexpr std::uint8_t textFrame = 0x81;
constexpr std::uint8_t bytesFrame = 0x82;

}  // namespace

std::string SocketStage::head(const std::string& method, const std::string& target, const ExpectedHeaders& always,
                              const ExpectedHeaders& more) const {
  ExpectedHeaders headers = always;
  headers["host"] = "127.0.0.1:" + std::to_string(house_->port());
  for (const auto& [name, value] : more) headers[name] = value;
  std::string text = method + " " + target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) {
    if (value) text += name + ": " + *value + "\r\n";
  }
  return text + "\r\n";
}

void SocketStage::connect(const ConnectStep& step) {
  const Socket::Manner manner{.purpose = Socket::Purpose::webSocket, .answersClose = step.answersClose};
  sockets_.push_back({step.channel, std::make_unique<Socket>(house_->port(), manner)});
  const ExpectedHeaders handshake{{"connection", "Upgrade"},
                                  {"upgrade", "websocket"},
                                  {"sec-websocket-version", "13"},
                                  {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  sockets_.back().socket->write(head(step.method, step.target, handshake, step.headers));
}

void SocketStage::request(const RequestStep& step) {
  const Socket::Manner manner{.purpose = Socket::Purpose::request, .bodiless = step.method == "HEAD"};
  sockets_.push_back({step.channel, std::make_unique<Socket>(house_->port(), manner)});
  ExpectedHeaders always{{"connection", "close"}};
  if (!step.body.empty() || step.method == "POST") always["content-length"] = std::to_string(step.body.size());
  sockets_.back().socket->write(head(step.method, step.target, always, step.headers) + step.body);
}

void SocketStage::send(const SendStep& step) {
  Socket& socket = socketOf(step.channel);
  switch (step.as) {
    case SendStep::As::text:
      return socket.writeFrame(textFrame, step.content);
    case SendStep::As::bytes:
      return socket.writeFrame(bytesFrame, step.content);
    case SendStep::As::frames:
      return socket.write(step.content);
  }
}

void SocketStage::close(const CloseStep& step) { socketOf(step.channel).writeClose(step.code, step.reason); }

void SocketStage::breakOff(const BreakStep& step) {
  Socket& socket = socketOf(step.channel);
  step.orderly ? socket.end() : socket.drop();
}

milliseconds SocketStage::now() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

bool SocketStage::pass(milliseconds limit) {
  const milliseconds end = now() + limit;
  while (!move()) {
    const milliseconds left = end - now();
    if (left <= milliseconds(0)) return false;
    std::vector<pollfd> waiting;
    for (const Entry& entry : sockets_) {
      if (entry.socket->ended()) continue;
      const int events = POLLIN | (entry.socket->wantsToWrite() ? POLLOUT : 0);
      waiting.push_back({entry.socket->descriptor(), static_cast<short>(events), 0});
    }
    ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
  }
  return true;
}

bool SocketStage::move() {
  bool found = false;
  for (Entry& entry : sockets_) {
    for (Observation& seen : entry.socket->move()) {
      observed[entry.channel].push_back(std::move(seen));
      found = true;
    }
  }
  return found;
}

std::string SocketStage::hibernate(const HibernateStep&) {
  // Whether it sleeps cannot be seen from here; the report of the next event tells.
  const milliseconds end = now() + untilAsleep_;
  while (now() < end) pass(end - now());
  return {};
}

void SocketStage::restart() { house_->restart(); }

std::vector<std::string> SocketStage::report(const RoomName& room) {
  Socket socket(house_->port(), Socket::Manner{});
  const std::string target = "/report?room=" + escaped(room.party + "/" + room.id);
  socket.write(head("GET", target, {{"connection", "close"}}, {}));
  const milliseconds end = now() + milliseconds(10'000);
  while (now() < end) {
    for (const Observation& seen : socket.move()) {
      if (seen.code != 200) throw std::runtime_error("the report of " + room.id + " cannot be had: " + describe(seen));
      return Json::parse(seen.content).get<std::vector<std::string>>();
    }
    pollfd waiting{socket.descriptor(), POLLIN, 0};
    ::poll(&waiting, 1, 100);
  }
  throw std::runtime_error("the report of " + room.id + " did not come");
}

Socket& SocketStage::socketOf(const std::string& channel) {
  for (Entry& entry : std::views::reverse(sockets_)) {
    if (entry.channel == channel) return *entry.socket;
  }
  throw std::runtime_error(channel + " has not connected");
}

}  // namespace Party::Contract
