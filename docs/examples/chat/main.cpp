#include "chat.h"

#include <party/run.h>
#include <party/sim/commands.h>

int main(int argc, char** argv) {
  const auto parties = Party::parties<Chat>("main");
  return Party::run(argc, argv, parties, Party::Sim::commands(parties));
}
