#include <fmt/format.h>
#include <party/sim/life.h>

#include <algorithm>

#include "quoted.h"
#include "stored_text.h"

namespace Party::Sim {
namespace {

constexpr std::size_t shownBytes = 60;
constexpr const char* nothing = "nothing";

std::string describe(const Frame& frame) {
  const bool text = frame.content.isText();
  const auto content = Detail::quoted(Detail::shortened(frame.content.content(), shownBytes), text);
  switch (frame.kind) {
    case Frame::Kind::opened:
      return "the connection opens";
    case Frame::Kind::message:
      return text ? content : "bytes " + content;
    case Frame::Kind::closed:
      return fmt::format("the connection ends with {}", frame.code);
    case Frame::Kind::answered:
      return fmt::format("the upgrade is answered with {}", frame.code);
  }
  return nothing;
}

std::string describe(const std::optional<Response>& response) {
  if (!response) return "no answer";
  return fmt::format("{} {}", response->status(),
                     Detail::quoted(Detail::shortened(response->body(), shownBytes), true));
}

template <class T>
std::string at(const std::vector<T>& list, std::size_t index) {
  return index < list.size() ? describe(list[index]) : nothing;
}

std::string describe(const std::optional<Time>& alarm) {
  if (!alarm) return "not set";
  return fmt::format("at {} ms", millisecondsOf(*alarm) - millisecondsOf(WorldOptions().startTime()));
}

/// True when a later frame of the same connection takes the place of this one.
bool isOvertaken(const std::vector<Frame>& frames, std::size_t index, const MessagePredicate& kind) {
  return std::any_of(frames.begin() + static_cast<std::ptrdiff_t>(index) + 1, frames.end(), [&](const Frame& later) {
    return later.kind == Frame::Kind::message && later.connection == frames[index].connection && kind(later.content);
  });
}

/// The indexes of the frames that are compared.
std::vector<std::size_t> compared(const std::vector<Frame>& frames, const Projections& projections) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto fits = [&](const MessagePredicate& predicate) { return predicate(frames[i].content); };
    const auto overtaken = [&](const MessagePredicate& kind) {
      return kind(frames[i].content) && isOvertaken(frames, i, kind);
    };
    const bool message = frames[i].kind == Frame::Kind::message;
    if (message && std::ranges::any_of(projections.volatileMessages, fits)) continue;
    if (message && std::ranges::any_of(projections.eventuallyEqual, overtaken)) continue;
    kept.push_back(i);
  }
  return kept;
}

bool isLost(const Frame& frame) { return frame.kind == Frame::Kind::closed && frame.code == 1006; }

/// Whether one of the two lives saw the connection break here and the other saw more of it: a message that is left out
/// may have held up another, which then was lost.
bool brokeEarlier(const std::vector<Frame>& a, std::size_t x, const std::vector<Frame>& b, std::size_t y) {
  const auto breaksAt = [](const std::vector<Frame>& frames, std::size_t at) { return isLost(frames[at]); };
  const auto breaksLater = [](const std::vector<Frame>& frames, std::size_t at) {
    const auto rest = std::find_if(frames.begin() + static_cast<std::ptrdiff_t>(at), frames.end(),
                                   [](const Frame& frame) { return frame.kind == Frame::Kind::closed; });
    return rest != frames.end() && isLost(*rest);
  };
  if (a[x].connection != b[y].connection) return false;
  return (breaksAt(a, x) && breaksLater(b, y)) || (breaksAt(b, y) && breaksLater(a, x));
}

/// Leaves out of both what one life alone saw of connections that broke.
void forgiveLosses(const std::vector<Frame>& a, std::vector<std::size_t>& inA, const std::vector<Frame>& b,
                   std::vector<std::size_t>& inB) {
  for (std::size_t i = 0; i < inA.size() && i < inB.size(); ++i) {
    const auto end = [](const std::vector<Frame>& frames, std::vector<std::size_t>& in, std::size_t from) {
      auto at = in.begin() + static_cast<std::ptrdiff_t>(from);
      const auto until = std::find_if(at, in.end(), [&](std::size_t frame) { return isLost(frames[frame]); });
      in.erase(at, until);
    };
    if (a[inA[i]] == b[inB[i]] || !brokeEarlier(a, inA[i], b, inB[i])) continue;
    end(a, inA, i), end(b, inB, i);
  }
}

