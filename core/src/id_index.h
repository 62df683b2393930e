#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

/// Finds connections by their id, at five to ten bytes for each: places of a power of two, probed one after the other,
/// that hold record indexes. The ids stay in the records. An id may have many bearers (D-3).

namespace Party::Detail {

class IdIndex {
 public:
  /// `idOf(index)` gives the id of every index that was added, and of the one that is added.
  template <class IdOf>
  void add(std::uint32_t index, const IdOf& idOf) {
    if ((size_ + 1) * 5 > places_.size() * 4) rebuild(places_.empty() ? 8 : places_.size() * 2, idOf);
    ++size_;
    put(index, idOf);
  }

  /// The place of `index` is filled by those behind it that would rather be there, so that no probe ends too early.
  template <class IdOf>
  void remove(std::uint32_t index, const IdOf& idOf) {
    std::size_t gap = home(idOf(index));
    while (places_[gap] != index + 1) gap = next(gap);
    for (std::size_t at = next(gap); places_[at] != empty; at = next(at)) {
      const std::size_t wished = home(idOf(places_[at] - 1));
      const bool mayMove = ((at - wished) & mask()) >= ((at - gap) & mask());
      if (mayMove) places_[std::exchange(gap, at)] = places_[at];
    }
    places_[gap] = empty;
    --size_;
    if (places_.size() > 8 && size_ * 8 < places_.size()) rebuild(places_.size() / 4, idOf);
  }

  /// In no particular order: whoever shows it sorts it.
  template <class IdOf, class Visit>
  void visit(std::string_view id, const IdOf& idOf, const Visit& visit) const {
    if (places_.empty()) return;
    for (std::size_t at = home(id); places_[at] != empty; at = next(at)) {
      if (idOf(places_[at] - 1) == id) visit(places_[at] - 1);
    }
  }

  void clear() noexcept { *this = IdIndex(); }

 private:
  static constexpr std::uint32_t empty = 0;  // a place holds the index plus one

  std::size_t mask() const noexcept { return places_.size() - 1; }
  std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask(); }
  std::size_t home(std::string_view id) const noexcept { return std::hash<std::string_view>()(id) & mask(); }

  template <class IdOf>
  void put(std::uint32_t index, const IdOf& idOf) {
    std::size_t at = home(idOf(index));
    while (places_[at] != empty) at = next(at);
    places_[at] = index + 1;
  }
  template <class IdOf>
  void rebuild(std::size_t places, const IdOf& idOf) {
    std::vector<std::uint32_t> before = std::exchange(places_, std::vector<std::uint32_t>(places, empty));
    for (const std::uint32_t place : before) {
      if (place != empty) put(place - 1, idOf);
    }
  }

  std::vector<std::uint32_t> places_;
  std::size_t size_ = 0;
};

}  // namespace Party::Detail
