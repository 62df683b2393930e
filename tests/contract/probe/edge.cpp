#include "edge.h"

#include "report.h"
#include "script_run.h"

#include <cctype>
#include <utility>
#include <vector>

namespace Party::Contract {
namespace {

std::optional<Json> wantedBy(const Request& request) {
  const auto before = request.query("before");
  if (!before) return std::nullopt;
  return withoutMarkers(parseJson(*before));
}

Response answer(const Json& before) {
  if (before.contains("throwPlain")) throw field<std::string>(before, "throwPlain");
  if (before.contains("throw")) {
    std::optional<int> code;
    if (before.contains("code")) code = field<int>(before, "code");
    throw Error(field<std::string>(before, "throw"), code);
  }
  return responseOf(field<Json>(before, "respond"));
}

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (std::isalnum(value) != 0 || std::string_view("*-._").contains(byte)) {
      result += byte;
    } else if (byte == ' ') {
      result += '+';
    } else {
      result += {'%', digits[value >> 4], digits[value & 15]};
    }
  }
  return result;
}

/// The parameters of a query as they are written, to be changed one by one.
class Query {
 public:
  explicit Query(std::string_view query) {
    while (!query.empty()) {
      const std::size_t end = query.find('&');
      parameters_.emplace_back(query.substr(0, end));
      query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    }
  }
  void remove(std::string_view name) {
    std::erase_if(parameters_, [&](const std::string& written) { return nameOf(written) == name; });
  }
  /// In the place of the first of this name, or at the end.
  void set(std::string_view name, std::string_view value) {
    std::size_t place = 0;
    while (place < parameters_.size() && nameOf(parameters_[place]) != name) ++place;
    remove(name);
    parameters_.insert(parameters_.begin() + static_cast<std::ptrdiff_t>(std::min(place, parameters_.size())),
                       escaped(name) + "=" + escaped(value));
  }
  std::string text() const {
    std::string result;
    for (const std::string& parameter : parameters_) result += (result.empty() ? "?" : "&") + parameter;
    return result;
  }

 private:
  static std::string_view nameOf(std::string_view written) { return written.substr(0, written.find('=')); }

  std::vector<std::string> parameters_;
};

Request rewritten(const Request& request, const Json& changes) {
  const std::string_view url = request.url();
  const std::size_t question = url.find('?');
  const std::size_t path = url.find('/', url.find("//") + 2);

  Query query(question == std::string_view::npos ? std::string_view() : url.substr(question + 1));
  query.remove("before");
  const Json wanted = field(changes, "query", Json::object());
  for (const auto& [name, value] : wanted.items()) {
    if (value.is_null()) {
      query.remove(name);
    } else {
      query.set(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  const auto newPath = field(changes, "path", std::string(request.path()));
  Request result = request.withUrl(std::string(url.substr(0, path)) + newPath + query.text());

  const Json headers = field(changes, "headers", Json::object());
  for (const auto& [name, value] : headers.items()) {
    if (value.is_null()) {
      result = result.withoutHeader(name);
    } else {
      result = result.withHeader(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  if (changes.contains("method")) result = result.withMethod(field<std::string>(changes, "method"));
  if (changes.contains("body")) result = result.withBody(field<std::string>(changes, "body"));
  return result;
}

}  // namespace

RequestOrResponse beforeRoom(std::string_view handler, const Request& request, const std::string& room) {
  Report::add(room, std::string(handler));
  const auto before = wantedBy(request);
  if (!before) return request;
  if (before->contains("nothing")) return {};
  if (before->contains("rewrite")) return rewritten(request, before->at("rewrite"));
  return answer(*before);
}

std::optional<Response> elsewhere(const Request& request) {
  if (request.path() == "/report") {
    const Json lines = Report::take(request.query("room").value_or(""));
    return Response::json(lines.dump());
  }
  const auto before = wantedBy(request);
  if (!before) return Response("not a room: " + std::string(request.path()), 404);
  if (before->contains("nothing")) return std::nullopt;
  return answer(*before);
}

}  // namespace Party::Contract
