#pragma once

#include <party/host/party_descriptor.h>
#include <party/sim/explore.h>
#include <party/sim/peer.h>
#include <party/sim/scenario.h>

#include <string>
#include <string_view>

namespace Party::Sim {

/// Where in the source something stands; without a file: nowhere.
struct SourcePlace {
  std::string file;
  int line = 0;
};

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

/// The same of a scenario by itself; `found` are lines about how it was found.
std::string findingText(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                        const ReportContext& context, std::string_view found = {});

/// A GoogleTest test that fails for as long as the scenario breaks a law.
std::string regressionTest(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                           const ReportContext& context);

/// `party replay --scenario=…`
std::string replayCommand(const Scenario& scenario, const ReportContext& context);

/// `::error file=…,line=…,title=…::…` and a line feed, which GitHub shows beside the source, when GITHUB_ACTIONS is
/// `true`; otherwise nothing.
std::string annotation(std::string_view title, std::string_view text, const SourcePlace& place);

/// The steps, one a line: its number, the virtual time at which it happens, what it is.
std::string stepTable(const Scenario& scenario);

/// One page without anything from outside: the finding, and the life as a sequence diagram, beside its twin without
/// hibernation when that is what differs.
std::string reportPage(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                       const ReportContext& context);

/// PARTY_REPORT, the folder for such pages; empty when it is not set.
std::string reportFolder();

/// Writes that page into `folder` (one in the temporary folder when empty), under a name made from the scenario, and
/// returns its path; an empty one, and a sentence on stderr, when it cannot be written.
std::string writeReportPage(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                            const ReportContext& context, const std::string& folder = {});

}  // namespace Party::Sim
