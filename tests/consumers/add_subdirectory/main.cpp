#include <party/sim/formats.h>
#include <party/version.h>

int main() { return Party::version().empty() || Party::Sim::traceFormat() < 1 ? 1 : 0; }
