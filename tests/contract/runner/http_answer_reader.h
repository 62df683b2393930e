#pragma once

#include "observation.h"

#include <cstddef>
#include <optional>
#include <string>

namespace Party::Contract {

/// Reads HTTP/1.1 responses from what has arrived, as far as the arms send them: a length, chunks, or up to the end of
/// the connection.
class HttpAnswerReader {
 public:
  /// `bodiless`: the answer to a HEAD has no body, whatever its headers say.
  explicit HttpAnswerReader(bool bodiless) : bodiless_(bodiless) {}

  /// Takes one answer from the front of `arrived` once it is whole; `over` says that nothing more will come. A 101 is
  /// whole with its head. Throws `std::runtime_error` for what is no HTTP.
  std::optional<Observation> take(std::string& arrived, bool over) const;

 private:
  bool bodiless_;
};

}  // namespace Party::Contract
