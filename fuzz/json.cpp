// Any text is a JSON value within the depth that can be stored, or an error; what was read can be written and read
// again as the same.

#include <party/error.h>
#include <party/json.h>

#include <optional>
#include <string>
#include <string_view>

#include "input.h"

namespace {

std::optional<nlohmann::json> read(std::string_view text) {
  try {
    return Party::parseJson(text);
  } catch (const Party::Error& error) {
    demand(*error.what() != '\0', "a refusal is a sentence");
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = read({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const std::string text = Party::dumpJson(*value);
  const auto again = read(text);
  demand(again.has_value(), "what was written can be read");
  demand(Party::dumpJson(*again) == text, "a value survives being written and read");

  Party::Encoder encoder;
  encoder.write(*value);
  const auto stored = encoder.finish();
  Party::Decoder decoder(stored.view());
  demand(Party::dumpJson(decoder.read<nlohmann::json>()) == text, "a value survives being stored");
  decoder.finish();
  return 0;
}
