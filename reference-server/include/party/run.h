#pragma once

#include <party/host/command.h>
#include <party/host/party_descriptor.h>
#include <party/worker.h>

#include <vector>

namespace Party {

/// The main function of a project's own executable: `serve` and `help`, and the commands given, such as those of the
/// simulator. Returns the exit code; `help` says what the numbers mean.
///
/// ```
/// int main(int argc, char** argv) { return Party::run(argc, argv, Party::parties<Chat>("main")); }
/// ```
int run(int argc, char** argv, const Host::Parties& parties, std::vector<Host::Command> commands = {});

}  // namespace Party
