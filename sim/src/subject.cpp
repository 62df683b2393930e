#include <fmt/format.h>
#include <party/sim/subject.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace Party::Sim {
namespace {

int describe(const SubjectEntry& entry) {
  nlohmann::ordered_json json{{"name", entry.name}, {"id", nullptr}, {"knownMinimum", nullptr}};
  if (const auto id = entry.subject->id()) json["id"] = *id;
  if (const auto steps = entry.subject->knownMinimum()) json["knownMinimum"] = *steps;
  fmt::print("{}\n", json.dump());
  return 0;
}

}  // namespace

int runSubject(const SubjectEntry& entry, const std::string& program, const std::vector<std::string>& arguments) {
  CommandOptions options;
  options.program = program;
  options.property = *entry.subject;
  options.suite = entry.name;
  options.propertyName = "Subject";
  options.place = entry.place;
  auto known = commands(entry.parties, options);
  known.push_back({"describe", "print what is known of the subject as one JSON object",
                   [&entry](const std::vector<std::string>&) { return describe(entry); }});
  return runCommand(known, arguments);
}

}  // namespace Party::Sim
