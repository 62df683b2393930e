#include <algorithm>
#include <array>
#include <utility>

#include "world_core.h"

/// Connections on which nothing passes for a while (CP-74): a partition holds both directions, a slow reader the way
/// down.

namespace Party::Sim::Detail {
namespace {

constexpr unsigned upBit = 1;
constexpr unsigned downBit = 2;
constexpr unsigned byHand = 4;  // of a letGo: whatever end the hold has

unsigned bitsOf(Direction direction) {
  constexpr std::array<unsigned, 3> bits{upBit, downBit, upBit | downBit};
  return bits[static_cast<std::size_t>(direction)];
}

/// The direction of what travels; 0 for what happens at an end.
unsigned bitOf(Happening::Kind kind) {
  using enum Happening::Kind;
  switch (kind) {
    case upMessage:
    case upClose:
    case upFailed:
    case upLost:
      return upBit;
    case downOpen:
    case downMessage:
    case downClose:
    case downDropped:
    case downAnswered:
      return downBit;
    default:
      return 0;
  }
}

}  // namespace

void WorldCore::hold(std::uint32_t client, Direction direction, std::optional<Duration> length) {
  const Host::Cause cause = nextCause();
  const unsigned bits = bitsOf(direction);
  if (journal_.on()) journal_.record(Record::held, now_).number(client).cause(cause).number(bits);
  const std::uint32_t index = clients_[client].link;
  if (index == none) return;
  Link& link = links_[index];
  const Time until = length ? now_ + *length : Time::max();
  for (const unsigned bit : {upBit, downBit}) {
    if ((bits & bit) == 0) continue;
    Time& end = link.heldUntil[bit - 1];
    end = (link.held & bit) != 0 ? std::max(end, until) : until;
  }
  link.held = static_cast<std::uint8_t>(link.held | bits);
  if (length) planLetGo(until, index, bits, 0, cause);
}

void WorldCore::release(std::uint32_t client, Direction direction, std::uint32_t frames) {
  const Host::Cause cause = nextCause();
  const unsigned bits = bitsOf(direction);
  if (journal_.on()) journal_.record(Record::released, now_).number(client).cause(cause).number(bits).number(frames);
  for (std::uint32_t index = 0; index < links_.size(); ++index) {
    if (links_[index].used && links_[index].client == client && (links_[index].held & bits) != 0) {
      planLetGo(now_, index, bits | byHand, frames, cause);
    }
  }
}

std::size_t WorldCore::held(std::uint32_t client, Direction direction) const {
  const unsigned bits = bitsOf(direction);
  return static_cast<std::size_t>(std::ranges::count_if(heldFrames_, [&](const Happening& frame) {
    return links_[frame.target].client == client && (bitOf(frame.kind) & bits) != 0;
  }));
}

void WorldCore::planLetGo(Time at, std::uint32_t link, unsigned bits, std::uint32_t frames, Host::Cause cause) {
  plan(at, {.kind = Kind::letGo,
            .code = static_cast<std::uint16_t>(bits),
            .target = link,
            .generation = links_[link].generation,
            .cause = cause.value,
            .value = frames});
}

/// True when it stays on the way.
bool WorldCore::keepHeld(Happening& happening) {
  if ((links_[happening.target].held & bitOf(happening.kind)) == 0) return false;
  heldFrames_.push_back(std::move(happening));
  return true;
}

/// What arrived at the same moment, but before this, is among what was held: so nothing overtakes.
void WorldCore::letGo(const Happening& end) {
  const std::uint32_t index = end.target;
  unsigned bits = end.code & (upBit | downBit) & links_[index].held;
  for (const unsigned bit : {upBit, downBit}) {
    if ((end.code & byHand) == 0 && now_ < links_[index].heldUntil[bit - 1]) bits &= ~bit;  // held anew for longer
  }
  if (end.value == 0) links_[index].held = static_cast<std::uint8_t>(links_[index].held & ~bits);
  for (std::uint64_t passed = 0; end.value == 0 || passed < end.value; ++passed) {
    auto frame = takeHeld(index, bits);
    if (!frame) return;
    pass(std::move(*frame));
  }
}

/// What is held on the way down comes now.
void WorldCore::passHeldDown(std::uint32_t link) {
  while (auto frame = takeHeld(link, downBit)) pass(std::move(*frame));
}

std::optional<Happening> WorldCore::takeHeld(std::uint32_t link, unsigned bits) {
  const auto generation = links_[link].generation;
  const auto first = std::ranges::find_if(heldFrames_, [&](const Happening& frame) {
    return frame.target == link && frame.generation == generation && (bitOf(frame.kind) & bits) != 0;
  });
  if (first == heldFrames_.end()) return std::nullopt;
  std::optional<Happening> frame(std::move(*first));
  heldFrames_.erase(first);
  return frame;
}

void WorldCore::forgetHeld(std::uint32_t link) {
  std::erase_if(heldFrames_, [link](const Happening& frame) { return frame.target == link; });
}

}  // namespace Party::Sim::Detail
