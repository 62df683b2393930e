#include <fmt/format.h>
#include <party/sim/report.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace Party::Sim {
namespace {

/// What ends a line or a field for GitHub, as percent codes.
std::string escaped(std::string_view text, bool field) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (field && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return out;
}

/// As the repository names it: a compiler may have been given the whole path.
std::string fromWorkspace(std::string_view file) {
  const char* workspace = std::getenv("GITHUB_WORKSPACE");
  if (workspace == nullptr) return std::string(file);
  const auto relative = std::filesystem::path(file).lexically_relative(workspace);
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return inside ? relative.generic_string() : std::string(file);
}

}  // namespace

std::string annotation(std::string_view title, std::string_view text, const SourcePlace& place) {
  const char* actions = std::getenv("GITHUB_ACTIONS");
  if (actions == nullptr || std::string_view(actions) != "true") return {};
  const std::string where =
      place.file.empty() ? "" : fmt::format("file={},line={},", escaped(fromWorkspace(place.file), true), place.line);
  return fmt::format("::error {}title={}::{}\n", where, escaped(title, true), escaped(text, false));
}

}  // namespace Party::Sim
