#include <fmt/format.h>
#include <party/sim/formats.h>
#include <party/sim/scenario.h>

#include <array>
#include <fstream>
#include <optional>

namespace Party::Sim {
namespace Detail {
std::expected<Scenario, std::string> parseText(std::string_view text);
}

namespace {

constexpr std::string_view codePrefix = "s1.";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t maxFileBytes = 1 << 20;

/// Fletcher's sum: enough to tell a code that lost a letter when it was copied.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const auto byte : bytes) {
    low = (low + byte) % 255;
    high = (high + low) % 255;
  }
  return static_cast<std::uint16_t>(high << 8 | low);
}

std::string toBase64Url(std::span<const std::uint8_t> bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const auto byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6;) {
      held -= 6;
      out += alphabet[bits >> held & 63];
    }
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 63];
  return out;
}

std::optional<std::vector<std::uint8_t>> fromBase64Url(std::string_view text) {
  std::vector<std::uint8_t> out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char letter : text) {
    const auto value = alphabet.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> held));
  }
  return out;
}

std::expected<Scenario, std::string> parseCode(std::string_view code) {
  auto bytes = fromBase64Url(code.substr(codePrefix.size()));
  if (!bytes) return std::unexpected("a scenario's code has only letters, digits, - and _ behind \"s1.\"");
  const std::span<const std::uint8_t> all(*bytes);
  if (all.size() < 3 || checksum(all.first(all.size() - 2)) != (all[all.size() - 2] << 8 | all[all.size() - 1])) {
    return std::unexpected("the scenario's code is incomplete: its checksum does not fit; copy all of it");
  }
  if (all[0] < 1 || all[0] > scenarioFormat()) {
    return std::unexpected(
        fmt::format("the scenario's code has format {}, this program reads 1 to {}", all[0], scenarioFormat()));
  }
  return Scenario::decode(all.first(all.size() - 2));
}

}  // namespace

std::string Scenario::code() const {
  auto bytes = encode();
  const auto sum = checksum(bytes);
  bytes.push_back(static_cast<std::uint8_t>(sum >> 8));
  bytes.push_back(static_cast<std::uint8_t>(sum));
  return std::string(codePrefix) + toBase64Url(bytes);
}

std::expected<Scenario, std::string> Scenario::parse(std::string_view textOrCode) {
  if (textOrCode.size() > maxFileBytes) {
    return std::unexpected(
        fmt::format("{} bytes are no scenario: at most {} are read", textOrCode.size(), maxFileBytes));
  }
  const auto begin = textOrCode.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::unexpected("it is empty");
  const auto trimmed = textOrCode.substr(begin, textOrCode.find_last_not_of(" \t\r\n") + 1 - begin);
  return trimmed.starts_with(codePrefix) ? parseCode(trimmed) : Detail::parseText(textOrCode);
}

std::expected<Scenario, std::string> Scenario::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("\"{}\" cannot be read", path));
  std::string bytes(maxFileBytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return std::unexpected(fmt::format("\"{}\" cannot be read", path));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  auto scenario = parse(bytes);
  if (!scenario) return std::unexpected(fmt::format("\"{}\": {}", path, scenario.error()));
  return scenario;
}

}  // namespace Party::Sim
