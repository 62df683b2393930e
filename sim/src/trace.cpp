#include <party/error.h>
#include <party/sim/formats.h>
#include <party/sim/trace.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#include "stream_hash.h"
#include "trace_reader.h"

/// The file: "PARTYTRC", then eight-byte little-endian words: format, seed, start (us since 1970), records, bytes of
/// records, hash; then the records.

namespace Party::Sim {
namespace {

constexpr std::string_view magic = "PARTYTRC";
constexpr std::size_t headWords = 6;
constexpr std::uint64_t latestStart = std::uint64_t{1} << 60;  // us, 36,000 years from 1970 either way
constexpr std::size_t headBytes = 8 + 8 * headWords;

void appendWord(std::string& file, std::uint64_t word) {
  for (unsigned i = 0; i < 8; ++i) file += static_cast<char>(word >> (8 * i));
}

}  // namespace

std::uint64_t Trace::hash() const {
  Detail::StreamHash hash(folded_);
  hash.fold(kept());
  return hash.value();
}

std::string Trace::bytes() const {
  if (!whole_) throw Error("this trace was kept as a hash only; run with TraceMode::full to save it");
  std::string file(magic);
  file.reserve(headBytes + used_);
  appendWord(file, static_cast<std::uint64_t>(traceFormat()));
  appendWord(file, seed_.value());
  appendWord(file, static_cast<std::uint64_t>(start_.time_since_epoch().count()));
  appendWord(file, count_);
  appendWord(file, used_);
  appendWord(file, hash());
  file += kept();
  return file;
}

Trace Trace::parse(std::string_view file) {
  if (!file.starts_with(magic)) throw Error("this is no trace: it does not begin with " + std::string(magic));
  if (file.size() < headBytes) {
    throw Error("this trace is cut: its head has " + std::to_string(headBytes) + " bytes, the file " +
                std::to_string(file.size()));
  }
  if (file.size() > maxFileBytes) {
    throw Error("a trace of " + std::to_string(file.size()) + " bytes is larger than the limit of " +
                std::to_string(maxFileBytes));
  }
  std::uint64_t head[headWords];
  for (std::size_t i = 0; i < headWords; ++i) head[i] = Detail::StreamHash::word(file.data() + 8 + 8 * i);
  const auto [format, seed, start, records, bytes, hash] = head;
  const auto newest = static_cast<std::uint64_t>(traceFormat());
  if (format != newest && format != newest - 1) {
    throw Error("this trace has format " + std::to_string(format) + ", this program reads " +
                std::to_string(newest - 1) + " and " + std::to_string(newest));
  }
  const std::string_view body = file.substr(headBytes);
  if (bytes != body.size()) {
    throw Error("this trace should have " + std::to_string(bytes) + " bytes of records, but has " +
                std::to_string(body.size()));
  }
  if (start + latestStart > 2 * latestStart) throw Error("this trace begins at a time outside any calendar");
  Trace trace;
  trace.seed_ = Seed(seed);
  trace.start_ = Time(Duration(static_cast<std::int64_t>(start)));
  trace.records_.assign(body.begin(), body.end());
  trace.used_ = body.size();
  trace.count_ = static_cast<std::size_t>(records);
  trace.folded_ = Detail::hashOfHead(trace.seed_, trace.start_);
  if (trace.hash() != hash) throw Error("this trace is broken: its hash does not fit its records");
  std::size_t found = 0;
  for (Detail::TraceReader reader(trace); reader.next();) ++found;
  if (found != trace.count_) {
    throw Error("this trace should have " + std::to_string(records) + " records, but has " + std::to_string(found));
  }
  return trace;
}

void Trace::save(const std::filesystem::path& path) const {
  const std::string file = bytes();
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(file.data(), static_cast<std::streamsize>(file.size()));
  out.close();
  if (!out) throw Error("the trace could not be written to \"" + path.string() + "\"");
}

Trace Trace::load(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error("there is no trace to read at \"" + path.string() + "\"");
  std::string file;
  char buffer[64 * 1024];
  // The size is counted while reading: a file may be a pipe, or grow.
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    file.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (file.size() > maxFileBytes) break;
  }
  return parse(file);
}

}  // namespace Party::Sim
