#include "quoted.h"

#include <fmt/format.h>

#include <party/message.h>

#include <cstdint>

namespace Party::Sim::Detail {
namespace {

/// Characters that could steer a terminal or turn the direction of a line around.
bool steers(std::string_view character) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return at(0) == 0xc2 && at(1) < 0xa0;
  if (character.size() != 3 || at(0) != 0xe2) return false;
  return (at(1) == 0x80 && at(2) >= 0xa8 && at(2) <= 0xae) || (at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9);
}

std::size_t characterLength(unsigned char first) { return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4; }

std::optional<unsigned> hexDigit(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<unsigned>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<unsigned>(letter - 'a') + 10;
  return std::nullopt;
}

}  // namespace

std::string quoted(std::string_view bytes, bool text) {
  text = text && isValidUtf8(bytes);
  std::string out = "\"";
  for (std::size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto character = bytes.substr(i, text ? characterLength(first) : 1);
    i += character.size();
    if (character == "\"" || character == "\\") {
      out.append("\\").append(character);
    } else if (character == "\n") {
      out += "\\n";
    } else if (character == "\t") {
      out += "\\t";
    } else if (first < 0x20 || first == 0x7f || (first >= 0x80 && !text) || steers(character)) {
      for (const char byte : character) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    } else {
      out += character;
    }
  }
  return out += '"';
}

std::optional<std::string> unquoted(std::string_view& line) {
  if (!line.starts_with('"')) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"') {
      line.remove_prefix(i + 1);
      return out;
    }
    if (line[i] != '\\') {
      out += line[i];
      continue;
    }
    const char escape = ++i < line.size() ? line[i] : '\0';
    if (escape == '"' || escape == '\\') {
      out += escape;
    } else if (escape == 'n') {
      out += '\n';
    } else if (escape == 't') {
      out += '\t';
    } else if (escape == 'x' && i + 2 < line.size() && hexDigit(line[i + 1]) && hexDigit(line[i + 2])) {
      out += static_cast<char>(*hexDigit(line[i + 1]) << 4 | *hexDigit(line[i + 2]));
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (text.size() <= width) return std::string(text);
  text = text.substr(0, width - 3);
  while (!text.empty() && !isValidUtf8(text) && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
    text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.remove_suffix(1);
  return std::string(text) + "…";
}

}  // namespace Party::Sim::Detail
