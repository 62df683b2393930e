#pragma once

/// Opt in to nlohmann_json: include this, and `nlohmann::json` and everything with `to_json` and `from_json` can be
/// stored in a room and kept as a connection's state. `<party/party.h>` does not include it.
///
/// The bytes are those of `nlohmann::json::to_cbor`, so a value may be written as JSON and read as a struct, or the
/// other way round. Typed codecs are several times faster; a type that has `partyFields` or a codec of its own uses
/// that.
///
/// nlohmann_json copies and prints recursively: a text of 100,000 brackets from a client overflows the stack. So
/// nothing deeper than 64 levels is read or written here, and `parseJson` and `dumpJson` keep to that for texts.

#include <party/codec.h>
#include <party/error.h>

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace Party {
namespace Detail {

/// Throws unless the brackets of `text` stand at most `maxValueDepth` deep. Does not otherwise look at its grammar.
inline void checkJsonDepth(std::string_view text) {
  std::size_t depth = 0;
  bool inString = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (inString) {
      if (byte == '\\') ++at;
      if (byte == '"') inString = false;
    } else if (byte == '"') {
      inString = true;
    } else if (byte == '[' || byte == '{') {
      if (++depth > maxValueDepth) {
        throw Error("JSON is nested deeper than the limit of " + std::to_string(maxValueDepth) + " levels");
      }
    } else if ((byte == ']' || byte == '}') && depth > 0) {
      --depth;
    }
  }
}

template <class Json>
void checkJsonDepth(const Json& value, std::size_t depth) {
  if (!value.is_structured()) return;
  if (depth >= maxValueDepth) {
    throw Error("JSON is nested deeper than the limit of " + std::to_string(maxValueDepth) + " levels");
  }
  for (const auto& element : value) checkJsonDepth(element, depth + 1);
}

template <class Json>
struct JsonCodec {
  static void encode(Encoder& encoder, const Json& value) {
    switch (value.type()) {
      case Json::value_t::null:
        return encoder.null();
      case Json::value_t::boolean:
        return encoder.boolean(value.template get<bool>());
      case Json::value_t::number_integer:
        return encoder.integer(value.template get<std::int64_t>());
      case Json::value_t::number_unsigned:
        return encoder.unsignedInteger(value.template get<std::uint64_t>());
      case Json::value_t::number_float:
        return encoder.number(value.template get<double>());
      case Json::value_t::string:
        return encoder.text(value.template get_ref<const std::string&>());
      case Json::value_t::binary:
        return encodeBinary(encoder, value.get_binary());
      case Json::value_t::array:
        encoder.beginArray(value.size());
        for (const Json& element : value) encode(encoder, element);
        return encoder.endArray();
      case Json::value_t::object:
        encoder.beginMap(value.size());
        for (const auto& [key, element] : value.items()) {
          encoder.text(key);
          encode(encoder, element);
        }
        return encoder.endMap();
      case Json::value_t::discarded:
        break;
    }
    throw Error("a discarded JSON value cannot be stored", std::nullopt,
                "parsing it has failed, or a callback dropped it");
  }

  static Json decode(Decoder& decoder) {
    switch (decoder.peek()) {
      case Decoder::Kind::null:
        return decoder.read<std::nullptr_t>();
      case Decoder::Kind::boolean:
        return decoder.boolean();
      case Decoder::Kind::unsignedInteger:
        return decoder.integer<std::uint64_t>();
      case Decoder::Kind::negativeInteger:
        return decoder.integer<std::int64_t>();
      case Decoder::Kind::number:
        return decoder.number();
      case Decoder::Kind::text:
        return std::string(decoder.text());
      case Decoder::Kind::bytes: {
        const std::string_view bytes = decoder.bytes();
        return Json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
      }
      case Decoder::Kind::array: {
        Json array = Json::array();
        for (std::size_t left = decoder.beginArray(); left > 0; --left) array.push_back(decode(decoder));
        decoder.endArray();
        return array;
      }
      case Decoder::Kind::map: {
        Json object = Json::object();
        for (std::size_t left = decoder.beginMap(); left > 0; --left) {
          const std::size_t start = decoder.offset();
          std::string key(decoder.text());
          if (object.contains(key)) decoder.fail(start, "each key once", "a key for the second time");
          object[std::move(key)] = decode(decoder);
        }
        decoder.endMap();
        return object;
      }
      case Decoder::Kind::other:
      case Decoder::Kind::end:
        break;
    }
    decoder.skip();  // throws: there is no value here
    return nullptr;
  }

 private:
  static void encodeBinary(Encoder& encoder, const typename Json::binary_t& binary) {
    if (binary.has_subtype()) {
      throw Error("a JSON binary with a subtype cannot be stored", std::nullopt, "clear_subtype() first");
    }
    encoder.bytes(viewOf(binary));
  }
};

template <class T>
concept JsonConvertible = std::constructible_from<nlohmann::json, const T&> && requires(const nlohmann::json& json) {
  { json.template get<T>() } -> std::same_as<T>;
};

template <>
struct FallbackCodec<nlohmann::json> : JsonCodec<nlohmann::json> {};
template <>
struct FallbackCodec<nlohmann::ordered_json> : JsonCodec<nlohmann::ordered_json> {};

template <JsonConvertible T>
struct FallbackCodec<T> {
  static void encode(Encoder& encoder, const T& value) {
    JsonCodec<nlohmann::json>::encode(encoder, nlohmann::json(value));
  }
  static T decode(Decoder& decoder) {
    const nlohmann::json json = JsonCodec<nlohmann::json>::decode(decoder);
    try {
      return json.get<T>();
    } catch (const nlohmann::json::exception& error) {
      throw Error(std::string("cannot decode the value: ") + error.what());
    }
  }
};

}  // namespace Detail

/// The value of a JSON text from anywhere. Throws `Party::Error` when it is not JSON or nested deeper than 64 levels.
inline nlohmann::json parseJson(std::string_view text) {
  Detail::checkJsonDepth(text);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(std::string("invalid JSON: ") + error.what());
  }
}

/// The text of a JSON value. Throws `Party::Error` for strings that are not UTF-8 and for more than 64 levels.
inline std::string dumpJson(const nlohmann::json& value) {
  Detail::checkJsonDepth(value, 0);
  try {
    return value.dump();
  } catch (const nlohmann::json::exception& error) {
    throw Error(std::string("cannot write JSON: ") + error.what());
  }
}

}  // namespace Party
