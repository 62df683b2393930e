#pragma once

#include <party/error.h>
#include <party/host/profile.h>
#include <party/message.h>

#include <string>
#include <string_view>

namespace Party::Detail {

/// What a party may close with; throws `Party::Error` with PartyKit's text (CLOSE-17, D-5).
inline void checkCloseFrame(int code, std::string_view reason, const Profile& profile) {
  const bool allowed = code >= 1000 && code <= 4999 && code != 1004 && code != 1005 && code != 1006 && code != 1015;
  if (!allowed) throw Error("Invalid WebSocket close code: " + std::to_string(code) + ".");
  const std::size_t limit = profile.maxCloseReasonBytes;
  if (reason.size() > limit) {
    throw Error(
        "WebSocket close reason must not be longer than " + std::to_string(limit) + " bytes when UTF-8 encoded.",
        std::nullopt, "the reason has " + std::to_string(reason.size()) + " bytes");
  }
  if (!isValidUtf8(reason)) throw Error("a close reason must be valid UTF-8");
}

inline constexpr const char* sendAfterClose = "Can't call WebSocket send() after close().";  // CLOSE-22
/// HIBER-061: the reason of a close event for a connection that was lost.
inline constexpr const char* lostWithoutClose = "WebSocket disconnected without sending Close frame.";

}  // namespace Party::Detail
