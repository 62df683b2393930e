#pragma once

#include "http_answer_reader.h"
#include "observation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Contract {

/// One TCP connection of a scenario, for a request or a WebSocket. It never waits: whoever owns it polls.
///
/// It speaks the protocol only as far as a client must: it answers pings, and close frames unless told not to. What it
/// sends may be anything.
class Socket {
 public:
  enum class Purpose : std::uint8_t { request, webSocket };
  struct Manner {
    Purpose purpose = Purpose::request;
    bool answersClose = true;
    bool bodiless = false;
  };

  /// Connects to a port of this machine. Throws `std::runtime_error` when nobody listens.
  Socket(std::uint16_t port, Manner manner);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  void write(std::string_view bytes);
  /// One masked frame; `first` is FIN, the reserved bits and the opcode.
  void writeFrame(std::uint8_t first, std::string_view payload);
  void writeClose(std::optional<std::uint16_t> code, std::string_view reason);
  /// Resets the connection.
  void drop();
  /// Sends the end of this direction.
  void end();

  /// -1 after the end.
  int descriptor() const { return descriptor_; }
  bool wantsToWrite() const { return !outgoing_.empty(); }
  bool ended() const { return descriptor_ < 0; }

  /// Writes and reads as much as goes without waiting; gives what was seen by that.
  std::vector<Observation> move();

 private:
  void flush();
  bool fill();
  bool takeAnswer(std::vector<Observation>& seen);
  bool takeFrame(std::vector<Observation>& seen);
  void takeWholeFrame(std::uint8_t opcode, std::string payload, bool last, std::vector<Observation>& seen);
  void shut();

  int descriptor_ = -1;
  Manner manner_;
  HttpAnswerReader answers_;
  std::string outgoing_;
  std::string arrived_;
  bool open_ = false;      // the 101 has come
  bool answered_ = false;  // the answer of a request has come
  bool endOfInput_ = false;
  bool endsOutput_ = false;
  bool endSent_ = false;  // of this direction: that TCP ends is then no surprise
  bool closeSent_ = false;
  bool closeReceived_ = false;
  std::uint8_t messageOpcode_ = 0;
  std::string message_;
};

}  // namespace Party::Contract
