#include <party/sim/subject.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return Party::Sim::runSubject(partySubject(), argc > 0 ? argv[0] : "subject", arguments);
} catch (const std::exception& error) {
  std::fputs(error.what(), stderr);
  std::fputs("\n", stderr);
  return 70;
}
