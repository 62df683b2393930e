#pragma once

#include <party/host/party_descriptor.h>

#include <string>
#include <vector>

namespace Party::Serve {

/// The verb `serve`: reads its options, says what they are and where the server listens, serves, returns the exit code.
/// What goes wrong is one sentence on standard error.
int serve(const std::vector<std::string>& arguments, const Host::Parties& parties, const std::string& program);

}  // namespace Party::Serve
