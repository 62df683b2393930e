// A file that says it is a trace is read whole or refused; what was read can be shown, and saved as the same bytes.
//
// The last byte says what the others are: the file itself, or, when it is odd, only its records. Those get a head with
// a hash that fits, which no fuzzer would guess.

#include <party/error.h>
#include <party/sim/formats.h>
#include <party/sim/trace.h>

#include <string>
#include <string_view>

#include "input.h"
#include "stream_hash.h"

using Party::Sim::Trace;

namespace {

void appendWord(std::string& file, std::uint64_t word) {
  for (unsigned i = 0; i < 8; ++i) file += static_cast<char>(word >> (8 * i));
}

std::string fileOf(std::string_view records, std::uint8_t count) {
  const Party::Sim::Seed seed(1);
  const Party::Time start{};
  Party::Sim::Detail::StreamHash hash(Party::Sim::Detail::hashOfHead(seed, start));
  hash.fold(records);
  std::string file = "PARTYTRC";
  for (const std::uint64_t word :
       {static_cast<std::uint64_t>(Party::Sim::traceFormat()), seed.value(), std::uint64_t{0}, std::uint64_t{count},
        std::uint64_t{records.size()}, hash.value()}) {
    appendWord(file, word);
  }
  return file.append(records);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const bool recordsAlone = (input.choice() & 1) != 0;
  std::string file(input.rest());
  if (recordsAlone) {
    const std::uint8_t count = input.choice();
    file = fileOf(input.rest(), count);
  }
  try {
    const Trace trace = Trace::parse(file);
    demand(trace.lines().size() == trace.size(), "a trace has a line for each record");
    demand(!trace.text().empty() || trace.empty(), "a trace can be shown");
    demand(!trace.jsonLines().empty() || trace.empty(), "a trace can be shown as JSON");
    demand(Trace::parse(trace.bytes()) == trace, "a trace survives being saved");
  } catch (const Party::Error&) {
  }
  return 0;
}
