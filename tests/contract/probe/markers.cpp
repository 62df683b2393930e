#include "markers.h"

#include <party/error.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace Party::Contract {
namespace {

int digitOf(char hex) {
  if (hex >= '0' && hex <= '9') return hex - '0';
  if (hex >= 'a' && hex <= 'f') return hex - 'a' + 10;
  throw Error(std::string("'") + hex + "' is no hexadecimal digit in lower case");
}

std::string repeated(const Json& marker) {
  const auto text = marker.at("$repeat").get<std::string>();
  const auto times = marker.at("times").get<std::size_t>();
  if (!text.empty() && times > maxRepeatedBytes / text.size()) {
    throw Error("a text repeated " + std::to_string(times) + " times passes the limit of " +
                std::to_string(maxRepeatedBytes) + " bytes");
  }
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

Json replaced(const Json& value, bool values) {
  if (value.is_array()) {
    Json result = Json::array();
    for (const Json& element : value) result.push_back(replaced(element, values));
    return result;
  }
  if (!value.is_object()) return value;
  try {
    if (value.size() == 2 && value.contains("$repeat") && value.contains("times")) return repeated(value);
    if (values && value.size() == 1 && value.contains("$date")) return value.at("$date").get<std::int64_t>();
    if (values && value.size() == 1 && value.contains("$bytes")) {
      const std::string bytes = bytesOfHex(value.at("$bytes").get<std::string>());
      return Json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
  } catch (const Json::exception&) {
    throw Error("a marker has the wrong inside: " + value.dump());
  }
  Json result = Json::object();
  for (const auto& [key, element] : value.items()) result[key] = replaced(element, values);
  return result;
}

}  // namespace

std::string bytesOfHex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw Error("hexadecimal digits come in pairs, here are " + std::to_string(hex.size()));
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    bytes += static_cast<char>(digitOf(hex[at]) * 16 + digitOf(hex[at + 1]));
  }
  return bytes;
}

std::string hexOfBytes(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    hex += digits[value >> 4];
    hex += digits[value & 15];
  }
  return hex;
}

Json withoutMarkers(const Json& value) { return replaced(value, true); }
Json withoutRepeats(const Json& value) { return replaced(value, false); }

Json withMarkers(const Json& value) {
  if (value.is_binary()) {
    const auto& bytes = value.get_binary();
    return Json{{"$bytes", hexOfBytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()})}};
  }
  if (!value.is_structured()) return value;
  Json result = value;
  for (Json& element : result) element = withMarkers(element);
  return result;
}

}  // namespace Party::Contract
