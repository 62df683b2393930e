#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "stream_hash.h"

namespace Party::Sim::Detail {

/// Finds a room's number by party and id; open addressing, so that a world that is reset allocates nothing.
class RoomTable {
 public:
  static std::uint64_t keyOf(std::size_t party, std::string_view id) {
    StreamHash hash(party);
    hash.fold(id);
    return hash.value();
  }

  /// `same(number)` tells whether that room is the one looked for.
  template <class Same>
  std::uint32_t find(std::uint64_t key, const Same& same) const {
    if (cells_.empty()) return none;
    for (std::size_t at = key & (cells_.size() - 1);; at = (at + 1) & (cells_.size() - 1)) {
      const Cell& cell = cells_[at];
      if (cell.number == none || (cell.key == key && same(cell.number))) return cell.number;
    }
  }

  void insert(std::uint64_t key, std::uint32_t number) {
    if (2 * (count_ + 1) > cells_.size()) grow();
    place(key, number);
    ++count_;
  }

  void clear() {
    if (count_ != 0) cells_.assign(cells_.size() > 4096 ? 0 : cells_.size(), Cell());
    count_ = 0;
  }

  static constexpr std::uint32_t none = 0xffff'ffff;

 private:
  struct Cell {
    std::uint64_t key = 0;
    std::uint32_t number = none;
  };

  void place(std::uint64_t key, std::uint32_t number) {
    std::size_t at = key & (cells_.size() - 1);
    while (cells_[at].number != none) at = (at + 1) & (cells_.size() - 1);
    cells_[at] = {key, number};
  }

  void grow() {
    std::vector<Cell> before(cells_.empty() ? 16 : 2 * cells_.size());
    before.swap(cells_);
    for (const Cell& cell : before) {
      if (cell.number != none) place(cell.key, cell.number);
    }
  }

  std::vector<Cell> cells_;
  std::size_t count_ = 0;
};

}  // namespace Party::Sim::Detail
