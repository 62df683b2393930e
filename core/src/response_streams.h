#pragma once

#include <party/host/keys.h>
#include <party/shared_bytes.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

/// The bodies of one room that are being written.

namespace Party::Detail {

struct BodyStream {
  std::uint64_t id = 0;
  Host::RequestKey request;
  bool answers = false;   // its response was returned: `request` is set
  bool headLeft = false;  // and is out
  bool ended = false;
  std::vector<SharedBytes> early;  // written before
};

class ResponseStreams {
 public:
  BodyStream& add() {
    streams_.emplace_back().id = ++lastId_;
    return streams_.back();
  }
  BodyStream* find(std::uint64_t id) noexcept {
    const auto at = std::ranges::find(streams_, id, &BodyStream::id);
    return at == streams_.end() ? nullptr : &*at;
  }
  BodyStream* of(Host::RequestKey request) noexcept {
    const auto at = std::ranges::find_if(
        streams_, [request](const BodyStream& stream) { return stream.answers && stream.request == request; });
    return at == streams_.end() ? nullptr : &*at;
  }
  bool anyUnderWay() const noexcept { return std::ranges::any_of(streams_, &BodyStream::answers); }
  void remove(Host::RequestKey request) {
    std::erase_if(streams_,
                  [request](const BodyStream& stream) { return stream.answers && stream.request == request; });
  }
  std::vector<BodyStream> takeAll() noexcept { return std::exchange(streams_, {}); }

 private:
  std::vector<BodyStream> streams_;
  std::uint64_t lastId_ = 0;  // never used twice in the life of the room object
};

}  // namespace Party::Detail
