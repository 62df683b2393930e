#include "filled_messages.h"

#include <party/sim/scenario.h>

#include <algorithm>

namespace Party::Sim::Detail {
namespace {

Message made(const Step& step) {
  const std::string text = messageOf(step);
  return step.verb == Verb::send && isValidUtf8(text) ? Message::trustedText(text) : Message::bytes(text);
}

}  // namespace

Message FilledMessages::of(const Step& step) {
  if (step.number == 0) return made(step);
  const auto same = [&](const Known& each) {
    return each.verb == step.verb && each.number == step.number && each.payload == step.payload;
  };
  if (const auto found = std::ranges::find_if(known_, same); found != known_.end()) return found->message;
  Known entry{step.verb, step.number, step.payload, made(step)};
  if (known_.size() < most) return known_.emplace_back(std::move(entry)).message;
  next_ = (next_ + 1) % most;
  return (known_[next_] = std::move(entry)).message;
}

}  // namespace Party::Sim::Detail
