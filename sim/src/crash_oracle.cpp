#include "crash_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include <party/sim/world.h>

#include "crash_watch.h"

namespace Party::Sim::Detail {
namespace {

constexpr std::size_t mostInterrupted = 6;  // 64 accounts of one crash

/// The first of what `seen` has that `shown` has not, in order; both up to connection `last` of a client. What is
/// volatile does not count.
const Frame* firstUnshown(const ClientLife& seen, const ClientLife& shown, std::uint32_t last,
                          const Projections& projections) {
  const auto isVolatile = [&](const Frame& frame) {
    const auto fits = [&](const MessagePredicate& kind) { return kind(frame.content); };
    return std::ranges::any_of(projections.volatileMessages, fits) ||
           std::ranges::any_of(projections.eventuallyEqual, fits);
  };
  auto next = shown.frames.begin();
  for (const Frame& frame : seen.frames) {
    if (frame.kind != Frame::Kind::message || frame.connection > last || isVolatile(frame)) continue;
    const auto found = std::find(next, shown.frames.end(), frame);
    if (found == shown.frames.end()) return &frame;
    next = found + 1;
  }
  return nullptr;
}

/// What a client saw before the crash and would not have seen.
std::optional<Difference> tooMuchSeen(const Life& crashed, const Life& explained, const Projections& projections) {
  const CrashRecord& record = *crashed.crash;
  for (std::size_t i = 0; i < record.connections.size() && i < explained.clients.size(); ++i) {
    const ClientLife& seen = crashed.clients[i];
    if (const Frame* frame = firstUnshown(seen, explained.clients[i], record.connections[i], projections)) {
      return Difference{
          .where = fmt::format("before the crash, {} in {}", clientName(seen.client), roomName(seen.room)),
          .without = "nothing of it",
          .with = fmt::format("\"{}\"", frame->content.content()),
          .viewer = i,
          .frame = static_cast<std::size_t>(frame - seen.frames.data())};
    }
  }
  for (std::size_t i = 0; i < std::min(crashed.requests.size(), explained.requests.size()); ++i) {
    const RequestLife& seen = crashed.requests[i];
    const auto cause = World::causeOf(std::uint64_t{seen.step} + 1);
    const bool before = std::ranges::find(record.admitted, cause) != record.admitted.end();
    if (!before || !seen.response || seen.response == explained.requests[i].response) continue;
    return Difference{.where = fmt::format("the answer to {}'s request before the crash", clientName(seen.client)),
                      .without = "another",
                      .with = fmt::format("{} \"{}\"", seen.response->status(), seen.response->body())};
  }
  return std::nullopt;
}

std::optional<Difference> differenceOf(const Life& crashed, const Life& explained, const Projections& projections) {
  if (auto found = tooMuchSeen(crashed, explained, projections)) return found;
  return differenceAfterwards(explained, crashed, projections);
}

/// All subsets of `count` things, those with many or few of them first: mostly a handler has done all or nothing.
std::vector<std::uint32_t> subsets(std::size_t count) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t mask = 0; mask < (1u << count); ++mask) all.push_back(mask);
  const auto distance = [count](std::uint32_t mask) {
    const auto in = static_cast<std::size_t>(std::popcount(mask));
    return std::pair(std::min(in, count - in), mask);
  };
  std::ranges::sort(all, {}, distance);
  return all;
}

}  // namespace

bool judgedByCrash(const Scenario& scenario) {
  std::size_t crashes = 0;
  for (const Step& step : scenario.steps) {
    switch (step.verb) {
      case Verb::crashInside:
        ++crashes;
        break;
      case Verb::crash:
      case Verb::reset:
      case Verb::failCommit:
      case Verb::loseCommitReply:
      case Verb::exceedCpu:
      case Verb::redeploy:
        return false;
      default:
        break;
    }
  }
  return crashes == 1;
}

CrashVerdict judgeCrash(const Life& crashed, LifeOptions options, const Projections& projections,
                        const std::function<Life(const LifeOptions&)>& play) {
  CrashVerdict verdict;
  if (!crashed.crash || !crashed.crash->unclear.empty() || crashed.unsettled) return verdict;
  const CrashRecord& record = *crashed.crash;
  const std::size_t open = record.interrupted.size();
  if (open > mostInterrupted) return verdict;
  options.witness = nullptr;
  options.length = crashed.length;
  for (const std::uint32_t happened : subsets(open)) {
    CleanStop stop{record, crashed.stepTimes, record.unbegun};
    for (std::size_t i = 0; i < open; ++i) {
      if ((happened >> i & 1u) == 0) stop.withheld.push_back(record.interrupted[i]);
    }
    options.cleanStop = &stop;
    const Life explained = play(options);
    if (explained.cutShort || explained.unsettled) return verdict;
    auto difference = differenceOf(crashed, explained, projections);
    if (!difference) {
      verdict.kind = CrashVerdict::Kind::explained;
      return verdict;
    }
    // The one to show: everything had been finished.
    if (std::popcount(happened) == static_cast<int>(open)) verdict.difference = std::move(difference);
  }
  verdict.kind = CrashVerdict::Kind::unexplained;
  return verdict;
}

}  // namespace Party::Sim::Detail
