#pragma once

#include <party/pending.h>
#include <party/room.h>
#include <party/time.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace Party {

namespace Detail {
class EdgeCore;
}

/// What a static handler of the edge may ask for: time and chance, but no room (EDGE-11). Copy it freely; it means
/// nothing once the handler it was given to has ended.
class FetchLobby {
 public:
  Time now() const;
  [[nodiscard]] Pending<void> sleep(Duration length) const;
  double random() const;
  std::uint64_t randomInteger(std::uint64_t bound) const;
  std::string randomUUID() const;
  void log(LogLevel level, std::string_view text) const;

 protected:
  friend class Detail::EdgeCore;
  explicit FetchLobby(Detail::EdgeCore* edge) : edge_(edge) {}
  Detail::EdgeCore* edge_;
};

/// The same for a request on its way to a room; `id()` is the room's, not decoded (EDGE-11).
class Lobby : public FetchLobby {
 public:
  const std::string& id() const { return id_; }

 private:
  friend class Detail::EdgeCore;
  Lobby(Detail::EdgeCore* edge, std::string id) : FetchLobby(edge), id_(std::move(id)) {}
  std::string id_;
};

/// Lets work of the edge go on after the answer (EDGE-12).
class ExecutionContext {
 public:
  void waitUntil(Task<> work) const;

 private:
  friend class Detail::EdgeCore;
  explicit ExecutionContext(Detail::EdgeCore* edge) : edge_(edge) {}
  Detail::EdgeCore* edge_;
};

}  // namespace Party
