#pragma once

#include <party/cbor.h>
#include <party/detail/fields.h>
#include <party/shared_bytes.h>

#include <array>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace Party {

/// How a type becomes the bytes of a stored value, or of a connection's state, and comes back.
///
/// Values are CBOR with the shortest heads. For whatever JSON can say, these are the bytes `nlohmann::json::to_cbor`
/// writes for the same value, so `<party/json.h>` and the codecs below may read each other's work. Beyond JSON: byte
/// strings, map keys that are not text, and times.
///
///     bool, integers, enums            checked against the type's range when read; an enum is its underlying integer
///     float, double                    read from integers too
///     std::string                      text; must be UTF-8 (std::string_view and const char* can only be written)
///     std::vector<std::byte>, std::array<std::byte, N>, SharedBytes   a byte string
///     std::optional, nullptr, monostate   null, or the value
///     vector, deque, list, array, pair, tuple   an array
///     std::map                         a map in the order of its keys (unordered_map has none, so it has no codec)
///     std::chrono::sys_time            whole milliseconds since 1970, rounded down, as JavaScript's getTime()
///     your own struct                  name its fields:
///
///     struct Player {
///       std::string name;
///       int score = 0;
///       static constexpr auto partyFields =
///           std::tuple(Party::field("name", &Player::name), Party::field("score", &Player::score));
///     };
///
/// is a map with text keys in ascending order, whatever the order here. When it is read, keys it does not know are
/// passed over and fields that are not there keep their defaults, so fields can be added and removed later.
///
/// For anything else specialise `Party::Codec<T>` with `encode(Encoder&, const T&)` and `T decode(Decoder&)`, both
/// static. A codec may also offer `encodedSize(const T&)` when it knows the exact number of bytes beforehand.
template <class T>
struct Codec : Detail::FallbackCodec<T> {};

template <class T>
concept Encodable = requires(Encoder& encoder, const T& value) { Codec<T>::encode(encoder, value); };

template <class T>
concept Decodable = requires(Decoder& decoder) {
  { Codec<T>::decode(decoder) } -> std::same_as<T>;
};

/// The bytes of a value. Throws `Party::Error` for text that is not UTF-8 and for values deeper than 64 levels.
template <class T>
SharedBytes encodeValue(const T& value) {
  using Written = std::decay_t<const T&>;  // a string literal is a const char*
  static_assert(
      Encodable<Written>,
      "Party::Codec does not know how to store this type: give it partyFields, specialise Party::Codec for it, "
      "or include <party/json.h> if it has to_json and from_json");
  if constexpr (requires { Codec<Written>::encodedSize(value); }) {
    Encoder encoder(Codec<Written>::encodedSize(value));
    Codec<Written>::encode(encoder, value);
    return encoder.finish();
  } else {
    Encoder encoder;
    Codec<Written>::encode(encoder, value);
    return encoder.finish();
  }
}

/// The value of these bytes, which must hold exactly one. Throws `Party::Error` when they hold anything but a T.
template <class T>
T decodeValue(const SharedBytes& bytes) {
  static_assert(
      Decodable<T>,
      "Party::Codec does not know how to read this type: give it partyFields, specialise Party::Codec for it, "
      "or include <party/json.h> if it has to_json and from_json; views cannot be read, they own nothing");
  Decoder decoder(bytes.view());
  T value = Codec<T>::decode(decoder);
  decoder.finish();
  return value;
}

template <>
struct Codec<bool> {
  static void encode(Encoder& encoder, bool value) { encoder.boolean(value); }
  static bool decode(Decoder& decoder) { return decoder.boolean(); }
};

template <std::integral T>
struct Codec<T> {
  static void encode(Encoder& encoder, T value) {
    if constexpr (std::unsigned_integral<T>) {
      encoder.unsignedInteger(value);
    } else {
      encoder.integer(value);
    }
  }
  static T decode(Decoder& decoder) { return decoder.integer<T>(); }
};

template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  using Underlying = std::underlying_type_t<T>;
  static void encode(Encoder& encoder, T value) { encoder.write(static_cast<Underlying>(value)); }
  static T decode(Decoder& decoder) { return static_cast<T>(decoder.read<Underlying>()); }
};

