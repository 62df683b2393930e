#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

/// std::visit for functions that return nothing, as a chain of comparisons, which compilers turn into one jump and
/// inline; libstdc++ calls through a table of functions, once for each alternative, and a room does it per event.

namespace Party::Detail {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

/// Calls the one of `functions` that takes what `variant` holds.
template <class Variant, class... Functions>
void match(Variant& variant, Functions&&... functions) {
  Overloaded chosen{std::forward<Functions>(functions)...};
  const auto call = [&]<std::size_t... index>(std::index_sequence<index...>) {
    (void)((variant.index() == index && (chosen(*std::get_if<index>(&variant)), true)) || ...);
  };
  call(std::make_index_sequence<std::variant_size_v<std::remove_const_t<Variant>>>());
}

}  // namespace Party::Detail
