#include "options.h"

#include "exit_codes.h"

#include <fmt/format.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace Party::Serve {
namespace {

std::size_t usableProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

Duration fromSeconds(double seconds) { return Duration(std::llround(seconds * 1'000'000)); }
double toSeconds(Duration duration) { return static_cast<double>(duration.count()) / 1'000'000; }

#ifdef PARTY_WATCH_RULES
constexpr bool watchRulesByDefault = true;
#else
constexpr bool watchRulesByDefault = false;
#endif

constexpr const char* footer =
    "Each option can also be given as an environment variable: PARTY_PORT=8080 is --port 8080.\n"
    "\n"
    "exit code   0  ended by SIGTERM or SIGINT, everything written    70  a fault of this program\n"
    "           64  an option or party that does not exist            73  the port or the data directory is taken\n"
    "           65  the database is damaged, foreign or newer         74  the disk failed\n"
    "           77  no permission";

}  // namespace

std::optional<Options> parseOptions(const std::vector<std::string>& arguments, const std::string& program) {
  Options options;
  options.shards = usableProcessors();
  options.watchRules = watchRulesByDefault;
  double idle = toSeconds(options.profile.idleBeforeHibernation);
  std::uint32_t ping = static_cast<std::uint32_t>(options.webSocket.pingEvery.count());
  std::string durability = "full";

  CLI::App app("serves the parties over HTTP and WebSocket", program);
  app.footer(footer);
  app.add_option("--port", options.port, "port to listen on; 0 takes any that is free")
      ->envname("PARTY_PORT")
      ->capture_default_str();
  app.add_option("--host", options.host, "address to listen on; 0.0.0.0 for all")
      ->envname("PARTY_HOST")
      ->capture_default_str();
  app.add_option("--data", options.data, "directory for the rooms' storage, created for its owner alone")
      ->envname("PARTY_DATA")
      ->capture_default_str();
  app.add_option("--static", options.files, "directory whose files are served beside the rooms")
      ->envname("PARTY_STATIC")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--shards", options.shards, "threads that run rooms; the default is the CPUs this process may use")
      ->envname("PARTY_SHARDS")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--idle-hibernate", idle, "seconds without an event before a room sleeps or is forgotten")
      ->envname("PARTY_IDLE_HIBERNATE")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  app.add_option("--max-message", options.profile.maxMessageBytes, "bytes a client may send in one message")
      ->envname("PARTY_MAX_MESSAGE")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30))
      ->capture_default_str();
  app.add_option("--max-body", options.http.bodyBytes, "bytes a client may send as a request's body")
      ->envname("PARTY_MAX_BODY")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 30))
      ->capture_default_str();
  app.add_option("--max-backlog", options.webSocket.backlogBytes,
                 "bytes a client may leave unread before it is dropped")
      ->envname("PARTY_MAX_BACKLOG")
      ->check(CLI::Range(std::size_t{1'024}, std::size_t{1} << 34))
      ->capture_default_str();
  app.add_option("--ping", ping, "seconds between pings; a client that misses two is gone; 0 sends none")
      ->envname("PARTY_PING")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  app.add_option("--durability", durability,
                 "full: what a client has seen survives kill -9 and loss of power; normal: faster, gives up the last "
                 "moments before a loss of power, though never half of a write")
      ->envname("PARTY_DURABILITY")
      ->check(CLI::IsMember({"full", "normal"}))
      ->capture_default_str();
  app.add_option("--log-level", options.logLevel, "what is written to standard error")
      ->envname("PARTY_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  app.add_flag("--json", options.json, "one JSON object a line, for the options, the address and the log")
      ->envname("PARTY_JSON");

  app.add_flag("--watch-rules,!--no-watch-rules", options.watchRules,
               "hold every room against what must never happen, and end with a word about the first breach; slower; on "
               "in debug builds")
      ->envname("PARTY_WATCH_RULES");

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::nullopt;
  } catch (const CLI::ExtrasError&) {
    throw Refusal(ExitCode::usage, fmt::format("serve does not know \"{}\"; `{} --help` lists its options",
                                               fmt::join(app.remaining(), " "), program));
  } catch (const CLI::ParseError& error) {
    throw Refusal(ExitCode::usage, fmt::format("{}; `{} --help` lists the options", error.what(), program));
  }
  options.profile.idleBeforeHibernation = fromSeconds(idle);
  options.webSocket.messageBytes = options.profile.maxMessageBytes;
  options.webSocket.pingEvery = std::chrono::seconds(ping);
  options.durability = durability == "full" ? Durability::full : Durability::normal;
  return options;
}

std::string describe(const Options& options) {
  const auto value = nlohmann::ordered_json{
      {"host", options.host},
      {"port", options.port},
      {"data", options.data.string()},
      {"static", options.files.string()},
      {"shards", options.shards},
      {"idle-hibernate", toSeconds(options.profile.idleBeforeHibernation)},
      {"max-message", options.profile.maxMessageBytes},
      {"max-body", options.http.bodyBytes},
      {"max-backlog", options.webSocket.backlogBytes},
      {"ping", options.webSocket.pingEvery.count()},
      {"durability", options.durability == Durability::full ? "full" : "normal"},
      {"log-level", options.logLevel},
      {"watch-rules", options.watchRules},
  };
  if (options.json) return nlohmann::ordered_json{{"options", value}}.dump();
  std::string text;
  for (const auto& [name, shown] : value.items()) {
    fmt::format_to(std::back_inserter(text), "{}--{} {}", text.empty() ? "" : " ", name,
                   shown.is_string() ? shown.get<std::string>() : shown.dump());
  }
  return text;
}

}  // namespace Party::Serve
