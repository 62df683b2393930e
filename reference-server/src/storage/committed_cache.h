#pragma once

#include <party/shared_bytes.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace Party::Serve {

/// Committed values of the rooms of one shard, those used last, up to a number of bytes; absence is remembered too.
class CommittedCache {
 public:
  explicit CommittedCache(std::size_t maxBytes) : maxBytes_(maxBytes) {}

  /// Null when nothing is known of this key; otherwise its value, or nothing where there is none. Valid until the next
  /// call.
  const std::optional<SharedBytes>* find(std::int64_t room, std::string_view key);
  void put(std::int64_t room, std::string_view key, std::optional<SharedBytes> value);
  /// Forgets all keys of a room. It looks at every entry, so it is for what happens rarely.
  void forget(std::int64_t room);

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return index_.size(); }

 private:
  struct Entry {
    std::string name;  // the room's number in 8 bytes, then the key
    std::optional<SharedBytes> value;
  };
  std::list<Entry>::iterator drop(std::list<Entry>::iterator entry);
  static std::string nameOf(std::int64_t room, std::string_view key);
  static std::size_t costOf(const Entry& entry);

  std::size_t maxBytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> byUse_;                                                  // the one used last in front
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // views into the entries
};

}  // namespace Party::Serve
