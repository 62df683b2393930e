#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace Party::Contract {

/// One thing that the outside saw of a socket or a request.
struct Observation {
  enum class Kind : std::uint8_t {
    open,    ///< the 101
    answer,  ///< an HTTP response: to a request, or to an upgrade that was refused
    text,
    bytes,
    pong,
    close,  ///< a close frame
    lost,   ///< TCP ended though neither side had sent a close frame, or before the answer to a request was whole
  };
  Kind kind = Kind::open;
  /// The message, the pong's payload, the close reason, the body.
  std::string content;
  /// The close code, nothing for an empty frame; the status.
  std::optional<int> code;
  /// Of an answer and of the 101; names in lower case.
  std::multimap<std::string, std::string> headers;
};

/// One line for people; long content is cut.
std::string describe(const Observation& observation);
/// `text` in quotes, at most 200 bytes of it, with its size when it was cut.
std::string inQuotes(const std::string& text);

}  // namespace Party::Contract
