#include "report_file.h"

#include <fmt/format.h>
#include <party/host/chance.h>
#include <party/sim/world.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace Party::Sim::Detail {

std::string writePicture(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                         const ReportContext& context, const std::string& folder) {
  std::uint64_t name = 0;  // the same scenario, the same file
  for (const auto byte : scenario.encode()) name = Host::scramble(name ^ byte);
  std::error_code error;
  auto path =
      folder.empty() ? std::filesystem::temp_directory_path(error) / "party-reports" : std::filesystem::path(folder);
  std::filesystem::create_directories(path, error);
  path /= fmt::format("{}-{:08x}.html", scenario.party, static_cast<std::uint32_t>(name));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << reportPage(finding, scenario, parties, context);
  file.close();
  if (file) return path.string();
  std::fputs(fmt::format("the picture cannot be written to \"{}\"\n", path.string()).c_str(), stderr);
  return {};
}

std::string traceOf(const Scenario& scenario, const Host::Parties& parties) {
  LifeOptions options;
  options.trace = TraceMode::full;
  for (const Step& step : scenario.steps) options.freeWakes = options.freeWakes || step.verb == Verb::hibernate;
  Stage stage(parties);
  stage.play(scenario, options);
  return stage.world().trace().text();
}

}  // namespace Party::Sim::Detail