std::optional<Difference> difference(const std::string& who, const std::vector<Frame>& a, const std::vector<Frame>& b,
                                     const Projections& projections) {
  const bool all = projections.volatileMessages.empty() && projections.eventuallyEqual.empty();
  if (all && a == b) return std::nullopt;
  auto inA = compared(a, projections);
  auto inB = compared(b, projections);
  if (!all) forgiveLosses(a, inA, b, inB);
  const auto same = [&](std::size_t x, std::size_t y) { return a[x] == b[y]; };
  const auto [atA, atB] = std::ranges::mismatch(inA, inB, same);
  if (atA == inA.end() && atB == inB.end()) return std::nullopt;
  const std::size_t first = atA == inA.end() ? a.size() : *atA;
  const std::size_t second = atB == inB.end() ? b.size() : *atB;
  return Difference{fmt::format("{}, frame {}", who, first + 1), at(a, first), at(b, second), std::nullopt, first};
}

std::optional<Difference> difference(const ClientLife& a, const ClientLife& b, const Projections& projections) {
  const std::string who = fmt::format("{} in {}", clientName(a.client), roomName(a.room));
  return difference(who, a.frames, b.frames, projections);
}

std::optional<Difference> difference(const DiskImage& a, const DiskImage& b, std::size_t room,
                                     const Projections& projections, bool alarmTimes) {
  const auto name = roomName(static_cast<std::uint8_t>(room));
  auto atA = a.entries.begin();
  auto atB = b.entries.begin();
  while (atA != a.entries.end() || atB != b.entries.end()) {
    const bool onlyB = atA == a.entries.end() || (atB != b.entries.end() && atB->first < atA->first);
    const bool onlyA = !onlyB && (atB == b.entries.end() || atA->first < atB->first);
    const bool differs = onlyA || onlyB || atA->second != atB->second;
    if (differs && !projections.ignoresKey((onlyB ? atB : atA)->first)) {
      const auto show = [](bool there, const auto& entry) {
        return there ? Detail::storedText(entry->second.view(), shownBytes) : std::string(nothing);
      };
      return Difference{
          fmt::format("on the disk of {}, key {}", name, Detail::quoted((onlyB ? atB : atA)->first, true)),
          show(!onlyB, atA), show(!onlyA, atB), std::nullopt};
    }
    if (!onlyB) ++atA;
    if (!onlyA) ++atB;
  }
  if (alarmTimes ? a.alarm == b.alarm : a.alarm.has_value() == b.alarm.has_value()) return std::nullopt;
  return Difference{fmt::format("the alarm of {}", name), describe(a.alarm), describe(b.alarm), std::nullopt};
}

std::optional<Difference> diskDifference(const Life& without, const Life& with, const Projections& projections,
                                         bool alarmTimes = true) {
  for (std::size_t room = 0; room < std::min(without.disks.size(), with.disks.size()); ++room) {
    if (auto found = difference(without.disks[room], with.disks[room], room, projections, alarmTimes)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Difference> firstDifference(const Life& without, const Life& with, const Projections& projections) {
  for (std::size_t i = 0; i < std::min(without.clients.size(), with.clients.size()); ++i) {
    if (auto found = difference(without.clients[i], with.clients[i], projections)) {
      found->viewer = i;
      return found;
    }
  }
  for (std::size_t i = 0; i < std::min(without.requests.size(), with.requests.size()); ++i) {
    const RequestLife& a = without.requests[i];
    const RequestLife& b = with.requests[i];
    if (a.response == b.response) continue;
    return Difference{
        fmt::format("the answer to {}'s request to {} (step {})", clientName(a.client), roomName(a.room), a.step),
        describe(a.response), describe(b.response), std::nullopt};
  }
  return diskDifference(without, with, projections);
}

std::optional<Difference> differenceAfterwards(const Life& without, const Life& with, const Projections& projections,
                                               bool alarmTimes) {
  for (const StrangerLife& a : without.strangers) {
    // By name: a life may meet rooms that its twin meets later, or never.
    const auto twin = std::ranges::find(with.strangers, a.room, &StrangerLife::room);
    if (twin == with.strangers.end()) continue;
    const StrangerLife& b = *twin;
    const std::string who = fmt::format("afterwards, a stranger in {}", a.room);
    if (auto found = difference(who, a.frames, b.frames, projections)) return found;
    if (a.response == b.response) continue;
    return Difference{fmt::format("{} who asks", who), describe(a.response), describe(b.response), std::nullopt};
  }
  return diskDifference(without, with, projections, alarmTimes);
}

}  // namespace Party::Sim
