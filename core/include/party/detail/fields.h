#pragma once

#include <party/cbor.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace Party {

/// A field of a struct, and the name under which it is stored.
template <class Class, class Member>
struct Field {
  std::string_view name;
  Member Class::* member;
};

template <class Class, class Member>
  requires std::is_object_v<Member>
constexpr Field<Class, Member> field(std::string_view name, Member Class::* member) {
  return {name, member};
}

namespace Detail {

/// Where `Codec<T>` looks when nothing else fits; `<party/json.h>` puts something there.
template <class T>
struct FallbackCodec {};

template <class T>
inline constexpr bool writesNull = std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>;
template <class T>
inline constexpr bool writesNull<std::optional<T>> = true;

/// A container reserves no more than this before its elements have been seen: a count is only a claim.
inline constexpr std::size_t maxReserved = 1024;

std::string_view viewOf(const auto& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// JavaScript's Date ends 100,000,000 days before and after 1970; so do stored times.
constexpr bool isMoment(double milliseconds) { return milliseconds >= -8.64e15 && milliseconds <= 8.64e15; }
void checkMoment(double milliseconds);

template <class T>
concept HasFields = requires { std::tuple_size<std::remove_cvref_t<decltype(T::partyFields)>>::value; };

template <HasFields T>
struct FieldsCodec {
  static constexpr std::size_t count = std::tuple_size_v<std::remove_cvref_t<decltype(T::partyFields)>>;

  static constexpr std::array<std::string_view, count> names = std::apply(
      [](const auto&... field) { return std::array<std::string_view, count>{field.name...}; }, T::partyFields);

  /// The fields in ascending order of their names: the order in which JSON objects are written (nlohmann's std::map).
  static constexpr std::array<std::size_t, count> order = [] {
    std::array<std::size_t, count> result{};
    std::iota(result.begin(), result.end(), std::size_t{0});
    std::ranges::sort(result, {}, [](std::size_t index) { return names[index]; });
    return result;
  }();
  static constexpr bool namesDiffer = [] {
    for (std::size_t index = 1; index < count; ++index) {
      if (names[order[index - 1]] == names[order[index]]) return false;
    }
    return true;
  }();
  static_assert(namesDiffer, "two of the partyFields have the same name");

  static void encode(Encoder& encoder, const T& value) {
    encoder.beginMap(count);
    eachIndex([&]<std::size_t index>() {
      constexpr auto& field = std::get<order[index]>(T::partyFields);
      encoder.text(field.name);
      encoder.write(value.*field.member);
    });
    encoder.endMap();
  }

  static T decode(Decoder& decoder) {
    static_assert(std::is_default_constructible_v<T>, "a struct with partyFields must be default-constructible");
    T value{};
    std::array<bool, count> seen{};
    for (std::size_t left = decoder.beginMap(); left > 0; --left) {
      const std::size_t start = decoder.offset();
      const std::string_view key = decoder.text();
      bool known = false;
      eachIndex([&]<std::size_t index>() {
        constexpr auto& field = std::get<index>(T::partyFields);
        if (known || key != field.name) return;
        if (std::exchange(seen[index], true)) decoder.fail(start, "each field once", "a field for the second time");
        value.*field.member = decoder.read<std::remove_cvref_t<decltype(value.*field.member)>>();
        known = true;
      });
      if (!known) decoder.skip();
    }
    decoder.endMap();
    return value;
  }

 private:
  static void eachIndex(auto&& action) {
    [&]<std::size_t... index>(std::index_sequence<index...>) {
      (action.template operator()<index>(), ...);
    }(std::make_index_sequence<count>());
  }
};

}  // namespace Detail
}  // namespace Party
