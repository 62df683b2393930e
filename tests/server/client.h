#pragma once

#include "client_frames.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace Party::Serve {

/// A plain blocking socket that speaks what a test tells it to. Waiting has a limit; running into it gives "(nothing)".
class Client {
 public:
  static constexpr std::chrono::milliseconds patience{5'000};

  explicit Client(std::uint16_t port);
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  /// An upgrade whose answer has been read: `101`.
  static Client webSocket(std::uint16_t port, std::string_view path, std::string_view more = {});
  static std::string upgradeRequest(std::string_view path, std::string_view fields = {});
  /// One request over a connection of its own, as `status body`.
  static std::string get(std::uint16_t port, std::string_view path, std::string_view method = "GET",
                         std::string_view body = {});

  void send(std::string_view bytes);
  void endOutput();
  /// Closes so that the server sees a reset.
  void reset();
  void shrinkReceiveBuffer();

  struct Reply {
    int status = 0;
    std::string head;
    std::string body;
  };
  /// A response; `withBody` false for the answer to a HEAD.
  Reply readReply(bool withBody = true);
  /// A frame, as `text hello`, `bytes ..`, `close 1000 reason`, `ping ..`, `pong ..`; `end` when the connection ended.
  std::string readFrame(std::chrono::milliseconds limit = patience);
  /// Everything until the server ends the connection; "(reset)" at the end when it was not an orderly end.
  std::string readToEnd();

 private:
  bool fill(std::chrono::milliseconds limit);
  bool need(std::size_t bytes, std::chrono::milliseconds limit = patience);
  std::string take(std::size_t bytes);

  int socket_ = -1;
  std::string buffer_;
  bool ended_ = false;
  bool wasReset_ = false;
};

}  // namespace Party::Serve
