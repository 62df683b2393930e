#pragma once

#include <party/host/effect.h>
#include <party/host/event.h>
#include <party/host/keys.h>
#include <party/message.h>
#include <party/sim/client.h>
#include <party/sim/options.h>
#include <party/sim/trace.h>
#include <party/time.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "stream_hash.h"
#include "trace_schema.h"

/// Writes a trace while a world runs: appends a few bytes per record, formats nothing.

namespace Party::Sim::Detail {

class Journal {
 public:
  void reset(Seed seed, Time start, TraceMode mode);
  bool on() const { return mode_ != TraceMode::off; }
  const Trace& trace() const { return trace_; }
  /// Records written so far, kept or not.
  std::uint64_t count() const { return trace_.count_; }

  /// Begins a record; its fields follow in the order of its row. Nothing may be written while the journal is off.
  Journal& record(Record kind, Time now) {
    if (trace_.used_ >= foldAt && mode_ == TraceMode::hashOnly) fold();
    reserve(smallRecord);
    trace_.records_[trace_.used_++] = static_cast<char>(kind);
    number(static_cast<std::uint64_t>((now - last_).count()));
    last_ = now;
    ++trace_.count_;
    return *this;
  }
  Journal& number(std::uint64_t value) {
    char* at = trace_.records_.data() + trace_.used_;
    const char* const begin = at;
    while (value >= 0x80) {
      *at++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at++ = static_cast<char>(value);
    trace_.used_ += static_cast<std::size_t>(at - begin);
    return *this;
  }
  Journal& cause(std::uint64_t value) {
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    std::memcpy(trace_.records_.data() + trace_.used_, &value, sizeof value);
    trace_.used_ += sizeof value;
    return *this;
  }
  Journal& cause(Host::Cause value) { return cause(value.value); }
  Journal& moment(Time time) {
    const auto since = (time - trace_.start_).count();
    return number((static_cast<std::uint64_t>(since) << 1) ^ static_cast<std::uint64_t>(since >> 63));
  }
  Journal& text(std::string_view bytes) {
    if (bytes.size() > keptContentBytes) bytes = bytes.substr(0, keptContentBytes);
    number(bytes.size());
    return raw(bytes);
  }
  Journal& content(const Message& message) {
    const std::string_view bytes = message.content();
    number(bytes.size() * 2 + (message.isText() ? 1 : 0));
    raw(bytes.substr(0, keptContentBytes));
    return bytes.size() > keptContentBytes ? cause(StreamHash::of(bytes)) : *this;
  }

  void event(Time now, std::uint32_t room, const Host::Event& event, std::uint32_t client);
  void effect(Time now, std::uint32_t room, const Host::Effect& effect);

 private:
  static constexpr std::size_t foldAt = 32 * 1024;
  // More than any record's fields but its texts: kind, time, six fields of at most 10 bytes.
  static constexpr std::size_t smallRecord = 80;

  void reserve(std::size_t bytes) {
    if (trace_.records_.size() - trace_.used_ < bytes) grow(bytes);
  }
  Journal& raw(std::string_view bytes) {
    reserve(bytes.size() + smallRecord);
    if (!bytes.empty()) std::memcpy(trace_.records_.data() + trace_.used_, bytes.data(), bytes.size());
    trace_.used_ += bytes.size();
    return *this;
  }
  void grow(std::size_t bytes);
  void fold();

  Trace trace_;
  std::string scratch_;
  Time last_;
  TraceMode mode_ = TraceMode::off;
};

}  // namespace Party::Sim::Detail
