#include <fmt/format.h>
#include <party/sim/life.h>

#include <algorithm>

#include "quoted.h"

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
  return alarm ? fmt::format("at {} ms", millisecondsOf(*alarm)) : "not set";
}

std::optional<Difference> difference(const ClientLife& a, const ClientLife& b) {
  const auto [atA, atB] = std::ranges::mismatch(a.frames, b.frames);
  if (atA == a.frames.end() && atB == b.frames.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(atA - a.frames.begin());
  return Difference{fmt::format("{} in {}, frame {}", clientName(a.client), roomName(a.room), index + 1),
                    at(a.frames, index), at(b.frames, index), std::nullopt, index};
}

std::optional<Difference> difference(const DiskImage& a, const DiskImage& b, std::size_t room) {
  const auto name = roomName(static_cast<std::uint8_t>(room));
  auto atA = a.entries.begin();
  auto atB = b.entries.begin();
  while (atA != a.entries.end() || atB != b.entries.end()) {
    const bool onlyB = atA == a.entries.end() || (atB != b.entries.end() && atB->first < atA->first);
    const bool onlyA = !onlyB && (atB == b.entries.end() || atA->first < atB->first);
    if (onlyA || onlyB || atA->second != atB->second) {
      const auto show = [](bool there, const auto& entry) {
        return there ? Detail::quoted(Detail::shortened(entry->second.view(), shownBytes), false)
                     : std::string(nothing);
      };
      return Difference{
          fmt::format("on the disk of {}, key {}", name, Detail::quoted((onlyB ? atB : atA)->first, true)),
          show(!onlyB, atA), show(!onlyA, atB), std::nullopt};
    }
    ++atA, ++atB;
  }
  if (a.alarm == b.alarm) return std::nullopt;
  return Difference{fmt::format("the alarm of {}", name), describe(a.alarm), describe(b.alarm), std::nullopt};
}

}  // namespace

std::optional<Difference> firstDifference(const Life& without, const Life& with) {
  for (std::size_t i = 0; i < std::min(without.clients.size(), with.clients.size()); ++i) {
    if (auto found = difference(without.clients[i], with.clients[i])) {
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
  for (std::size_t room = 0; room < std::min(without.disks.size(), with.disks.size()); ++room) {
    if (auto found = difference(without.disks[room], with.disks[room], room)) return found;
  }
  return std::nullopt;
}

}  // namespace Party::Sim
