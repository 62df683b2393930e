// Bytes from a disk are a value or an error: never a crash, and never read one way here and another way there. The last
// byte says as which type they are read.

#include <party/cbor.h>
#include <party/codec.h>
#include <party/error.h>
#include <party/json.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "input.h"

namespace {

template <class T>
std::optional<T> readAs(std::string_view bytes) {
  try {
    Party::Decoder decoder(bytes);
    T value = decoder.read<T>();
    decoder.finish();
    return value;
  } catch (const Party::Error&) {
    return std::nullopt;
  }
}

bool isWellFormed(std::string_view bytes) {
  try {
    Party::Decoder decoder(bytes);
    decoder.skip();
    decoder.finish();
    return true;
  } catch (const Party::Error&) {
    return false;
  }
}

template <class T>
std::string written(const T& value) {
  Party::Encoder encoder;
  encoder.write(value);
  return std::string(encoder.finish().view());
}

/// What is read as this type is well-formed, and what is written of it is read back to be written the same.
template <class T>
void checkType(std::string_view bytes, bool wellFormed) {
  const auto value = readAs<T>(bytes);
  if (!value) return;
  demand(wellFormed, "only what is well-formed is read");
  const std::string first = written(*value);
  const auto again = readAs<T>(first);
  demand(again.has_value(), "what was written can be read");
  demand(written(*again) == first, "a value survives being written and read");
}

constexpr std::array checks{
    &checkType<nlohmann::json>,
    &checkType<bool>,
    &checkType<std::int64_t>,
    &checkType<std::uint8_t>,
    &checkType<double>,
    &checkType<std::string>,
    &checkType<std::vector<std::string>>,
    &checkType<std::map<std::string, std::optional<std::int32_t>>>,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t type = input.choice() % checks.size();  // one alone: errors are thrown, and throwing is slow
  checks[type](input.rest(), isWellFormed(input.rest()));
  return 0;
}
