// The chat of the examples under every life that bytes can describe: what its author would write, one line.

#include "../docs/examples/chat/chat.h"

#include <party/sim/fuzz.h>

PARTY_FUZZ(Chat)
