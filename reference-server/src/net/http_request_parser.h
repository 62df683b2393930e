#pragma once

#include <party/http.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace Party::Serve {

struct HttpLimits {
  std::size_t headerBytes = 16 * 1024;
  std::size_t bodyBytes = 32 * 1024 * 1024;
};

/// A request line and its fields, whole and checked, but not yet a `Request`: the URL needs the Host rules first.
struct HttpRequestHead {
  std::string method;
  std::string target;
  Headers headers;
  bool keepAlive = true;
  bool isHttp11 = true;
  bool expectsContinue = false;
};

/// The answer to a request that no party ever sees; the connection is closed behind it.
struct HttpRefusal {
  int status = 400;
  std::string body;
};

/// HTTP/1.1 requests from bytes: Beast's parser, with what it lets pass refused.
///
/// What could make two readers disagree where a request ends is an error: both Content-Length and Transfer-Encoding, or
/// any Transfer-Encoding but `chunked` alone. Limits hold before memory is taken.
class HttpRequestParser {
 public:
  enum class State { head, body, complete, refused };

  explicit HttpRequestParser(const HttpLimits& limits);
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  /// Takes bytes from the front, returns how many. What it does not take must be given again, with more behind it.
  /// Stops behind the request.
  std::size_t feed(std::string_view bytes);

  State state() const;
  const HttpRequestHead& head() const;
  const std::string& body() const;
  const HttpRefusal& refusal() const;

 private:
  class Machinery;
  std::unique_ptr<Machinery> machinery_;
};

}  // namespace Party::Serve
