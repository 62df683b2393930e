#include <fmt/format.h>
#include <party/host/chance.h>
#include <party/sim/report.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace Party::Sim {

std::string reportFolder() {
  const char* folder = std::getenv("PARTY_REPORT");
  return folder == nullptr ? "" : folder;
}

std::string writeReportPage(const Finding& finding, const Scenario& scenario, const Host::Parties& parties,
                            const ReportContext& context, const std::string& folder) {
  if (finding.kind == Finding::Kind::generator) return {};  // there is no life to show
  std::uint64_t name = 0;                                   // the same scenario, the same file
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
  std::fputs(fmt::format("the report cannot be written to \"{}\"\n", path.string()).c_str(), stderr);
  return {};
}

}  // namespace Party::Sim
