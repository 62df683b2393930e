#include <party/error.h>
#include <party/sim/client.h>

#include "world_core.h"

namespace Party::Sim {

using Phase = Detail::ClientState::Phase;

void Client::send(const Message& message) { core_->send(index_, message); }
void Client::close(std::uint16_t code, std::string_view reason) { core_->close(index_, code, reason); }
void Client::drop() { core_->drop(index_); }
void Client::halfOpen(std::optional<Duration> noticed) { core_->halfOpen(index_, noticed); }
void Client::breakProtocol(std::uint16_t code, std::string_view reason) { core_->breakProtocol(index_, code, reason); }
void Client::hold(Direction direction) { core_->hold(index_, direction, std::nullopt); }
void Client::hold(Direction direction, Duration length) { core_->hold(index_, direction, length); }
void Client::release(Direction direction) { core_->release(index_, direction, 0); }
void Client::release(Direction direction, std::uint32_t frames) {
  if (frames != 0) core_->release(index_, direction, frames);
}
std::size_t Client::held(Direction direction) const { return core_->held(index_, direction); }
void Client::reconnect() { core_->reconnect(index_); }
void Client::reconnect(std::string_view query) {
  core_->changeQuery(index_, query);
  core_->reconnect(index_);
}

bool Client::open() const { return core_->clients_[index_].phase == Phase::open; }
bool Client::connecting() const { return core_->clients_[index_].phase == Phase::connecting; }
bool Client::closed() const { return core_->clients_[index_].phase == Phase::closed; }

std::vector<Message> Client::received() const {
  std::vector<Message> messages;
  for (const Frame& frame : frames()) {
    if (frame.kind == Frame::Kind::message) messages.push_back(frame.content);
  }
  return messages;
}

std::span<const Frame> Client::frames() const { return core_->clients_[index_].frames; }
std::uint16_t Client::closeCode() const { return core_->clients_[index_].closeCode; }
std::string Client::closeReason() const { return std::string(core_->clients_[index_].closeReason.content()); }
int Client::httpStatus() const { return core_->clients_[index_].httpStatus; }
const std::string& Client::id() const { return core_->clients_[index_].id; }

bool Exchange::answered() const { return core_->exchanges_[index_].state == Detail::ExchangeState::State::answered; }
bool Exchange::failed() const { return core_->exchanges_[index_].state == Detail::ExchangeState::State::failed; }

int Exchange::status() const {
  const auto& head = core_->exchanges_[index_].head;
  return head ? head->status() : 0;
}

std::string Exchange::body() const { return core_->exchanges_[index_].body; }

std::optional<std::string> Exchange::header(std::string_view name) const {
  const auto& head = core_->exchanges_[index_].head;
  const auto value = head ? head->header(name) : std::nullopt;
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

Response Exchange::response() const {
  const auto& exchange = core_->exchanges_[index_];
  if (!exchange.head) throw Error("request " + std::to_string(index_) + " has no answer yet");
  return *exchange.head;
}

void Exchange::abort() { core_->abort(index_); }

}  // namespace Party::Sim
