#pragma once

#include <party/sim/seed.h>
#include <party/time.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace Party::Sim {

namespace Detail {
class Journal;
class TraceReader;
}  // namespace Detail

/// The journal of a life: every event a room got, every effect it asked for, every frame a client saw, every fault, in
/// order. Kept as compact bytes, rendered only when someone looks.
///
/// Equal seeds and equal verbs give equal bytes, on every compiler and machine; so do their hashes.
class Trace {
 public:
  /// A file larger than this is not read.
  static constexpr std::size_t maxFileBytes = std::size_t{256} << 20;

  Trace() = default;

  std::uint64_t hash() const;
  /// Records kept; 0 in hash-only mode.
  std::size_t size() const { return whole_ ? count_ : 0; }
  bool empty() const { return size() == 0; }

  /// One line per record: virtual time since the start, who, what.
  std::string text() const;
  /// The same as one JSON object per line.
  std::string jsonLines() const;
  /// The lines alone, for looking at the first difference of two lives.
  std::vector<std::string> lines() const;

  /// Both throw `Party::Error` with a sentence; `load` for a file that is broken, cut, of another version or too large.
  void save(const std::filesystem::path& path) const;
  static Trace load(const std::filesystem::path& path);
  /// The same from memory.
  std::string bytes() const;
  static Trace parse(std::string_view file);

  Seed seed() const { return seed_; }
  Time start() const { return start_; }

  friend bool operator==(const Trace& a, const Trace& b) { return a.hash() == b.hash() && a.kept() == b.kept(); }

 private:
  friend class Detail::Journal;
  friend class Detail::TraceReader;
  std::string_view kept() const { return {records_.data(), used_}; }

  Seed seed_;
  Time start_;
  std::vector<char> records_;  // larger than what is used, so that writing seldom grows it
  std::size_t used_ = 0;
  std::size_t count_ = 0;     // records written
  std::uint64_t folded_ = 0;  // the hash of the head and of what is no longer kept
  bool whole_ = true;         // everything written is kept
};

}  // namespace Party::Sim
