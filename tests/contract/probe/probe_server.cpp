#include "probe.h"

#include <party/run.h>

int main(int argc, char** argv) { return Party::run(argc, argv, Party::Contract::probeParties()); }
