#pragma once

#include <party/sim/trace.h>
#include <party/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "trace_schema.h"

/// Walks the records of a trace, trusting none of their bytes.

namespace Party::Sim::Detail {

struct FieldValue {
  std::uint64_t number = 0;
  std::string_view text;   // text and content
  bool isText = true;      // content
  std::uint64_t size = 0;  // content: of the whole message
};

struct TraceEntry {
  Record kind{};
  Time at;
  std::array<FieldValue, 6> fields;

  const RecordRow& row() const { return recordRows[static_cast<std::size_t>(kind)]; }
};

class TraceReader {
 public:
  explicit TraceReader(const Trace& trace)
      : rest_(trace.kept()), whole_(rest_.size()), at_(trace.start()), start_(at_) {}
  TraceReader(std::string_view records, Time start)
      : rest_(records), whole_(records.size()), at_(start), start_(start) {}

  /// Nothing at the end; throws `Party::Error` for bytes that are no record, with their offset.
  std::optional<TraceEntry> next();
  std::size_t offset() const { return whole_ - rest_.size(); }

 private:
  std::uint64_t number();
  std::uint64_t word();
  std::string_view take(std::uint64_t size);
  [[noreturn]] void broken(const char* why) const;

  std::string_view rest_;
  std::size_t whole_;
  Time at_;
  Time start_;
};

}  // namespace Party::Sim::Detail
