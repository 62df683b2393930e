#include <party/version.h>

namespace Party {

std::string_view version() { return PARTY_VERSION; }

}  // namespace Party
