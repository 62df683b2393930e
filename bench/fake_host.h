#pragma once

#include <benchmark/benchmark.h>
#include <party/host/room_machine.h>
#include <party/party.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The least a machine needs to run: connections that only count, and a map as a disk. What it costs is small beside
/// what is measured, and counts as the machine's.

namespace Bench {

/// A benchmark whose result is wrong has measured nothing: ctest takes the message for a failure.
inline void expect(benchmark::State& state, bool holds, const char* what) {
  if (!holds) state.SkipWithError(what);
}

class MemoryDisk final : public Party::Host::StorageReader {
 public:
  Answer get(std::string_view key, Party::OperationKey, std::optional<Party::SharedBytes>& value, bool) override {
    if (const auto at = entries_.find(key); at != entries_.end()) value = at->second;
    return Answer::now;
  }
  Answer getMany(std::span<const std::string> keys, Party::OperationKey, Party::StoredEntries& found, bool) override {
    for (const std::string& key : keys) {
      if (const auto at = entries_.find(key); at != entries_.end()) found.emplace_back(*at);
    }
    return Answer::now;
  }
  Answer list(const Party::Host::KeyRange&, Party::OperationKey, Party::StoredEntries& found) override {
    found.assign(entries_.begin(), entries_.end());
    return Answer::now;
  }
  void apply(const Party::Host::UnitWrites& unit) {
    if (unit.deleteAll) entries_.clear();
    for (const auto& [key, value] : unit.writes) {
      if (value) {
        entries_.insert_or_assign(key, *value);
      } else {
        entries_.erase(key);
      }
    }
  }

 private:
  std::map<std::string, Party::SharedBytes, std::less<>> entries_;
};

/// One room and its connections, numbered from 0 in join order.
class FakeHost {
 public:
  explicit FakeHost(Party::Host::PartyDescriptor party, std::uint32_t connections = 1)
      : party_(std::move(party)),
        machine_({.party = &party_, .id = "lobby", .profile = &profile_, .storage = &disk_, .seed = 1, .alarm = {}}) {
    for (std::uint32_t index = 0; index < connections; ++index) connect(index);
  }

  Party::Host::Effects& handle(Party::Host::Event::Body body) {
    return machine_.handle(now_, Party::Host::Event({++cause_}, std::move(body)));
  }

  /// Does what the effects of one event ask for.
  void carryOut(Party::Host::Effects& effects) {
    Party::Host::Unit issued = 0;
    for (Party::Host::Effect& effect : effects) {
      if (const auto* broadcast = std::get_if<Party::Host::Broadcast>(&effect.body)) {
        std::size_t excepted = 0;
        for (std::uint32_t position = 0; position < broadcast->sockets.size(); ++position) {
          if (excepted < broadcast->except.size() && broadcast->except[excepted] == position) {
            ++excepted;
          } else {
            ++received_[broadcast->sockets[position]];
          }
        }
      } else if (const auto* sent = std::get_if<Party::Host::MessageSent>(&effect.body)) {
        ++received_[sent->socket];
      } else if (const auto* unit = std::get_if<Party::Host::UnitIssued>(&effect.body)) {
        disk_.apply(*unit->writes);
        issued = unit->unit;
      }
    }
    if (issued != 0) carryOut(handle(Party::Host::UnitCommitted{issued}));
  }

  void connect(std::uint32_t index) { connect(index, "/party/lobby?_pk=client-" + std::to_string(index)); }
  void connect(std::uint32_t index, const std::string& url) {
    if (index >= received_.size()) {
      received_.resize(index + 1);
      generations_.resize(index + 1);
    }
    ++generations_[index];
    carryOut(handle(
        Party::Host::ConnectRequested{keyOf(index), Party::Request("GET", url), index, Party::Host::Origin::client}));
  }
  void lose(std::uint32_t index) { carryOut(handle(Party::Host::ConnectionLost{keyOf(index)})); }
  void say(const Party::Message& message, std::uint32_t index = 0) {
    carryOut(handle(Party::Host::MessageReceived{keyOf(index), message}));
  }

  Party::Host::ConnectionKey keyOf(std::uint32_t index) const { return {index, generations_[index]}; }
  std::uint64_t received(std::uint32_t index) const { return received_[index]; }
  Party::Host::RoomMachine& machine() { return machine_; }
  /// What the books of this host take, which are not the machine's.
  std::size_t ownHeapBytes() const {
    return received_.capacity() * sizeof(received_[0]) + generations_.capacity() * sizeof(generations_[0]);
  }

 private:
  static Party::Profile withoutALimitOfConnections() {
    Party::Profile profile = Party::Profile::documented();
    profile.maxConnections = 1'000'000;
    return profile;
  }

  const Party::Profile profile_ = withoutALimitOfConnections();
  Party::Host::PartyDescriptor party_;
  MemoryDisk disk_;
  Party::Host::RoomMachine machine_;
  Party::Time now_{std::chrono::days(20'000)};
  std::uint64_t cause_ = 0;
  std::vector<std::uint64_t> received_;  // messages, by socket
  std::vector<std::uint32_t> generations_;
};

}  // namespace Bench
