#include "http_answer_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace Party::Contract {
namespace {

constexpr std::string_view lineEnd = "\r\n";

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::size_t numberOf(std::string_view text, int base) {
  std::size_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc() || read.ptr == text.data()) throw std::runtime_error("no number: " + std::string(text));
  return number;
}

Observation readHead(std::string_view head) {
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) {
    throw std::runtime_error("no HTTP answer: " + inQuotes(std::string(head)));
  }
  Observation answer;
  answer.kind = Observation::Kind::answer;
  answer.code = static_cast<int>(numberOf(head.substr(9, 3), 10));
  for (std::size_t at = head.find(lineEnd); at != std::string_view::npos;) {
    const std::size_t begin = at + lineEnd.size();
    at = head.find(lineEnd, begin);
    const std::string_view line = head.substr(begin, at == std::string_view::npos ? at : at - begin);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    answer.headers.emplace(lower(line.substr(0, colon)), value);
  }
  return answer;
}

/// The content of a chunked body and where it ends; nothing while it is not whole.
std::optional<std::pair<std::string, std::size_t>> readChunks(std::string_view arrived, std::size_t at) {
  std::string content;
  while (true) {
    const std::size_t end = arrived.find(lineEnd, at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::size_t size = numberOf(arrived.substr(at, end - at), 16);
    const std::size_t begin = end + lineEnd.size();
    if (arrived.size() < begin + size + lineEnd.size()) return std::nullopt;
    content += arrived.substr(begin, size);
    at = begin + size + lineEnd.size();
    if (size == 0) return std::pair(std::move(content), at);
  }
}

}  // namespace

std::optional<Observation> HttpAnswerReader::take(std::string& arrived, bool over) const {
  const std::size_t headEnd = arrived.find("\r\n\r\n");
  if (headEnd == std::string::npos) return std::nullopt;
  Observation answer = readHead(std::string_view(arrived).substr(0, headEnd));
  std::size_t end = headEnd + 4;
  const auto length = answer.headers.find("content-length");
  const auto coding = answer.headers.find("transfer-encoding");
  const int status = *answer.code;
  if (status == 101) {
    answer.kind = Observation::Kind::open;
  } else if (bodiless_ || status == 204 || status == 304) {
    // No body.
  } else if (coding != answer.headers.end() && lower(coding->second) == "chunked") {
    auto chunks = readChunks(arrived, end);
    if (!chunks) return std::nullopt;
    answer.content = std::move(chunks->first);
    end = chunks->second;
  } else if (length != answer.headers.end()) {
    const std::size_t size = numberOf(length->second, 10);
    if (arrived.size() < end + size) return std::nullopt;
    answer.content = arrived.substr(end, size);
    end += size;
  } else {
    if (!over) return std::nullopt;
    answer.content = arrived.substr(end);
    end = arrived.size();
  }
  arrived.erase(0, end);
  return answer;
}

}  // namespace Party::Contract
