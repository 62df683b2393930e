#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace Party {

/// What this library throws, and what a handler may throw to choose an HTTP status.
///
/// `what()` is a text the contract names, byte for byte, wherever it names one: it reaches HTTP bodies and close
/// reasons. `detail()` is for people: the value, the limit and the next step; it goes to the log and never to a client.
class Error : public std::exception {
 public:
  explicit Error(std::string message, std::optional<int> code = std::nullopt)
      : message_(std::move(message)), code_(code) {}

  Error(std::string message, std::optional<int> code, std::string detail)
      : message_(std::move(message)), detail_(std::move(detail)), code_(code) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }

  /// The HTTP status of the answer when this error ends a request; used only from 400 to 599, otherwise 500 (D-17).
  std::optional<int> code() const noexcept { return code_; }

  const std::string& detail() const noexcept { return detail_; }

 private:
  std::string message_;
  std::string detail_;
  std::optional<int> code_;
};

}  // namespace Party
