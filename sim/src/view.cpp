#include <party/sim/view.h>
#include <party/sim/world.h>

#include <algorithm>

namespace Party::Sim {
namespace {

std::vector<Message> messagesOf(std::span<const Frame> frames, std::uint32_t connection) {
  std::vector<Message> messages;
  for (const Frame& frame : frames) {
    if (frame.kind == Frame::Kind::message && frame.connection >= connection) messages.push_back(frame.content);
  }
  return messages;
}

}  // namespace

std::vector<Message> ClientView::messages() const { return messagesOf(frames_, connections()); }
std::vector<Message> ClientView::allMessages() const { return messagesOf(frames_, 0); }

std::vector<ClientView> View::openClients() const {
  std::vector<ClientView> open;
  std::ranges::copy_if(clients_, std::back_inserter(open), &ClientView::open);
  return open;
}

const DiskImage& View::disk(std::uint8_t room) const { return world_->disk(party_, roomName(room)); }

}  // namespace Party::Sim