template <>
struct Codec<double> {
  static void encode(Encoder& encoder, double value) { encoder.number(value); }
  static double decode(Decoder& decoder) { return decoder.number(); }
};

template <>
struct Codec<float> {
  static void encode(Encoder& encoder, float value) { encoder.number(static_cast<double>(value)); }
  static float decode(Decoder& decoder) {
    const std::size_t start = decoder.offset();
    const double value = decoder.number();
    if (std::isfinite(value) && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
      decoder.fail(start, "a float", "a number outside its range");
    }
    return static_cast<float>(value);
  }
};

template <>
struct Codec<std::nullptr_t> {
  static void encode(Encoder& encoder, std::nullptr_t) { encoder.null(); }
  static std::nullptr_t decode(Decoder& decoder) {
    if (!decoder.takeNull()) decoder.fail(decoder.offset(), "null", "something else");
    return nullptr;
  }
};

template <>
struct Codec<std::monostate> {
  static void encode(Encoder& encoder, std::monostate) { encoder.null(); }
  static std::monostate decode(Decoder& decoder) { return decoder.read<std::nullptr_t>(), std::monostate(); }
};

template <>
struct Codec<std::string_view> {
  static void encode(Encoder& encoder, std::string_view text) { encoder.text(text); }
  static std::size_t encodedSize(std::string_view text) { return Encoder::headSize(text.size()) + text.size(); }
};

template <>
struct Codec<std::string> : Codec<std::string_view> {
  static std::string decode(Decoder& decoder) { return std::string(decoder.text()); }
};

template <>
struct Codec<const char*> : Codec<std::string_view> {};
template <>
struct Codec<char*> : Codec<std::string_view> {};

template <>
struct Codec<SharedBytes> {
  static void encode(Encoder& encoder, const SharedBytes& bytes) { encoder.bytes(bytes.view()); }
  static SharedBytes decode(Decoder& decoder) { return SharedBytes(decoder.bytes()); }
  static std::size_t encodedSize(const SharedBytes& bytes) { return Encoder::headSize(bytes.size()) + bytes.size(); }
};

template <>
struct Codec<std::vector<std::byte>> {
  using Bytes = std::vector<std::byte>;
  static void encode(Encoder& encoder, const Bytes& bytes) { encoder.bytes(Detail::viewOf(bytes)); }
  static Bytes decode(Decoder& decoder) {
    const auto bytes = std::as_bytes(std::span(decoder.bytes()));
    return Bytes(bytes.begin(), bytes.end());
  }
  static std::size_t encodedSize(const Bytes& bytes) { return Encoder::headSize(bytes.size()) + bytes.size(); }
};

