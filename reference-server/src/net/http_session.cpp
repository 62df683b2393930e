#include "net/http_session.h"

#include "net/http_answer.h"

#include <utility>

namespace Party::Serve {
namespace {

// Small answers leave in one piece with their head.
constexpr std::size_t copiedBody = 16 * 1024;
// Of a body written piece by piece, to a client that does not read it.
constexpr std::size_t mostUnreadPieces = 16 * 1024 * 1024;

}  // namespace

HttpSession::HttpSession(Loop& loop, Descriptor descriptor, const HttpLimits& limits, const HttpPatience& patience,
                         Owner& owner)
    : loop_(loop), descriptor_(std::move(descriptor)), limits_(limits), patience_(patience), owner_(owner) {
  loop_.watch(descriptor_.number(), *this, interest_);
  setPatience(patience_.idle);
}

HttpSession::~HttpSession() {
  if (descriptor_.isOpen()) loop_.forget(descriptor_.number());
}

void HttpSession::ready(Readiness readiness) {
  if (readiness.hungUp) {
    end();
    return;
  }
  if (readiness.writable && !queue_.empty()) {
    setPatience(patience_.write);
    const auto progress = queue_.flush(descriptor_);
    if (progress == WriteQueue::Progress::broken) return end();
    if (progress == WriteQueue::Progress::drained) afterFlush();
  }
  if (readiness.readable && phase_ != Phase::ended) receive();
}

void HttpSession::receive() {
  const auto buffer = owner_.receiveBuffer();
  const Transfer got = descriptor_.read(buffer);
  if (got.outcome == Transfer::Outcome::wouldBlock) return;
  if (got.outcome == Transfer::Outcome::ended) {
    // Whoever ends its output behind a request still gets the answer.
    if (phase_ == Phase::reading || phase_ == Phase::farewell) return end();
    keepAlive_ = false;
    return setInterest();
  }
  if (phase_ == Phase::farewell) return;
  unparsed_.append(buffer.data(), got.bytes);
  process();
}

void HttpSession::process() {
  if (processing_) return;
  processing_ = true;
  while (phase_ == Phase::reading && processOne()) continue;
  processing_ = false;
  if (phase_ != Phase::ended) setInterest();
}

// True when a whole request was taken from the front of what has arrived.
bool HttpSession::processOne() {
  if (unparsed_.empty()) return false;
  if (!parser_) {
    parser_.emplace(limits_);
    continued_ = false;
    setPatience(patience_.head);
  }
  const std::size_t taken = parser_->feed(unparsed_);
  unparsed_.erase(0, taken);
  switch (parser_->state()) {
    case HttpRequestParser::State::refused:
      refuse(parser_->refusal());
      return false;
    case HttpRequestParser::State::head:
      return false;
    case HttpRequestParser::State::body:
      setPatience(patience_.body);
      // A chunk's header that has no end.
      if (unparsed_.size() > limits_.headerBytes) refuse({400, "Bad Request"});
      continueExpected();
      return false;
    case HttpRequestParser::State::complete:
      break;
  }
  const HttpRequestHead& head = parser_->head();
  isHead_ = head.method == "HEAD";
  isHttp11_ = head.isHttp11;
  keepAlive_ = head.keepAlive && !retiring_;
  auto request = requestOf(head, parser_->body());
  parser_.reset();
  if (!request) {
    refuse(request.error());
    return false;
  }
  phase_ = Phase::awaiting;
  owner_.requestArrived(*this, std::move(*request));
  return true;
}

void HttpSession::continueExpected() {
  if (phase_ != Phase::reading || continued_ || !parser_->head().expectsContinue) return;
  continued_ = true;
  transmit("HTTP/1.1 100 Continue\r\n\r\n");
}

void HttpSession::refuse(HttpRefusal refusal) {
  parser_.reset();
  keepAlive_ = false;
  phase_ = Phase::awaiting;
  transmit(refusalBytes(refusal, owner_.httpDate()));
  answered();
}

void HttpSession::answer(const Response& response) {
  if (phase_ == Phase::streaming) return end();  // what has begun cannot be taken back
  if (phase_ != Phase::awaiting) return;
  const AnswerForm form{
      .isHead = isHead_, .isHttp11 = isHttp11_, .keepAlive = keepAlive_ && !retiring_, .date = owner_.httpDate()};
  keepAlive_ = form.keepAlive;
  std::string head = headBytes(response, form);
  const bool withBody = hasBody(response, form);
  if (withBody && response.body().size() <= copiedBody) head += response.body();
  transmit(head);
  if (withBody && response.body().size() > copiedBody) transmit(response.bodyBytes());
  answered();
}

void HttpSession::answerInPieces(const Response& response) {
  if (phase_ != Phase::awaiting) return;
  keepAlive_ = keepAlive_ && !retiring_ && isHttp11_;
  phase_ = Phase::streaming;
  transmit(headBytes(response, {.isHead = isHead_,
                                .isHttp11 = isHttp11_,
                                .keepAlive = keepAlive_,
                                .streamed = true,
                                .date = owner_.httpDate()}));
}

void HttpSession::piece(std::string_view bytes) {
  if (phase_ != Phase::streaming || isHead_ || bytes.empty()) return;
  if (isHttp11_) {
    transmit(chunkBytes(bytes));
  } else {
    transmit(bytes);
  }
  if (queue_.bytes() > mostUnreadPieces) end();
}

void HttpSession::endPieces() {
  if (phase_ != Phase::streaming) return;
  if (isHttp11_ && !isHead_) transmit(chunkBytes({}));
  answered();
}

void HttpSession::transmit(std::string_view bytes) {
  Transfer written;
  if (queue_.empty()) written = descriptor_.write(bytes);
  if (written.outcome == Transfer::Outcome::ended || written.bytes == bytes.size()) return;  // an end is told by epoll
  queue_.push(SharedBytes(bytes), written.bytes);
  setPatience(patience_.write);
  setInterest();
}

void HttpSession::transmit(const SharedBytes& bytes) {
  Transfer written;
  if (queue_.empty()) written = descriptor_.write(bytes.view());
  if (written.outcome == Transfer::Outcome::ended || written.bytes == bytes.size()) return;
  queue_.push(bytes, written.bytes);
  setPatience(patience_.write);
  setInterest();
}

void HttpSession::answered() {
  phase_ = Phase::flushing;
  if (queue_.empty()) afterFlush();
}

void HttpSession::afterFlush() {
  if (phase_ == Phase::farewell) return descriptor_.endOutput();
  if (phase_ != Phase::flushing) return setInterest();
  if (!keepAlive_ || retiring_) return sayFarewell();
  phase_ = Phase::reading;
  setPatience(patience_.idle);
  process();
}

// Closing over bytes that were not read would reset the connection and could take the answer along.
void HttpSession::sayFarewell() {
  phase_ = Phase::farewell;
  descriptor_.endOutput();
  setPatience(patience_.farewell);
  setInterest();
}

void HttpSession::setInterest() {
  if (!descriptor_.isOpen()) return;
  Interest wanted;
  wanted.write = !queue_.empty();
  // While an answer is awaited, further requests wait in the kernel: that is what bounds a client that pipelines.
  wanted.read = phase_ == Phase::reading || phase_ == Phase::farewell;
  if (wanted == interest_) return;
  interest_ = wanted;
  loop_.change(descriptor_.number(), interest_);
}

HttpSession::Upgraded HttpSession::takeForUpgrade() {
  loop_.forget(descriptor_.number());
  phase_ = Phase::ended;
  Upgraded upgraded{std::move(descriptor_), std::move(unparsed_)};
  owner_.sessionEnded(*this);
  return upgraded;
}

void HttpSession::checkPatience(SteadyTime now) {
  if (now < deadline_ || (isAwaitingAnswer() && queue_.empty()) || phase_ == Phase::ended) return;
  if (phase_ == Phase::reading && parser_) return refuse({408, "Request Timeout"});
  end();
}

void HttpSession::retire() {
  retiring_ = true;
  if (phase_ == Phase::reading && !parser_) sayFarewell();
}

void HttpSession::end() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  if (descriptor_.isOpen()) {
    loop_.forget(descriptor_.number());
    descriptor_.close();
  }
  owner_.sessionEnded(*this);
}

}  // namespace Party::Serve
