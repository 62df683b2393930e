#include "net/web_socket.h"

#include "net/http_answer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace Party::Serve {

SharedBytes frameOf(const Message& message) {
  std::array<char, maxServerHeader> header;
  const auto size = writeFrameHeader(header.data(), message.isText() ? Opcode::text : Opcode::binary, message.size());
  SharedBytes frame = SharedBytes::allocate(size + message.size(), 0, 0);
  std::copy_n(header.begin(), size, frame.mutableData());
  std::ranges::copy(message.content(), frame.mutableData() + size);
  return frame;
}

WebSocket::WebSocket(Loop& loop, Opening opening, std::uint32_t handle, const WebSocketLimits& limits, Owner& owner)
    : loop_(loop),
      descriptor_(std::move(opening.descriptor)),
      limits_(limits),
      owner_(owner),
      handle_(handle),
      decoder_(limits.messageBytes),
      undecoded_(std::move(opening.early)),
      key_(std::move(opening.key)),
      interest_{.peerEnd = true} {
  loop_.watch(descriptor_.number(), *this, interest_);
}

WebSocket::~WebSocket() {
  if (descriptor_.isOpen()) loop_.forget(descriptor_.number());
}

void WebSocket::accept() {
  if (phase_ != Phase::pending) return;
  const auto waiting = queue_.take();
  phase_ = closeQueued_ ? Phase::closing : Phase::open;
  if (closeQueued_) {
    setPatience(limits_.closeAnswer);
  } else if (limits_.pingEvery.count() > 0) {
    setPatience(limits_.pingEvery);
  }
  transmit(SharedBytes(switchingProtocols(std::exchange(key_, {}))));
  for (const SharedBytes& frame : waiting) transmit(frame);
  std::string early = std::exchange(undecoded_, {});
  decode(early);
  setInterest();
}

void WebSocket::refuse(std::uint16_t code, std::string_view reason) {
  if (phase_ != Phase::pending) return;
  queue_.clear();
  phase_ = Phase::closing;
  transmit(SharedBytes(switchingProtocols(key_) + closeFrame(code, reason)));
  sayFarewell();
}

void WebSocket::answer(const Response& response) {
  if (phase_ != Phase::pending) return;
  queue_.clear();
  phase_ = Phase::closing;
  const AnswerForm form{.keepAlive = false, .date = owner_.httpDate()};
  std::string bytes = headBytes(response, form);
  if (hasBody(response, form)) bytes += response.body();
  transmit(SharedBytes(bytes));
  sayFarewell();
}

void WebSocket::drop() { end(); }

void WebSocket::send(const SharedBytes& frame) {
  if (closeQueued_) return;
  if (phase_ == Phase::pending || phase_ == Phase::open || phase_ == Phase::answering) transmit(frame);
}

void WebSocket::close(std::uint16_t code, std::string_view reason, bool answers) {
  if (closeQueued_) return;
  if (phase_ != Phase::pending && phase_ != Phase::open && phase_ != Phase::answering) return;
  transmit(SharedBytes(closeFrame(code, reason)));
  if (phase_ == Phase::pending) {
    closeQueued_ = true;  // CLOSE-23
  } else if (answers || phase_ == Phase::answering) {
    sayFarewell();
  } else if (phase_ == Phase::open) {
    phase_ = Phase::closing;
    setPatience(limits_.closeAnswer);
  }
}

void WebSocket::transmit(const SharedBytes& bytes) {
  if (phase_ == Phase::ended) return;
  Transfer written;
  if (phase_ == Phase::pending || !queue_.empty()) {
    written.bytes = 0;
  } else {
    written = descriptor_.write(bytes.view());
    if (written.outcome == Transfer::Outcome::ended) return lose();
    if (written.bytes == bytes.size()) return;
  }
  queue_.push(bytes, written.bytes);
  if (queue_.bytes() > limits_.backlogBytes) {
    owner_.backlogFull(*this, queue_.bytes());
    return lose();
  }
  setInterest();
}

void WebSocket::ready(Readiness readiness) {
  if (readiness.hungUp) return lose();
  if (readiness.writable && !queue_.empty() && phase_ != Phase::pending) {
    const auto progress = queue_.flush(descriptor_);
    if (progress == WriteQueue::Progress::broken) return lose();
    if (progress == WriteQueue::Progress::drained) {
      if (latePong_) pong(*std::exchange(latePong_, std::nullopt));
      if (phase_ == Phase::farewell) descriptor_.endOutput();
      setInterest();
    }
  }
  if (readiness.readable && phase_ != Phase::ended) receive();
  if (readiness.peerEnded && phase_ == Phase::answering) return end();
  // While pending, what the peer sent before it left is read once the room has accepted it.
  if (readiness.peerEnded && phase_ == Phase::pending && undecoded_.empty() && descriptor_.unread() == 0) lose();
}

