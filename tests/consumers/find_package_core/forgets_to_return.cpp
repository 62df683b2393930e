#include <party/version.h>

int numberOfPeople(bool anyone) {
  if (anyone) return 1;
}

int main() { return numberOfPeople(Party::version().empty()); }
