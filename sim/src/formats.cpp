#include <party/sim/formats.h>

namespace Party::Sim {

int traceFormat() { return 2; }
int scenarioFormat() { return 2; }

}  // namespace Party::Sim
