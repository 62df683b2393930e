#include "report.h"

#include <map>
#include <mutex>
#include <utility>

namespace Party::Contract {
namespace {

struct Table {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> rooms;
};

Table& table() {
  static Table only;
  return only;
}

}  // namespace

void Report::add(const std::string& room, std::string line) {
  const std::lock_guard lock(table().mutex);
  table().rooms[room].push_back(std::move(line));
}

std::vector<std::string> Report::take(const std::string& room) {
  const std::lock_guard lock(table().mutex);
  const auto found = table().rooms.find(room);
  if (found == table().rooms.end()) return {};
  std::vector<std::string> lines = std::move(found->second);
  table().rooms.erase(found);
  return lines;
}

std::string_view firstCharacters(std::string_view text) {
  constexpr std::size_t most = 60;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && ++characters > most) return text.substr(0, at);
  }
  return text;
}

}  // namespace Party::Contract
