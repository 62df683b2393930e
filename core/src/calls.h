#pragma once

#include <party/host/effect.h>
#include <party/http.h>
#include <party/parties.h>
#include <party/shared_bytes.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "running_handlers.h"

/// The calls of one instance that have not ended: who waits for each, where it goes, and what has come of its answer.

namespace Party::Detail {

struct Call {
  std::uint64_t id = 0;
  SectionId section = 0;
  OperationKey operation;
  Request request;
  std::optional<Host::RoomAddress> room;  // nothing: somebody outside
  Redirect redirect = Redirect::follow;
  std::uint32_t redirects = 0;
  bool underWay = false;  // the host has heard of it, and has not ended it
  std::vector<SharedBytes> pieces{};
  std::size_t received = 0;  // bytes of the pieces
};

class Calls {
 public:
  explicit Calls(std::uint64_t lastId = 0) noexcept : lastId_(lastId) {}

  Call& add(Call call) {
    calls_.push_back(std::move(call));
    return renew(calls_.back());
  }
  /// Ids are never used twice in the life of the room object, so a late answer to an earlier instance finds nothing.
  Call& renew(Call& call) noexcept {
    call.id = ++lastId_;
    return call;
  }
  Call* find(std::uint64_t id) noexcept {
    const auto at = std::ranges::find(calls_, id, &Call::id);
    return at == calls_.end() ? nullptr : &*at;
  }
  void remove(std::uint64_t id) {
    std::erase_if(calls_, [id](const Call& call) { return call.id == id; });
  }
  void adopt(SectionId from, SectionId to) noexcept {
    for (Call& call : calls_) {
      if (call.section == from) call.section = to;
    }
  }
  std::uint64_t lastId() const noexcept { return lastId_; }
  std::vector<Call> takeAll() noexcept { return std::exchange(calls_, {}); }

 private:
  std::vector<Call> calls_;  // in the order they were asked for
  std::uint64_t lastId_;
};

/// The request that an answer sends the caller to; nothing when it does not (PARTIES-16). Throws `Party::Error` for a
/// Location that is no URL.
std::optional<Request> redirected(const Request& request, const Response& response);

}  // namespace Party::Detail
