#include "budget.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace Party::Sim::Detail {
namespace {

constexpr double defaultSeconds = 1;
constexpr std::uint64_t defaultLives = 2'000;
constexpr double mostSeconds = 10;

std::int64_t nanoseconds() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Stopwatch::Stopwatch() : begin_(nanoseconds()) {}
double Stopwatch::seconds() const { return static_cast<double>(nanoseconds() - begin_) * 1e-9; }
void Stopwatch::restart() { begin_ = nanoseconds(); }

bool Spending::spent(std::uint64_t lives) const {
  if (budget_.lives) return lives >= *budget_.lives;
  const double spent = seconds();
  if (budget_.time) return spent >= std::chrono::duration<double>(*budget_.time).count();
  return spent >= mostSeconds || (spent >= defaultSeconds && lives >= defaultLives);
}

std::string Spending::left(std::uint64_t lives) const {
  if (budget_.lives) return fmt::format("{} lives left", *budget_.lives - std::min(lives, *budget_.lives));
  const double wanted = budget_.time ? std::chrono::duration<double>(*budget_.time).count() : defaultSeconds;
  return fmt::format("{:.1f} s left", std::max(0.0, wanted - seconds()));
}

std::uint32_t jobsFor(std::uint32_t wanted) {
  constexpr std::uint32_t most = 8;
  if (wanted > 0) return wanted;
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
  return std::clamp(static_cast<std::uint32_t>(CPU_COUNT(&usable)), 1u, most);
}

ProgressLine::ProgressLine(bool wanted) : terminal_(wanted && isatty(STDERR_FILENO) != 0) {}
ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\033[K", stderr);
}
bool ProgressLine::due() {
  if (!terminal_ || since_.seconds() < 0.1) return false;
  since_.restart();
  return true;
}
void ProgressLine::show(std::string_view text) {
  if (!terminal_) return;
  std::fputs(fmt::format("\r\033[K{:.118}", text).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace Party::Sim::Detail