void WebSocket::receive() {
  const auto buffer = owner_.receiveBuffer();
  const Transfer got = descriptor_.read(buffer);
  if (got.outcome == Transfer::Outcome::wouldBlock) return;
  if (got.outcome == Transfer::Outcome::ended) return lose();
  unansweredPings_ = 0;
  if (isReading()) decode(buffer.first(got.bytes));
}

void WebSocket::decode(std::span<char> bytes) {
  decoding_ = true;
  while (isReading() && !paused_) {
    auto event = decoder_.next(bytes);
    if (!event) break;
    handle(std::move(*event));
  }
  decoding_ = false;
  if (isReading() && paused_) undecoded_.append(bytes.data(), bytes.size());
}

void WebSocket::handle(FrameEvent&& event) {
  if (auto* message = std::get_if<Message>(&event)) {
    owner_.messageArrived(*this, std::move(*message));
  } else if (auto* ping = std::get_if<PingFrame>(&event)) {
    if (phase_ == Phase::open) pong(std::move(ping->payload));
  } else if (auto* close = std::get_if<CloseFrame>(&event)) {
    const bool bothSaid = phase_ == Phase::closing;
    phase_ = Phase::answering;
    setInterest();
    owner_.closeArrived(*this, close->code, std::move(close->reason));
    if (bothSaid) sayFarewell();
  } else if (auto* fault = std::get_if<FrameFault>(&event)) {
    if (phase_ == Phase::open) transmit(SharedBytes(closeFrame(fault->code, fault->reason)));
    sayFarewell();
    owner_.socketFailed(*this, fault->code, std::move(fault->reason));
  }
}

// RFC 6455, 5.5.3: while an answer waits, only the latest ping needs one. So pings cannot fill the queue.
void WebSocket::pong(std::string payload) {
  if (!queue_.empty()) {
    latePong_ = std::move(payload);
    return;
  }
  std::string frame;
  appendFrame(frame, Opcode::pong, payload);
  transmit(SharedBytes(frame));
}

void WebSocket::setPaused(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  if (!paused && !decoding_ && isReading()) {
    std::string rest = std::exchange(undecoded_, {});
    decode(rest);
  }
  setInterest();
}

void WebSocket::checkPatience(SteadyTime now) {
  if (phase_ == Phase::pending || phase_ == Phase::answering || phase_ == Phase::ended || now < deadline_) return;
  if (phase_ == Phase::farewell) return end();
  if (phase_ == Phase::closing) return lose();
  if (limits_.pingEvery.count() == 0 || paused_) return;
  if (unansweredPings_ >= limits_.missedPings) return lose();
  ++unansweredPings_;
  setPatience(limits_.pingEvery);
  std::string frame;
  appendFrame(frame, Opcode::ping, {});
  if (queue_.empty()) transmit(SharedBytes(frame));
}

// Both sides have said their last word, or the peer broke the protocol: our end follows what is queued, the peer's is
// awaited for a while, since closing over bytes that were not read would reset the connection (D-7).
void WebSocket::sayFarewell() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::farewell;
  undecoded_ = {};
  latePong_.reset();
  if (queue_.empty()) descriptor_.endOutput();
  setPatience(limits_.farewell);
  setInterest();
}

void WebSocket::lose() {
  const bool tell = phase_ == Phase::pending || isReading();
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  if (tell) owner_.socketLost(*this);
  finish();
}

void WebSocket::end() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  finish();
}

void WebSocket::finish() {
  queue_.clear();
  if (descriptor_.isOpen()) {
    loop_.forget(descriptor_.number());
    descriptor_.close();
  }
  owner_.socketEnded(*this);
}

void WebSocket::setInterest() {
  if (!descriptor_.isOpen()) return;
  const Interest wanted{.read = (isReading() && !paused_) || phase_ == Phase::farewell,
                        .write = !queue_.empty() && phase_ != Phase::pending,
                        .peerEnd = phase_ == Phase::pending || phase_ == Phase::answering};
  if (wanted == interest_) return;
  interest_ = wanted;
  loop_.change(descriptor_.number(), interest_);
}

}  // namespace Party::Serve
