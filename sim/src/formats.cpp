#include <party/sim/formats.h>

namespace Party::Sim {

int traceFormat() { return 1; }
int scenarioFormat() { return 1; }

}  // namespace Party::Sim
