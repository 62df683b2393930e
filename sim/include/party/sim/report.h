#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/explore.h>
#include <party/sim/peer.h>
#include <party/sim/scenario.h>

#include <string>

namespace Party::Sim {

/// Who reports, and so what a reader can paste or type to see the failure again.
struct ReportContext {
  /// As it is started, one word to a shell or a path; the replay line begins with it. Empty: there is none, the
  /// regression test is what replays.
  std::string program = "party";
  /// When the property stands in a test file: its suite and name, for a regression test beside it.
  std::string suite;
  std::string property;
  /// Whom the rooms reach outside, as in the property: the page plays the life again.
  Peers peers;
  /// Where the page is, once it has been written.
  std::string page;
};

/// One screen: the law, where it was found, the smallest scenario step by step, the first difference, a regression test
/// to paste, and a command that replays it.
std::string reportText(const Failure& failure, std::uint64_t seed, const Host::Parties& parties,
                       const ReportContext& context);

/// A GoogleTest test that fails for as long as the scenario breaks a law.
std::string regressionTest(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                           const ReportContext& context);

/// `party replay --scenario=…`
std::string replayCommand(const Scenario& scenario, const ReportContext& context);

/// The steps with the virtual time at which each happens, one a line.
std::string stepTable(const Scenario& scenario);

/// One page without anything from outside: the finding, and the life as a sequence diagram, beside its twin without
/// hibernation when that is what differs.
std::string reportPage(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                       const ReportContext& context);

/// Writes that page into `folder` (one in the temporary folder when empty), under a name made from the scenario, and
/// returns its path; an empty one, and a sentence on stderr, when it cannot be written.
std::string writeReportPage(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                            const ReportContext& context, const std::string& folder = {});

}  // namespace Party::Sim
