#include "net/http_request_parser.h"

#include <party/error.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cctype>
#include <utility>

namespace Party::Serve {
namespace http = boost::beast::http;
namespace {

using BeastView = boost::beast::string_view;

std::string_view viewOf(BeastView text) { return {text.data(), text.size()}; }

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

// REQUEST-3; everything else is answered as ROUTE-27 says.
bool isKnownMethod(std::string_view method) {
  constexpr std::array<std::string_view, 8> known{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};
  return std::ranges::find(known, method) != known.end();
}

HttpRefusal refusalFor(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return {431, "Request Header Fields Too Large"};
  if (error == http::error::body_limit) return {413, "Payload Too Large"};
  return {400, "Bad Request"};
}

}  // namespace

class HttpRequestParser::Machinery final : public http::basic_parser<true> {
 public:
  explicit Machinery(const HttpLimits& limits) {
    header_limit(static_cast<std::uint32_t>(limits.headerBytes));
    body_limit(limits.bodyBytes);
    eager(true);
  }

  std::size_t feed(std::string_view bytes) {
    boost::system::error_code error;
    const std::size_t taken = put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (is_done()) {
      state = State::complete;
    } else if (error && error != http::error::need_more) {
      if (refusal.body.empty()) refusal = refusalFor(error);
      state = State::refused;
    }
    return taken;
  }

  State state = State::head;
  HttpRequestHead head;
  std::string body;
  HttpRefusal refusal;

 private:
  using Error = boost::system::error_code;

  void refuse(int status, std::string text, Error& error) {
    refusal = {status, std::move(text)};
    error = http::error::bad_value;
  }

  void on_request_impl(http::verb, BeastView method, BeastView target, int version, Error& error) override {
    head.method = viewOf(method);
    head.target = viewOf(target);
    head.isHttp11 = version == 11;
    if (!isKnownMethod(head.method)) refuse(501, "ERROR: Unrecognized request method.", error);
  }

  void on_field_impl(http::field field, BeastView name, BeastView value, Error& error) override {
    if (field == http::field::transfer_encoding && !equalIgnoringCase(viewOf(value), "chunked")) {
      refuse(501, "a Transfer-Encoding other than chunked is not supported", error);
      return;
    }
    try {
      head.headers.append(viewOf(name), viewOf(value));
    } catch (const Party::Error&) {
      error = http::error::bad_value;
    }
  }

  void on_header_impl(Error& error) override {
    const auto encodings = head.headers.all("transfer-encoding").size();
    const auto lengths = head.headers.all("content-length").size();
    if (encodings + lengths > 1 || (encodings != 0 && !head.isHttp11)) {
      error = http::error::bad_transfer_encoding;
      return;
    }
    head.keepAlive = keep_alive();
    const auto expected = head.headers.get("expect");
    head.expectsContinue = expected && equalIgnoringCase(*expected, "100-continue");
    state = State::body;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}

  std::size_t on_body_impl(BeastView piece, Error&) override {
    body += viewOf(piece);
    return piece.size();
  }

  void on_chunk_header_impl(std::uint64_t, BeastView, Error&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, BeastView piece, Error&) override {
    body += viewOf(piece);
    return piece.size();
  }

  void on_response_impl(int, BeastView, int, Error&) override {}
  void on_finish_impl(Error&) override {}
};

HttpRequestParser::HttpRequestParser(const HttpLimits& limits) : machinery_(std::make_unique<Machinery>(limits)) {}
HttpRequestParser::~HttpRequestParser() = default;
std::size_t HttpRequestParser::feed(std::string_view bytes) { return machinery_->feed(bytes); }
HttpRequestParser::State HttpRequestParser::state() const { return machinery_->state; }
const HttpRequestHead& HttpRequestParser::head() const { return machinery_->head; }
const std::string& HttpRequestParser::body() const { return machinery_->body; }
const HttpRefusal& HttpRequestParser::refusal() const { return machinery_->refusal; }

}  // namespace Party::Serve
