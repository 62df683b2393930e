#include "observation.h"

#include "../probe/markers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace Party::Contract {

std::string inQuotes(const std::string& text) {
  constexpr std::size_t most = 200;
  const auto handler = nlohmann::json::error_handler_t::replace;
  if (text.size() <= most) return nlohmann::json(text).dump(-1, ' ', false, handler);
  return fmt::format("{} … ({} bytes)", nlohmann::json(text.substr(0, most)).dump(-1, ' ', false, handler),
                     text.size());
}

std::string describe(const Observation& observation) {
  const std::string& content = observation.content;
  switch (observation.kind) {
    case Observation::Kind::open:
      return "open";
    case Observation::Kind::answer:
      return fmt::format("the answer {} {}", observation.code.value_or(0), inQuotes(content));
    case Observation::Kind::text:
      return "the text " + inQuotes(content);
    case Observation::Kind::bytes:
      return fmt::format("the bytes {}", inQuotes(hexOfBytes(content)));
    case Observation::Kind::pong:
      return fmt::format("the pong {}", inQuotes(hexOfBytes(content)));
    case Observation::Kind::close:
      if (!observation.code) return "an empty close frame";
      return fmt::format("close {} {}", *observation.code, inQuotes(content));
    case Observation::Kind::lost:
      return "lost";
  }
  return {};
}

}  // namespace Party::Contract
