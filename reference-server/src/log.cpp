#include "log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

namespace Party::Serve {
namespace {

struct Output {
  std::shared_ptr<spdlog::logger> logger = spdlog::stderr_logger_mt("party");
  bool json = false;
};

// The one thing all threads share by design: standard error.
Output& output() {
  static Output shared;
  return shared;
}

spdlog::level::level_enum levelOf(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void Log::configure(std::string_view level, bool json) {
  output().json = json;
  output().logger->set_level(spdlog::level::from_str(std::string(level)));
  output().logger->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","text":%v})"
                                    : "%Y-%m-%d %H:%M:%S.%e %l: %v");
  output().logger->flush_on(spdlog::level::debug);
}

void Log::write(Level level, std::string_view text) {
  Output& to = output();
  if (!to.logger->should_log(levelOf(level))) return;
  if (to.json) {
    const auto quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    to.logger->log(levelOf(level), "{}", quoted);
    return;
  }
  // A line stays one line, whatever a handler's error says.
  std::string line(text);
  std::ranges::replace_if(line, [](char letter) { return static_cast<unsigned char>(letter) < 0x20; }, ' ');
  to.logger->log(levelOf(level), "{}", line);
}

bool LogBudget::take(std::chrono::steady_clock::time_point now) {
  if (now - second_ >= std::chrono::seconds(1)) {
    if (kept_ > 0) Log::line(Level::warning, "{} more lines like the last ones were left out", kept_);
    second_ = now;
    taken_ = 0;
    kept_ = 0;
  }
  if (taken_ < linesPerSecond_) {
    ++taken_;
    return true;
  }
  ++kept_;
  return false;
}

}  // namespace Party::Serve
