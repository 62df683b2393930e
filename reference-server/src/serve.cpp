#include "serve.h"

#include "exit_codes.h"
#include "log.h"
#include "net/descriptor.h"
#include "options.h"
#include "server.h"

#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

namespace Party::Serve {
namespace {

std::string urlOf(const Options& options, std::uint16_t port) {
  const bool isIpv6 = options.host.contains(':');
  return fmt::format("http://{}{}{}:{}", isIpv6 ? "[" : "", options.host, isIpv6 ? "]" : "", port);
}

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

}  // namespace

int serve(const std::vector<std::string>& arguments, const Host::Parties& parties, const std::string& program) try {
  const auto options = parseOptions(arguments, program);
  if (!options) return ExitCode::done;
  Log::configure(options->logLevel, options->json);
  raiseDescriptorLimit();
  Server server(*options, parties);
  const std::string url = urlOf(*options, server.port());
  say(describe(*options));
  say(options->json ? nlohmann::json{{"ready", url}}.dump() : "Ready on " + url);
  server.run();
  return ExitCode::done;
} catch (const Refusal& refusal) {
  fmt::print(stderr, "{}\n", refusal.what());
  return refusal.exitCode;
} catch (const DatabaseError& error) {
  fmt::print(stderr, "{}; check the disk and the directory given with --data\n", error.what());
  return ExitCode::inputOutput;
} catch (const std::exception& error) {
  fmt::print(stderr, "a fault of this program: {}\n", error.what());
  return ExitCode::software;
}

}  // namespace Party::Serve
