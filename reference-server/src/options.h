#pragma once

#include "net/http_session.h"
#include "net/web_socket.h"
#include "storage/data_directory.h"

#include <party/host/profile.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace Party::Serve {

/// Everything `serve` can be told, with its defaults.
struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 1999;
  std::filesystem::path data = ".party/state";
  std::filesystem::path files;  // empty: none
  std::size_t shards = 1;       // the default is the CPUs this process may use
  Durability durability = Durability::full;
  std::string logLevel = "info";
  bool json = false;
  Profile profile = Profile::documented();
  WebSocketLimits webSocket;
  HttpLimits http;
  HttpPatience patience;
  bool watchRules = false;                    // true in debug builds
  std::size_t cacheBytes = 64 * 1024 * 1024;  // of all shards together
};

/// Reads flags and `PARTY_*` variables, flags first. Nothing when only help was asked for, which has been printed.
/// Throws `Refusal` with a sentence for whatever is wrong.
std::optional<Options> parseOptions(const std::vector<std::string>& arguments, const std::string& program);

/// The effective options as they are printed at the start, one `name value` each; with `json` as one JSON object.
std::string describe(const Options& options);

}  // namespace Party::Serve
