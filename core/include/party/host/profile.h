#pragma once

#include <party/time.h>

#include <cstddef>
#include <cstdint>

namespace Party {

/// What legitimately differs between platforms: the contract's numbers. Passed to each machine, never read from a
/// global. Rule ids name the source of each number.
struct Profile {
  std::size_t maxMessageBytes = 1'048'576;      // MESSAGE-9, D-27
  std::size_t maxConnectionStateBytes = 2'048;  // STATE-8, D-14: encoded, id and uri included
  std::size_t maxTags = 10;                     // CONNECT-22: with the id
  std::size_t maxTagLength = 256;               // CONNECT-23, 25: UTF-16 units and UTF-8 bytes
  std::size_t maxCloseReasonBytes = 123;        // D-5, RFC 6455 5.5
  std::size_t maxConnections = 32'768;          // HIBER-002

  std::size_t maxKeyBytes = 2'048;      // STORE-050
  std::size_t maxValueBytes = 131'072;  // STORE-051, H-5
  std::size_t maxKeysPerGet = 128;      // STORE-013

  Duration sectionLimit = std::chrono::seconds(30);  // GATE-022
  std::size_t maxSectionDepth = 64;                  // GATE-024

  Duration idleBeforeHibernation = std::chrono::seconds(10);  // HIBER-041
  Duration firstAlarmRetry = std::chrono::seconds(2);         // ALARM-041: doubled for each further one
  std::uint32_t maxAlarmRetries = 6;                          // ALARM-042

  /// The documented contract with the recommendations of its divergences.
  static Profile documented() { return {}; }
};

}  // namespace Party
