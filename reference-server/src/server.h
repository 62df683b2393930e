#pragma once

#include "edge/static_files.h"
#include "net/listener.h"
#include "options.h"
#include "rooms/traffic.h"
#include "shard.h"
#include "storage/data_directory.h"
#include "storage/storage_thread.h"

#include <party/host/party_descriptor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace Party::Serve {

/// The whole server: a listener, the shards, the storage thread, and the traffic between them.
///
/// A room lives on the shard its name hashes to. A client is served where it arrives until its request is known to be
/// for a room; its WebSocket then moves to the room's shard, a plain request goes there and its answer comes back.
class Server final : public Traffic {
 public:
  /// Everything that can be refused is refused here. `options` and `parties` outlive it.
  Server(const Options& options, const Host::Parties& parties);
  ~Server();

  std::uint16_t port() const { return port_; }
  /// Until SIGTERM or SIGINT, or `stop`.
  void run();
  /// From any thread.
  void stop();

  // Traffic, from the shards' threads
  void toRoom(RoomRequest request) override;
  void toRoom(RoomUpgrade upgrade) override;
  void toRoom(RoomAbort abort) override;
  void toRoom(LinkRequest request) override;
  void toRoom(LinkUp up) override;
  void toCaller(LinkDown down) override;
  void toClient(Host::ResponseHead head) override { toClientOf(std::move(head)); }
  void toClient(Host::ResponseChunk chunk) override { toClientOf(std::move(chunk)); }
  void toClient(Host::ResponseEnd end) override { toClientOf(end); }

 private:
  class Signals;

  std::size_t homeOf(const RoomName& room) const { return hashOf(room) % shards_.size(); }
  template <class Work>
  void on(std::size_t shard, Work work);
  template <class Work>
  void post(std::size_t shard, Work work);
  template <class Answer>
  void toClientOf(Answer answer);
  void adopt(Descriptor client);

  DataDirectory data_;
  std::optional<StaticFiles> files_;
  std::string address_;  // for the URLs of calls between rooms; known once the port is
  Loop loop_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<StorageThread> storage_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Signals> signals_;
  std::uint16_t port_ = 0;
  std::size_t nextShard_ = 0;
  bool stopping_ = false;
};

}  // namespace Party::Serve
