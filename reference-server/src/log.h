#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace Party::Serve {

enum class Level { debug, info, warning, error };

/// How the process speaks: one line each to standard error, as text or as JSON. Lines name party, room and connection,
/// never what was sent.
namespace Log {

/// Before the first line; `level` is one of debug, info, warning, error, off.
void configure(std::string_view level, bool json);
void write(Level level, std::string_view text);

template <class... Values>
void line(Level level, fmt::format_string<Values...> format, Values&&... values) {
  write(level, fmt::format(format, std::forward<Values>(values)...));
}

}  // namespace Log

/// Lets so many lines through each second, and says how many it kept: a client must not fill the disk with its faults.
class LogBudget {
 public:
  explicit LogBudget(std::uint32_t linesPerSecond) : linesPerSecond_(linesPerSecond) {}
  bool take(std::chrono::steady_clock::time_point now);

 private:
  std::uint32_t linesPerSecond_;
  std::uint32_t taken_ = 0;
  std::uint64_t kept_ = 0;
  std::chrono::steady_clock::time_point second_{};
};

}  // namespace Party::Serve
