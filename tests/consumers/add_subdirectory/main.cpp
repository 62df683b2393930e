#include <party/party.h>
#include <party/version.h>

int main() { return Party::version().empty() ? 1 : 0; }
