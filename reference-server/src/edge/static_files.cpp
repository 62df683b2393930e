#include "edge/static_files.h"

#include "exit_codes.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace Party::Serve {
namespace {

int hexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Nothing when an escape is broken (D-20: a miss), or a NUL is in it.
std::optional<std::string> decoded(std::string_view path) {
  std::string text;
  for (std::size_t at = 0; at < path.size(); ++at) {
    char byte = path[at];
    if (byte == '%') {
      const int high = at + 2 < path.size() ? hexDigit(path[at + 1]) : -1;
      const int low = at + 2 < path.size() ? hexDigit(path[at + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      byte = static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (byte == '\0') return std::nullopt;
    text += byte;
  }
  return text;
}

// Each segment must be an ordinary name: that leaves out dot files, `..` and empty segments.
bool isServable(std::string_view relative) {
  while (true) {
    const auto end = relative.find('/');
    const auto segment = relative.substr(0, end);
    if (segment.empty() || segment.front() == '.' || segment == "node_modules") return false;
    if (end == std::string_view::npos) return true;
    relative.remove_prefix(end + 1);
  }
}

// STATIC-6, D-20
std::string_view typeOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> types{{
      {"html", "text/html; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"txt", "text/plain; charset=utf-8"},
      {"md", "text/plain; charset=utf-8"},
      {"json", "application/json"},
      {"map", "application/json"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"gif", "image/gif"},
      {"webp", "image/webp"},
      {"ico", "image/x-icon"},
      {"woff2", "font/woff2"},
      {"wasm", "application/wasm"},
      {"pdf", "application/pdf"},
  }};
  const auto dot = name.rfind('.');
  const auto extension = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  const auto found = std::ranges::find(types, extension, &std::pair<std::string_view, std::string_view>::first);
  return found == types.end() ? "application/octet-stream" : found->second;
}

int openBeneath(int directory, const std::string& relative) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, relative.c_str(), &how, sizeof how));
}

std::optional<SharedBytes> contentOf(int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > StaticFiles::maxFileBytes) return std::nullopt;
  SharedBytes content = SharedBytes::allocate(size, 0, 0);
  for (std::size_t at = 0; at < size;) {
    const auto count = ::read(file, content.mutableData() + at, size - at);
    if (count <= 0) return std::nullopt;  // it shrank, or the disk failed
    at += static_cast<std::size_t>(count);
  }
  return content;
}

}  // namespace

StaticFiles::StaticFiles(const std::filesystem::path& directory)
    : directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (directory_ >= 0) return;
  const int error = errno;
  throw Refusal(error == EACCES ? ExitCode::noPermission : ExitCode::usage,
                fmt::format("cannot serve the files of \"{}\": {}; choose another directory with --static",
                            directory.string(), std::strerror(error)));
}

StaticFiles::~StaticFiles() { ::close(directory_); }

std::optional<Response> StaticFiles::find(std::string_view method, std::string_view path) const {
  if (method != "GET" && method != "HEAD") return std::nullopt;
  auto relative = decoded(path.substr(std::min<std::size_t>(1, path.size())));
  if (!relative) return std::nullopt;
  if (relative->empty() || relative->ends_with('/')) *relative += "index.html";
  if (!isServable(*relative)) return std::nullopt;
  const int file = openBeneath(directory_, *relative);
  if (file < 0) return std::nullopt;
  auto content = contentOf(file);
  ::close(file);
  if (!content) return std::nullopt;
  return Response(std::move(*content))
      .header("content-type", typeOf(*relative))
      .header("access-control-allow-origin", "*")  // STATIC-5
      .header("x-content-type-options", "nosniff");
}

}  // namespace Party::Serve
