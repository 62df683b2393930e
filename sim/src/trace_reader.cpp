#include "trace_reader.h"

#include <party/error.h>

#include <string>

#include "stream_hash.h"

namespace Party::Sim::Detail {

// 285 years of microseconds; far from where adding two of them overflows.
constexpr std::uint64_t longestLife = std::uint64_t{1} << 53;

void TraceReader::broken(const char* why) const {
  throw Error("this trace is broken at byte " + std::to_string(offset()) + " of its records: " + why);
}

std::uint64_t TraceReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    if (shift == 63 && byte > 1) broken("a number has more than 64 bits");
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  broken("a number does not end");
}

std::uint64_t TraceReader::word() { return StreamHash::word(take(8).data()); }

std::string_view TraceReader::take(std::uint64_t size) {
  if (size > rest_.size()) broken("it ends inside a record");
  const std::string_view bytes = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(bytes.size());
  return bytes;
}

std::optional<TraceEntry> TraceReader::next() {
  if (rest_.empty()) return std::nullopt;
  TraceEntry entry;
  const auto kind = static_cast<unsigned char>(take(1).front());
  if (kind >= static_cast<unsigned>(Record::count)) broken("there is no such kind of record");
  entry.kind = static_cast<Record>(kind);
  const std::uint64_t passed = number();
  if (passed > longestLife || (at_ - start_).count() > static_cast<std::int64_t>(longestLife))
    broken("no life is so long");
  at_ += Duration(static_cast<std::int64_t>(passed));
  entry.at = at_;
  std::size_t index = 0;
  for (const FieldRow& field : entry.row().fields) {
    FieldValue& value = entry.fields[index++];
    switch (field.type) {
      case Field::end:
        return entry;
      case Field::cause:
        value.number = word();
        break;
      case Field::text: {
        value.size = number();
        if (value.size > keptContentBytes) broken("a text is longer than a trace keeps");
        value.text = take(value.size);
        break;
      }
      case Field::content: {
        const std::uint64_t head = number();
        value.isText = (head & 1) != 0;
        value.size = head >> 1;
        value.text = take(value.size < keptContentBytes ? value.size : keptContentBytes);
        if (value.size > keptContentBytes) value.number = word();
        break;
      }
      case Field::moment: {
        const std::uint64_t folded = number();
        value.number =
            static_cast<std::uint64_t>(start_.time_since_epoch().count()) + ((folded >> 1) ^ (~(folded & 1) + 1));
        break;
      }
      default:
        value.number = number();
        break;
    }
  }
  return entry;
}

}  // namespace Party::Sim::Detail
