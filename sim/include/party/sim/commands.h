#pragma once

#include <party/host/command.h>
#include <party/host/party_descriptor.h>
#include <party/sim/property.h>
#include <party/sim/report.h>

#include <string>
#include <vector>

namespace Party::Sim {

struct CommandOptions {
  /// As the executable is started: replay lines begin with it.
  std::string program = "party";
  /// What is tried beside the laws that are always on.
  Property property = Property();
  /// When that property stands in a file as `PARTY_PROPERTY(suite, propertyName)` or the like: the regression test that
  /// a report prints is then one to paste below it.
  std::string suite = {};
  std::string propertyName = {};
  /// Where the property stands, for annotations on GitHub.
  SourcePlace place = {};
};

/// `simulate` and `replay` for the executable of a project, to be given to `Party::run` or to `runCommand`.
///
/// Exit codes: 0 no law was broken, 1 one was, 2 a scenario played twice had two traces, 3 a `sometimes` was never
/// seen, 4 too few lives for a verdict, 64 wrong usage, 65 a scenario that cannot be read. With `--json` the last line
/// on stdout is one object; everything else is on stderr.
///
/// For CI, each also as a variable of the environment: `--junit FILE` (PARTY_JUNIT), `--report DIR` (PARTY_REPORT) for
/// the page about a failure, `--corpus DIR` (PARTY_CORPUS) for failures that are played first until they are fixed;
/// under GITHUB_ACTIONS=true a failure is annotated. A place that cannot be written to is wrong usage.
std::vector<Host::Command> commands(const Host::Parties& parties, const CommandOptions& options = {});

/// Finds the verb among the commands and runs it; for a main without `Party::run`. 64 with a sentence on stderr when
/// there is no such verb.
int runCommand(const std::vector<Host::Command>& commands, const std::vector<std::string>& arguments);

}  // namespace Party::Sim
