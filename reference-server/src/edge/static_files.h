#pragma once

#include <party/http.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace Party::Serve {

/// The files of one directory, as answers.
///
/// Nothing outside it can be named: the path is taken apart after decoding, and the kernel refuses whatever leaves the
/// directory, by `..` or by a link. Names that begin with a dot and `node_modules` do not exist (STATIC-4).
class StaticFiles {
 public:
  /// A larger file is not served: it is read as a whole.
  static constexpr std::size_t maxFileBytes = 64 * 1024 * 1024;

  /// Throws `Refusal` when it is no directory that can be read.
  explicit StaticFiles(const std::filesystem::path& directory);
  ~StaticFiles();
  StaticFiles(const StaticFiles&) = delete;
  StaticFiles& operator=(const StaticFiles&) = delete;

  /// The file a GET or HEAD of this path names; nothing for everything else (STATIC-1, 2).
  std::optional<Response> find(std::string_view method, std::string_view path) const;

 private:
  int directory_ = -1;
};

}  // namespace Party::Serve
