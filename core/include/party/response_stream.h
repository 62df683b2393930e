#pragma once

#include <party/http.h>

#include <cstdint>
#include <string_view>

namespace Party {

namespace Detail {
class RoomCore;
}

/// A body that is written while its response is on the way (REQUEST-9). 16 bytes to copy; every copy is the same
/// stream.
///
/// ```
/// auto stream = room().responseStream();
/// room().waitUntil(feed(stream));          // writes, sleeps, writes, ends
/// co_return stream.response();
/// ```
///
/// Each piece leaves by itself, once all storage writes made before it are durable; what is written before the response
/// was returned follows its head. The room does not hibernate before `end()` (HIBER-040). When the client has gone, or
/// the instance has, writing does nothing. A reset cuts the body off, so that nobody takes it for whole.
class ResponseStream {
 public:
  /// The response whose body this is; it answers one request, a second one gets 500.
  Response response(int status = 200) const;
  /// Somebody may still read.
  bool open() const noexcept;
  /// An empty piece is none.
  void write(std::string_view piece) const;
  void end() const;

 private:
  friend class Room;
  ResponseStream(Detail::RoomCore* room, std::uint64_t id) : room_(room), id_(id) {}

  Detail::RoomCore* room_;
  std::uint64_t id_;
};

}  // namespace Party
