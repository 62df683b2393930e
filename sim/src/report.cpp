#include <cxxabi.h>
#include <fmt/format.h>
#include <party/sim/report.h>
#include <party/sim/seed.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>

#include "quoted.h"

namespace Party::Sim {
namespace {

std::string className(const Host::PartyDescriptor& party) {
  if (party.type == nullptr) return "YourParty";
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(party.type->name(), nullptr, nullptr, nullptr),
                                                    std::free);
  std::string text = name ? name.get() : "YourParty";
  constexpr std::string_view hidden = "(anonymous namespace)::";
  for (auto at = text.find(hidden); at != std::string::npos; at = text.find(hidden)) text.erase(at, hidden.size());
  return text;
}

/// `Party::parties<Chat, Game>("main", "game")`
std::string partiesExpression(const Host::Parties& parties) {
  std::string classes;
  std::string names;
  for (const auto& party : parties) {
    const char* comma = classes.empty() ? "" : ", ";
    classes += comma + className(party);
    names += fmt::format("{}\"{}\"", comma, party.name);
  }
  return fmt::format("Party::parties<{}>({})", classes, names);
}

const Host::PartyDescriptor& played(const Host::Parties& parties, const Scenario& scenario) {
  const auto named = std::ranges::find(parties, scenario.party, &Host::PartyDescriptor::name);
  return named == parties.end() ? parties.front() : *named;
}

/// "no error leaves a handler" as NoErrorLeavesAHandler.
std::string titleCase(std::string_view words) {
  std::string title;
  bool upper = true;
  for (const char letter : words) {
    const bool word = std::isalnum(static_cast<unsigned char>(letter)) != 0;
    if (word) title += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
    upper = !word;
  }
  return title;
}

std::string indented(std::string_view text, std::string_view by) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.append(by).append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string replayCommand(const Scenario& scenario, const ReportContext& context) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  const bool quote = context.program.find_first_not_of(plain) != std::string::npos;
  return fmt::format("{0}{1}{0} replay --scenario={2}", quote ? "'" : "", context.program, scenario.code());
}

std::string stepTable(const Scenario& scenario) {
  std::string out;
  std::uint64_t time = 0;
  for (const Step& step : scenario.steps) {
    time += step.after;
    out += fmt::format("{:>4} {:>9} ms  {}\n", step.id, time, Detail::shortened(sentence(step), 100));
  }
  return out;
}

std::string regressionTest(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                           const ReportContext& context) {
  const std::string text = fmt::format("R\"scenario(\n{})scenario\"", indented(scenario.text(), "    "));
  if (!context.property.empty()) {  // beside its property, whose laws it needs
    return fmt::format("PARTY_REGRESSION({}, {}, {}, {});\n", context.suite, context.property, titleCase(finding.law),
                       text);
  }
  const auto& party = played(parties, scenario);
  std::string suite = className(party);  // without template arguments and namespaces, so that it is a word
  suite.resize(std::min(suite.find('<'), suite.size()));
  suite.erase(0, suite.rfind(':') == std::string::npos ? 0 : suite.rfind(':') + 1);
  return fmt::format("TEST({}, {}) {{\n  EXPECT_TRUE(Party::Sim::survives({}, {}));\n}}\n", suite,
                     titleCase(finding.law), text, partiesExpression(parties));
}

std::string findingText(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                        const ReportContext& context, std::string_view found) {
  std::string out = fmt::format("broken: {}\n", finding.law);
  if (const auto& difference = finding.difference) {
    const auto [without, with] = sidesOf(finding.kind);
    const auto width = std::max(without.size(), with.size()) + 3;
    out += fmt::format("  {}\n    {:<{}}{}\n    {:<{}}{}\n", difference->where, fmt::format("{}:", without), width,
                       difference->without, fmt::format("{}:", with), width, difference->with);
  } else {
    out += indented(finding.how, "  ");
  }
  out += fmt::format("\n{}{}", found, found.empty() ? "" : "\n");
  if (finding.kind == Finding::Kind::generator) return out;
  out += stepTable(scenario);
  out += "\nas a test, to paste below #include <party/sim/gtest.h> and the party's own header:\n\n";
  out += indented(regressionTest(finding, scenario, parties, context), "  ");
  if (!context.program.empty()) out += fmt::format("\nreplay:   {}\n", replayCommand(scenario, context));
  if (!context.page.empty()) out += fmt::format("report:   {}\n", context.page);
  return out;
}

std::string reportText(const Failure& failure, std::uint64_t seed, const Host::Parties& parties,
                       const ReportContext& context) {
  const std::string by = failure.foundBy.empty()
                             ? fmt::format("random life {} of seed {}", failure.number, Seed(seed).text())
                             : failure.foundBy;
  std::string found = fmt::format("found in {} lives and {:.2f} s, by {}\n", failure.lives, failure.seconds, by);
  const bool shrunk = failure.finding.kind != Finding::Kind::generator;
  if (shrunk)
    found += fmt::format("{} steps, shrunk to {} in {} runs and {:.2f} s{}\n", failure.original.steps.size(),
                         failure.minimal.steps.size(), failure.shrinkRuns, failure.shrinkSeconds,
                         failure.shrunkToTheEnd ? "" : "; the time for shrinking was up, a smaller one may exist");
  std::string text = findingText(failure.finding, failure.minimal, parties, context, found);
  if (!failure.keptAs.empty()) text += fmt::format("kept:     {}\n", failure.keptAs);
  return text;
}

}  // namespace Party::Sim
