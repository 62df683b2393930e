#pragma once

#include "net/descriptor.h"
#include "net/http_request_parser.h"
#include "net/loop.h"
#include "net/write_queue.h"

#include <party/http.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace Party::Serve {

/// How long a client may take.
struct HttpPatience {
  std::chrono::seconds idle{65};   // between two requests
  std::chrono::seconds head{10};   // from the first byte of a request to the end of its head
  std::chrono::seconds body{30};   // between two pieces of a body
  std::chrono::seconds write{30};  // until an answer that waits moves on
  std::chrono::seconds farewell{2};
};

/// One client that speaks HTTP/1.1: a request at a time, in order, until it leaves or becomes a WebSocket.
///
/// It decides nothing: what is no well-formed request is refused here, everything else goes to the owner.
class HttpSession final : public Watcher {
 public:
  class Owner {
   public:
    /// Answered later, or inside the call, by `answer`, `answerInPieces` or `takeForUpgrade`.
    virtual void requestArrived(HttpSession& session, Request request) = 0;
    /// Nobody waits for the answer any more; the session has ended.
    virtual void sessionEnded(HttpSession& session) = 0;
    virtual std::string_view httpDate() = 0;
    /// Scratch space for whoever reads at this moment.
    virtual std::span<char> receiveBuffer() = 0;

   protected:
    ~Owner() = default;
  };

  HttpSession(Loop& loop, Descriptor descriptor, const HttpLimits& limits, const HttpPatience& patience, Owner& owner);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void answer(const Response& response);
  /// The head now; `piece`s follow until `endPieces`.
  void answerInPieces(const Response& response);
  void piece(std::string_view bytes);
  void endPieces();
  /// Ends the transport, so that the client sees that the body is not whole.
  void breakOff() { end(); }

  /// What is left of the session when its client becomes a WebSocket.
  struct Upgraded {
    Descriptor descriptor;
    std::string early;  // bytes that came behind the request
  };
  Upgraded takeForUpgrade();

  bool isAwaitingAnswer() const { return phase_ == Phase::awaiting || phase_ == Phase::streaming; }
  /// Once a second or so: ends what took too long.
  void checkPatience(SteadyTime now);
  /// No further request: ends at once, or behind the answer that is due.
  void retire();
  void ready(Readiness readiness) override;

 private:
  enum class Phase { reading, awaiting, streaming, flushing, farewell, ended };

  void receive();
  void process();
  bool processOne();
  void continueExpected();
  void refuse(HttpRefusal refusal);
  void transmit(std::string_view bytes);
  void transmit(const SharedBytes& bytes);
  void answered();
  void afterFlush();
  void sayFarewell();
  void end();
  void setInterest();
  void setPatience(std::chrono::seconds length) { deadline_ = std::chrono::steady_clock::now() + length; }

  Loop& loop_;
  Descriptor descriptor_;
  HttpLimits limits_;
  HttpPatience patience_;
  Owner& owner_;
  std::optional<HttpRequestParser> parser_;
  std::string unparsed_;
  WriteQueue queue_;
  Interest interest_{.read = true};
  SteadyTime deadline_;
  Phase phase_ = Phase::reading;
  bool isHead_ = false;
  bool isHttp11_ = true;
  bool keepAlive_ = true;
  bool retiring_ = false;
  bool processing_ = false;
  bool continued_ = false;
};

}  // namespace Party::Serve