template <std::size_t size>
struct Codec<std::array<std::byte, size>> {
  using Bytes = std::array<std::byte, size>;
  static void encode(Encoder& encoder, const Bytes& bytes) { encoder.bytes(Detail::viewOf(bytes)); }
  static Bytes decode(Decoder& decoder) {
    const std::size_t start = decoder.offset();
    const std::string_view read = decoder.bytes();
    if (read.size() != size) {
      decoder.fail(start, std::to_string(size) + " bytes", std::to_string(read.size()));
    }
    Bytes bytes{};
    if constexpr (size > 0) std::memcpy(bytes.data(), read.data(), size);
    return bytes;
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static_assert(!Detail::writesNull<T>, "an optional of something that may be null itself cannot be told from a null");
  static void encode(Encoder& encoder, const std::optional<T>& value) {
    value ? encoder.write(*value) : encoder.null();
  }
  static std::optional<T> decode(Decoder& decoder) {
    if (decoder.takeNull()) return std::nullopt;
    return decoder.read<T>();
  }
};

namespace Detail {

template <class Sequence>
struct SequenceCodec {
  using Value = typename Sequence::value_type;
  static void encode(Encoder& encoder, const Sequence& values) {
    encoder.beginArray(values.size());
    for (const auto& value : values) encoder.write<Value>(value);
    encoder.endArray();
  }
  static Sequence decode(Decoder& decoder) {
    Sequence values;
    const std::size_t count = decoder.beginArray();
    if constexpr (requires { values.reserve(count); }) values.reserve(std::min(count, maxReserved));
    for (std::size_t left = count; left > 0; --left) values.push_back(decoder.read<Value>());
    decoder.endArray();
    return values;
  }
};

}  // namespace Detail

template <class T, class Allocator>
struct Codec<std::vector<T, Allocator>> : Detail::SequenceCodec<std::vector<T, Allocator>> {};
template <class T, class Allocator>
struct Codec<std::deque<T, Allocator>> : Detail::SequenceCodec<std::deque<T, Allocator>> {};
template <class T, class Allocator>
struct Codec<std::list<T, Allocator>> : Detail::SequenceCodec<std::list<T, Allocator>> {};

template <class T, std::size_t size>
struct Codec<std::array<T, size>> {
  static void encode(Encoder& encoder, const std::array<T, size>& values) {
    encoder.beginArray(size);
    for (const T& value : values) encoder.write(value);
    encoder.endArray();
  }
  static std::array<T, size> decode(Decoder& decoder) {
    std::array<T, size> values{};
    decoder.beginArray(size);
    for (T& value : values) value = decoder.read<T>();
    decoder.endArray();
    return values;
  }
};

template <class Key, class T, class Compare, class Allocator>
struct Codec<std::map<Key, T, Compare, Allocator>> {
  using Map = std::map<Key, T, Compare, Allocator>;
  static void encode(Encoder& encoder, const Map& map) {
    encoder.beginMap(map.size());
    for (const auto& [key, value] : map) {
      encoder.write(key);
      encoder.write(value);
    }
    encoder.endMap();
  }
  static Map decode(Decoder& decoder) {
    Map map;
    for (std::size_t left = decoder.beginMap(); left > 0; --left) {
      const std::size_t start = decoder.offset();
      Key key = decoder.read<Key>();
      T value = decoder.read<T>();
      // In the order they were written, each belongs at the end.
      const std::size_t before = map.size();
      map.emplace_hint(map.end(), std::move(key), std::move(value));
      if (map.size() == before) decoder.fail(start, "each key once", "a key for the second time");
    }
    decoder.endMap();
    return map;
  }
};

template <class... Ts>
struct Codec<std::tuple<Ts...>> {
  static void encode(Encoder& encoder, const std::tuple<Ts...>& values) {
    encoder.beginArray(sizeof...(Ts));
    std::apply([&](const Ts&... value) { (encoder.write(value), ...); }, values);
    encoder.endArray();
  }
  static std::tuple<Ts...> decode(Decoder& decoder) {
    decoder.beginArray(sizeof...(Ts));
    std::tuple<Ts...> values{decoder.read<Ts>()...};  // braces: in this order
    decoder.endArray();
    return values;
  }
};

template <class First, class Second>
struct Codec<std::pair<First, Second>> {
  static void encode(Encoder& encoder, const std::pair<First, Second>& pair) {
    encoder.beginArray(2);
    encoder.write(pair.first);
    encoder.write(pair.second);
    encoder.endArray();
  }
  static std::pair<First, Second> decode(Decoder& decoder) {
    decoder.beginArray(2);
    std::pair<First, Second> pair{decoder.read<First>(), decoder.read<Second>()};
    decoder.endArray();
    return pair;
  }
};

template <class Unit>
struct Codec<std::chrono::sys_time<Unit>> {
  using Moment = std::chrono::sys_time<Unit>;
  static void encode(Encoder& encoder, Moment moment) {
    Detail::checkMoment(std::chrono::duration<double, std::milli>(moment.time_since_epoch()).count());
    encoder.integer(std::chrono::floor<std::chrono::milliseconds>(moment.time_since_epoch()).count());
  }
  static Moment decode(Decoder& decoder) {
    const std::size_t start = decoder.offset();
    const std::chrono::milliseconds read(decoder.integer<std::int64_t>());
    const double units = std::chrono::duration<double, typename Unit::period>(read).count();
    const auto limit = static_cast<double>(std::numeric_limits<typename Unit::rep>::max());
    if (!Detail::isMoment(static_cast<double>(read.count())) || std::abs(units) >= limit) {
      decoder.fail(start, "a time", "milliseconds outside the range of the type it is read as");
    }
    return Moment(std::chrono::floor<Unit>(read));
  }
};

template <Detail::HasFields T>
struct Codec<T> : Detail::FieldsCodec<T> {};

}  // namespace Party
